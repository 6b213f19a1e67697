import { randomUUID } from 'node:crypto';
import { audit } from './audit.ts';
import { AuthError, invalid, orFail } from './auth-error.ts';
import { type Body, flag, readBody, record, text } from './body.ts';
import { autoConfirms, type Call, type Context, countAndRead, deviceOf, type Endpoint } from './endpoint.ts';
import { readChallenge, startFlow } from './flows.ts';
import { userJson, userWith } from './user-json.ts';
import type { User } from './user-rows.ts';
import {
  confirmEmail,
  emailClaims,
  findUserByEmail,
  insertUser,
  isEmailTaken,
  newUser,
  validateEmail,
} from './users.ts';

/** `POST /signup`: a new user with a password, or an anonymous one. */
export const signUp: Endpoint = async (auth, call) => {
  const body = await readBody(call.request);
  if (!text(body, 'email') && !text(body, 'phone')) return signUpAnonymously(auth, call, body);
  auth.limits.count('sign_in_sign_ups', call.url.pathname, call.address);
  const password = text(body, 'password');
  const { user, known } = await register(auth, call, body, password);
  if (known && user.email_confirmed_at) return answerToKnown(auth, user, record(body, 'data'));
  if (user.email_confirmed_at) {
    const session = await auth.database.begin(async (db) => {
      await audit(db, 'login', user, { provider: 'email' });
      return auth.sessions.start(db, user, 'password', deviceOf(call));
    });
    return Response.json(session);
  }
  // The user may not be the one who was invited to this address.
  if (user.invited_at) return Response.json(userWith({ ...user, raw_user_meta_data: {} }, []));
  return Response.json(await userJson(auth.database, user));
};

/** `POST /otp`: a mail with a code and a link to sign in with, for new users too unless `create_user` is false. */
export const sendOtp: Endpoint = async (auth, call) => {
  const body = await countAndRead(auth, call, 'sign_in_sign_ups');
  if (text(body, 'email') && text(body, 'phone'))
    throw invalid('Only an email address or phone number should be provided');
  if (text(body, 'phone')) throw new AuthError(400, 'phone_provider_disabled', 'Unsupported phone provider');
  if (!text(body, 'email')) throw invalid('One of email or phone must be set');
  const email = validateEmail(text(body, 'email'));
  if (!flag(body, 'create_user', true) && !(await findUserByEmail(auth.database, email)))
    throw new AuthError(422, 'otp_disabled', 'Signups not allowed for otp');
  return mailMagicLink(auth, call, body);
};

/** `POST /magiclink`: the older form of the same. */
export const sendMagicLink: Endpoint = async (auth, call) => {
  const body = await countAndRead(auth, call, 'sign_in_sign_ups');
  if (!text(body, 'email')) throw invalid('Password recovery requires an email', 422);
  return mailMagicLink(auth, call, body);
};

async function mailMagicLink(auth: Context, call: Call, body: Body): Promise<Response> {
  if (!auth.config.email.enable_signup)
    throw new AuthError(422, 'email_provider_disabled', 'Email logins are disabled');
  const challenge = readChallenge(body);
  let user = await findUserByEmail(auth.database, validateEmail(text(body, 'email')));
  if (!user?.email_confirmed_at) {
    ({ user } = await register(auth, call, body, null));
    // The link that confirms the address signs the user in as well.
    if (!user.email_confirmed_at) return Response.json({});
  }
  const recipient = user;
  await orFail('Error sending magic link email', () =>
    auth.database.begin(async (db) => {
      await audit(db, 'user_recovery_requested', recipient);
      await startFlow(db, recipient.id, 'magiclink', challenge);
      const redirectTo = auth.redirects.of(call.request);
      await auth.mails.send(db, recipient, 'magiclink', { redirectTo, pkce: challenge !== null });
    }),
  );
  return Response.json({});
}

/**
 * Creates the user that a sign-up asks for. A known user is not changed; without a confirmed address, the mail is sent
 * again. A password of null stands for a random one.
 */
