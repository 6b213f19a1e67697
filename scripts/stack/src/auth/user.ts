import { sameText } from '../same-text.ts';
import { audit } from './audit.ts';
import { AuthError, invalid, orFail } from './auth-error.ts';
import { optionalText, record, text } from './body.ts';
import { autoConfirms, type Context, countAndRead, type Endpoint, signedIn } from './endpoint.ts';
import { readChallenge, startFlow } from './flows.ts';
import { hashCode } from './mails.ts';
import { withoutCodes } from './one-time-tokens.ts';
import type { Session } from './sessions.ts';
import { userJson } from './user-json.ts';
import type { User } from './user-rows.ts';
import { emailExists, findUserByEmail, lockUser, mergeMetadata, updateUser, validateEmail } from './users.ts';
import { applyEmailChange } from './verify.ts';

/** `GET /user`: the user of the token. */
export const readUser: Endpoint = async (auth, call) => {
  const { user } = await signedIn(auth, call);
  return Response.json(await userJson(auth.database, user));
};

/** `PUT /user`: a new password, address or metadata. */
export const changeUser: Endpoint = async (auth, call) => {
  const { user, session } = await signedIn(auth, call);
  const body = await countAndRead(auth, call, 'sign_in_sign_ups');
  const email = text(body, 'email') && validateEmail(text(body, 'email'));
  const password = optionalText(body, 'password');
  const data = record(body, 'data');
  const challenge = readChallenge(body);
  if (password !== undefined) auth.passwords.check(password);
  if (record(body, 'app_metadata'))
    throw new AuthError(403, 'not_admin', 'Updating app_metadata requires admin privileges');
  if (text(body, 'phone')) throw new AuthError(400, 'phone_provider_disabled', 'Unsupported phone provider');
  if (user.is_anonymous && password && !email)
    throw invalid('Updating password of an anonymous user without an email or phone is not allowed', 422);

  const newEmail = email && email !== user.email?.toLowerCase() ? email : null;
  if (newEmail && (await findUserByEmail(auth.database, newEmail))) {
    throw emailExists();
  }
  const nonce = text(body, 'nonce');
  const hash = password === undefined ? null : await newPassword(auth, user, session, password, nonce);

  const changed = await orFail('Error updating user', () =>
    auth.database.begin(async (db) => {
      let current = await lockUser(db, user.id);
      if (!current) throw new AuthError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
      if (hash) {
        // Another request may have used the code of the same mail.
        if (nonce && current.reauthentication_token !== user.reauthentication_token) throw badNonce();
        current = await updateUser(db, user.id, { ...withoutCodes, encrypted_password: hash });
        // Other devices must sign in with the new password.
        await auth.sessions.end(db, user.id, session ? 'others' : 'global', session?.id ?? null);
        await audit(db, 'user_updated_password', user);
        auth.mails.notify('password_changed', current.email, current);
      }
      if (data)
        current = await updateUser(db, user.id, {
          raw_user_meta_data: mergeMetadata(current.raw_user_meta_data, data),
        });
      if (newEmail && user.is_anonymous && autoConfirms(auth)) {
        current = await applyEmailChange(db, current, newEmail);
      } else if (newEmail) {
        // Also where sign-ups need no confirmation, Supabase changes the address of a permanent user only when the
        // link in a mail was followed (https://github.com/supabase/auth/pull/1679).
        await startFlow(db, user.id, 'email_change', challenge);
        const redirectTo = auth.redirects.of(call.request);
        current = await auth.mails.sendEmailChange(db, current, newEmail, {
          redirectTo,
          pkce: challenge !== null,
        });
      }
      await audit(db, 'user_modified', user);
      return current;
    }),
  );
  return Response.json(await userJson(auth.database, changed));
};

const dayInMilliseconds = 24 * 60 * 60_000;

/** The hash of a new password, when the user may set it. */
async function newPassword(
  { config, passwords }: Context,
  user: User,
  session: Session | null,
  password: string,
  nonce: string,
): Promise<string> {
  const isFresh = session && Date.now() < session.created_at.getTime() + dayInMilliseconds;
  if (config.email.secure_password_change && !isFresh) {
    if (!nonce)
      throw new AuthError(400, 'reauthentication_needed', 'Password update requires reauthentication');
    const sent = user.reauthentication_sent_at?.getTime() ?? 0;
    const expected = user.reauthentication_token;
    const inTime = Date.now() <= sent + config.email.otp_expiry * 1000;
    if (!expected || !inTime || !sameText(hashCode(user.email ?? '', nonce), expected)) throw badNonce();
  }
  if (user.encrypted_password && (await passwords.matches(password, user.encrypted_password)))
    throw new AuthError(422, 'same_password', 'New password should be different from the old password.');
  return passwords.hash(password);
}

function badNonce(): AuthError {
  return new AuthError(422, 'reauthentication_not_valid', 'Nonce has expired or is invalid');
}

/** `POST /logout`: ends this session, all of the user's, or all others. */
export const signOut: Endpoint = async (auth, call) => {
  const { user, session } = await signedIn(auth, call);
  const scope = call.url.searchParams.get('scope') || 'global';
  if (scope !== 'global' && scope !== 'local' && scope !== 'others')
    throw invalid(`Unsupported logout scope "${scope}"`);
  await orFail('Error logging out user', () =>
    auth.database.begin(async (db) => {
      await audit(db, 'logout', user);
      await auth.sessions.end(db, user.id, session ? scope : 'global', session?.id ?? null);
    }),
  );
  return new Response(null, { status: 204 });
};
