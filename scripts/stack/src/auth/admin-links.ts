import { audit } from './audit.ts';
import { AuthError, invalid, orFail } from './auth-error.ts';
import { type Body, readBody, record, text } from './body.ts';
import { type Call, type Context, type Endpoint, requireAdmin } from './endpoint.ts';
import { type Code, codeChanges } from './mails.ts';
import type { MailKind } from './templates.ts';
import { userJson } from './user-json.ts';
import type { Db, NewUser, User } from './user-rows.ts';
import {
  emailExists,
  findUserByEmail,
  insertUser,
  mergeMetadata,
  newUser,
  refuseTaken,
  updateUser,
  validateEmail,
} from './users.ts';

/** `POST /invite`: makes a user without a password, and sends the link to accept. */
export const inviteUser: Endpoint = async (auth, call) => {
  requireAdmin(call);
  const body = await readBody(call.request);
  const email = validateEmail(text(body, 'email'));
  const known = await findUserByEmail(auth.database, email);
  if (known?.email_confirmed_at) throw emailExists();
  const candidate = await askFor(auth, call, known, email, body);
  const redirectTo = auth.redirects.of(call.request);
  const user = await orFail('Database error saving new user', () =>
    auth.database.begin(async (db) => {
      const invited = known ?? (await insertUser(db, candidate, null).catch(refuseTaken));
      await audit(db, 'user_invited', 'service_role', { user_id: invited.id, user_email: email });
      return auth.mails.send(db, invited, 'invite', { redirectTo, pkce: false });
    }),
  );
  return Response.json(await userJson(auth.database, user));
};

const linkTypes = [
  'signup',
  'invite',
  'magiclink',
  'recovery',
  'email_change_current',
  'email_change_new',
] as const;
type LinkType = (typeof linkTypes)[number];

/** `POST /admin/generate_link`: the link of a mail, for projects that send mails themselves. */
export const generateLink: Endpoint = async (auth, call) => {
  requireAdmin(call);
  const body = await readBody(call.request);
  const email = validateEmail(text(body, 'email'));
  let type = linkType(text(body, 'type'));
  const asked = text(body, 'redirect_to');
  const redirectTo = auth.redirects.allows(asked) ? asked : auth.redirects.of(call.request);

  const known = await findUserByEmail(auth.database, email);
  if (!known && (type === 'recovery' || type.startsWith('email_change')))
    throw new AuthError(404, 'user_not_found', 'User with this email not found');
  // A magic link for a new user is a sign-up with a random password.
  const withoutPassword = !known && type === 'magiclink';
  if (withoutPassword) type = 'signup';
  if (known?.email_confirmed_at && (type === 'signup' || type === 'invite')) throw emailExists();
  const newEmail = type.startsWith('email_change') ? await changedEmail(auth, type, body) : '';
  const candidate = await askFor(auth, call, known, email, body);
  const hash = known || type === 'invite' ? null : await signUpPassword(auth, body, withoutPassword);
  const code = auth.mails.newCode(type === 'email_change_new' ? newEmail : email, false);

  const user = await orFail('Database error saving new user', () =>
    auth.database.begin(async (db) => {
      const target = known ?? (await insertUser(db, candidate, hash).catch(refuseTaken));
      return store(db, target, type, code, { newEmail, data: record(body, 'data') });
    }),
  );
  const kind: MailKind =
    type === 'email_change_current' || type === 'email_change_new' ? 'email_change' : type;
  return Response.json({
    ...(await userJson(auth.database, user)),
    action_link: auth.mails.link(code.hash, kind, redirectTo),
    email_otp: code.code,
    hashed_token: code.hash,
    verification_type: type,
    redirect_to: redirectTo,
  });
};

/** The new user that a link is for, where the address is unknown; the project's hook may refuse it. */
async function askFor(
  auth: Context,
  call: Call,
  known: User | undefined,
  email: string,
  body: Body,
): Promise<NewUser> {
  const candidate = newUser(email, record(body, 'data'));
  if (!known) await auth.hooks.beforeUserCreated(candidate, call.address);
  return candidate;
}

async function signUpPassword({ passwords }: Context, body: Body, unknown: boolean): Promise<string> {
  if (unknown) return passwords.hashRandom();
  const password = text(body, 'password');
  if (!password) throw invalid('Signup requires a valid password');
  passwords.check(password);
  return passwords.hash(password);
}

async function changedEmail({ config, database }: Context, type: LinkType, body: Body): Promise<string> {
  if (type === 'email_change_current' && !config.email.double_confirm_changes)
    throw invalid('Enable secure email change to generate link for current email');
  const newEmail = validateEmail(text(body, 'new_email'));
  if (await findUserByEmail(database, newEmail)) throw emailExists();
  return newEmail;
}

/** Remembers the code, as the mail of its kind would. */
async function store(
  db: Db,
  user: User,
  type: LinkType,
  { hash }: Code,
  { newEmail, data }: { newEmail: string; data: Body | undefined },
): Promise<User> {
  if (type === 'email_change_current' || type === 'email_change_new') {
    return updateUser(db, user.id, {
      [type === 'email_change_current' ? 'email_change_token_current' : 'email_change_token_new']: hash,
      email_change: newEmail,
      email_change_sent_at: new Date(),
      email_change_confirm_status: 0,
    });
  }
  if (type === 'invite')
    await audit(db, 'user_invited', 'service_role', { user_id: user.id, user_email: user.email });
  else if (type !== 'signup') await audit(db, 'user_recovery_requested', user);
  const metadata =
    type === 'signup' ? { raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, data ?? {}) } : {};
  return updateUser(db, user.id, { ...codeChanges(type, hash), ...metadata });
}

function linkType(type: string): LinkType {
  const known = linkTypes.find((other) => other === type);
  if (!known) throw invalid(`Invalid email action link type requested: ${type}`);
  return known;
}