async function register(
  auth: Context,
  call: Call,
  body: Body,
  password: string | null,
): Promise<{ user: User; known: boolean }> {
  const { config, database, passwords } = auth;
  if (!config.enable_signup)
    throw new AuthError(422, 'signup_disabled', 'Signups not allowed for this instance');
  if (password === '') throw invalid('Signup requires a valid password');
  if (password !== null) passwords.check(password);
  if (text(body, 'email') && text(body, 'phone'))
    throw invalid('Only an email address or phone number should be provided on signup.');
  const challenge = readChallenge(body);
  if (text(body, 'phone')) throw new AuthError(400, 'phone_provider_disabled', 'Phone signups are disabled');
  if (!config.email.enable_signup)
    throw new AuthError(400, 'email_provider_disabled', 'Email signups are disabled');
  const email = validateEmail(text(body, 'email'));

  const known = await findUserByEmail(database, email);
  if (known?.email_confirmed_at) return { user: known, known: true };
  const candidate = newUser(email, record(body, 'data'));
  if (!known) await auth.hooks.beforeUserCreated(candidate, call.address);
  const metadata = { ...candidate.user_metadata, ...emailClaims(candidate) };
  const hash = known ? null : await (password === null ? passwords.hashRandom() : passwords.hash(password));

  return orFail('Database error saving new user', () =>
    database.begin(async (db) => {
      const user =
        known ??
        (await insertUser(db, { ...candidate, user_metadata: metadata }, hash, metadata).catch(refuseTaken));
      if (autoConfirms(auth)) {
        await audit(db, 'user_signedup', user, { provider: 'email' });
        return { user: await confirmEmail(db, user), known: false };
      }
      await audit(db, 'user_confirmation_requested', user, { provider: 'email' });
      await startFlow(db, user.id, 'email/signup', challenge);
      const redirectTo = auth.redirects.of(call.request);
      return {
        user: await auth.mails.send(db, user, 'signup', { redirectTo, pkce: challenge !== null }),
        known: false,
      };
    }),
  );
}

/** Of two simultaneous sign-ups with one address, the second fails when it writes. */
function refuseTaken(error: unknown): never {
  throw isEmailTaken(error) ? alreadyRegistered() : error;
}

/** With confirmation by mail, a known address gets the answer of a new one, which hides who is registered. */
async function answerToKnown(auth: Context, user: User, userMetadata: Body | undefined): Promise<Response> {
  await audit(auth.database, 'user_repeated_signup', user, { provider: 'email' });
  if (autoConfirms(auth)) throw alreadyRegistered();
  const now = new Date();
  const stranger: User = {
    ...user,
    id: randomUUID(),
    aud: 'authenticated',
    role: '',
    phone: null,
    email_change: null,
    email_change_sent_at: null,
    email_confirmed_at: null,
    phone_confirmed_at: null,
    confirmed_at: null,
    invited_at: null,
    recovery_sent_at: null,
    reauthentication_sent_at: null,
    last_sign_in_at: null,
    banned_until: null,
    confirmation_sent_at: now,
    created_at: now,
    updated_at: now,
    raw_app_meta_data: { provider: 'email', providers: ['email'] },
    raw_user_meta_data: userMetadata ?? {},
  };
  return Response.json(userWith(stranger, []));
}

function alreadyRegistered(): AuthError {
  return new AuthError(422, 'user_already_exists', 'User already registered');
}

async function signUpAnonymously(auth: Context, call: Call, body: Body): Promise<Response> {
  if (!auth.config.enable_anonymous_sign_ins)
    throw new AuthError(422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled');
  auth.limits.count('anonymous_users', call.url.pathname, call.address);
  if (!auth.config.enable_signup)
    throw new AuthError(422, 'signup_disabled', 'Signups not allowed for this instance');
  const user = newUser(null, record(body, 'data'));
  await auth.hooks.beforeUserCreated(user, call.address);
  const session = await orFail('Database error creating anonymous user', () =>
    auth.database.begin(async (db) =>
      auth.sessions.start(db, await insertUser(db, user, null), 'anonymous', deviceOf(call)),
    ),
  );
  return Response.json(session);
}
