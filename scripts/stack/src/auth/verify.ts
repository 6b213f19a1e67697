import { report } from '../service-log.ts';
import { audit } from './audit.ts';
import { AuthError, invalid, orFail } from './auth-error.ts';
import { readBody, text } from './body.ts';
import { autoConfirms, type Call, type Context, deviceOf, type Endpoint } from './endpoint.ts';
import { issueCode } from './flows.ts';
import { hashCode, pkcePrefix } from './mails.ts';
import type { SignInMethod } from './sessions.ts';
import type { Db, User } from './user-rows.ts';
import { confirmEmail, isBanned, refuseTaken, setEmailIdentity, updateUser, validateEmail } from './users.ts';

/** The purposes of codes; `email` stands for signup and magiclink. */
const types = ['signup', 'invite', 'recovery', 'magiclink', 'email_change', 'email'] as const;
type VerifyType = (typeof types)[number];

type CodeColumn =
  | 'confirmation_token'
  | 'recovery_token'
  | 'email_change_token_current'
  | 'email_change_token_new';

const columns: Record<VerifyType, readonly CodeColumn[]> = {
  signup: ['confirmation_token'],
  invite: ['confirmation_token'],
  recovery: ['recovery_token'],
  magiclink: ['recovery_token'],
  email: ['confirmation_token', 'recovery_token'],
  email_change: ['email_change_token_current', 'email_change_token_new'],
};

const sentAt = {
  confirmation_token: 'confirmation_sent_at',
  recovery_token: 'recovery_sent_at',
  email_change_token_current: 'email_change_sent_at',
  email_change_token_new: 'email_change_sent_at',
} as const;

/** How a session that began with a link is named in `amr` and in the flow that waits for it. */
const methods: Record<VerifyType, SignInMethod> = {
  signup: 'email/signup',
  invite: 'invite',
  recovery: 'recovery',
  magiclink: 'magiclink',
  email: 'magiclink',
  email_change: 'email_change',
};

const otherMailToo = 'Confirmation link accepted. Please proceed to confirm link sent to the other email';

/** `POST /verify`: a session for a code, by the address and the code itself or by its hash alone. */
export const verifyCode: Endpoint = async (auth, call) => {
  auth.limits.count('token_verifications', call.url.pathname, call.address);
  const body = await readBody(call.request);
  const [token, hash, email, phone] = [
    text(body, 'token'),
    text(body, 'token_hash'),
    text(body, 'email'),
    text(body, 'phone'),
  ];
  const kind = text(body, 'type');
  if (!kind) throw invalid('Verify requires a verification type');
  if (Boolean(token) === Boolean(hash)) throw invalid('Verify requires either a token or a token hash');
  if (hash && (email || phone || text(body, 'redirect_to')))
    throw invalid('Only the token_hash and type should be provided');
  if (token && Boolean(email) === Boolean(phone))
    throw invalid('Only an email address or phone number should be provided on verify');
  const refused = token ? 'Token has expired or is invalid' : 'Email link is invalid or has expired';
  if (phone && !/^\+?[1-9][0-9]{1,14}$/.test(phone.replaceAll(' ', '')))
    throw invalid('Invalid phone number format (E.164 required)');
  if (phone) throw new AuthError(403, 'otp_expired', refused);
  const address = token ? validateEmail(email) : null;
  const type = verifyType(kind);

  const session = await orFail('Database error updating user', () =>
    auth.database.begin(async (db) => {
      const given = address ? hashCode(address, token) : hash;
      const found = await take(auth, db, type, given, address, refused);
      const user = await confirm(auth, db, found);
      return user ? auth.sessions.start(db, user, 'otp', deviceOf(call)) : null;
    }),
  );
  return Response.json(session ?? { msg: otherMailToo, code: '200' });
};

/** `GET /verify`: the link in a mail. It leads to the app, with a session or an error behind the `#`, or with a code. */
export const followLink: Endpoint = async (auth, call) => {
  auth.limits.count('token_verifications', call.url.pathname, call.address);
  const query = call.url.searchParams;
  const [kind, hash] = [query.get('type') ?? '', query.get('token') ?? ''];
  if (!kind) throw invalid('Verify requires a verification type');
  if (!hash) throw invalid('Verify requires a token or a token hash');
  const type = verifyType(kind);
  const target = auth.redirects.of(call.request);
  const pkce = hash.startsWith(pkcePrefix);
  try {
    return await auth.database.begin((db) => redirectWithSession(auth, call, db, type, hash, target));
  } catch (error) {
    if (!(error instanceof AuthError)) report('auth', 'The link of a mail:', error);
    return redirect(target, problem(error), pkce);
  }
};

async function redirectWithSession(
  auth: Context,
  call: Call,
  db: Db,
  type: VerifyType,
  hash: string,
  target: string,
): Promise<Response> {
  const pkce = hash.startsWith(pkcePrefix);
  const found = await take(auth, db, type, hash, null, 'Email link is invalid or has expired');
  const user = await confirm(auth, db, found);
  if (!user) return redirect(target, { message: otherMailToo, sb: '' }, pkce);
  if (pkce) {
    return redirectTo(target, { code: await issueCode(db, user.id, methods[found.type]) }, {});
  }
  const session = await auth.sessions.start(db, user, 'otp', deviceOf(call));
  const fragment = {
    access_token: session.access_token,
    expires_at: String(session.expires_at),
    expires_in: String(session.expires_in),
    refresh_token: session.refresh_token,
    token_type: session.token_type,
    type,
  };
  return redirectTo(target, {}, fragment);
}

interface Found {
  user: User;
  column: CodeColumn;
  /** The purpose of the code; never `email`. */
  type: Exclude<VerifyType, 'email'>;
}

/** Finds and locks the user of a code, so that a code is used once. */
async function take(
  auth: Context,
  db: Db,
  type: VerifyType,
  hash: string,
  address: string | null,
  refused: string,
): Promise<Found> {
  // A code of the PKCE flow is stored with a prefix, which a typed code lacks.
  const hashes = [hash, pkcePrefix + hash];
  for (const column of columns[type]) {
    const [user] = await db<User[]>`
      select * from auth.users where ${db(column)} in ${db(hashes)} and not is_sso_user for update
    `;
    if (!user) continue;
    const owner = column === 'email_change_token_new' ? user.email_change : user.email;
    if (address !== null && owner?.toLowerCase() !== address) continue;
    if (isBanned(user)) throw new AuthError(403, 'user_banned', 'User is banned');
    const sent = user[sentAt[column]];
    if (!sent || Date.now() > sent.getTime() + auth.config.email.otp_expiry * 1000) continue;
    if (type !== 'email') return { user, column, type };
    return { user, column, type: column === 'recovery_token' ? 'magiclink' : 'signup' };
  }
  throw new AuthError(403, 'otp_expired', refused);
}

/** Confirms what the code was sent for. Null while the other mail of a change of address must be confirmed. */
async function confirm(auth: Context, db: Db, { user, column, type }: Found): Promise<User | null> {
  if (type === 'signup' || type === 'invite') {
    await audit(db, 'user_signedup', user, { provider: 'email' });
    // Invited users have no password yet; they are asked to set one.
    const hash = user.encrypted_password ?? (await auth.passwords.hashRandom());
    return confirmEmail(db, await updateUser(db, user.id, { encrypted_password: hash }));
  }
  if (type === 'email_change') return confirmChange(auth, db, user, column);
  const recovered = await updateUser(db, user.id, { recovery_token: null });
  await audit(db, user.email_confirmed_at ? 'login' : 'user_signedup', user);
  return user.email_confirmed_at ? recovered : confirmEmail(db, recovered);
}

async function confirmChange(auth: Context, db: Db, user: User, column: CodeColumn): Promise<User | null> {
  const bothAgree = auth.config.email.double_confirm_changes && !autoConfirms(auth) && user.email;
  if (bothAgree && user.email_change_confirm_status === 0) {
    await updateUser(db, user.id, { email_change_confirm_status: 1, [column]: null });
    return null;
  }
  await audit(db, 'user_modified', user);
  const changed = await applyEmailChange(db, user, user.email_change ?? '');
  auth.mails.notify('email_changed', user.email, changed, user.email);
  return changed;
}

/** Replaces the address of a user. */
export async function applyEmailChange(db: Db, user: User, email: string): Promise<User> {
  await setEmailIdentity(db, user.id, email, true);
  const changed = await updateUser(db, user.id, {
    email,
    email_change: null,
    email_change_token_current: null,
    email_change_token_new: null,
    email_change_confirm_status: 0,
    confirmation_token: null,
    recovery_token: null,
    is_anonymous: false,
    raw_app_meta_data: { provider: 'email', providers: ['email'], ...user.raw_app_meta_data },
  }).catch(refuseTaken);
  return changed.email_confirmed_at ? changed : confirmEmail(db, changed);
}

function verifyType(type: string): VerifyType {
  const known = types.find((other) => other === type);
  if (!known) throw invalid('Invalid email verification type');
  return known;
}

/** OAuth's names of errors, by status. */
const oauthErrors: Record<number, string> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  500: 'server_error',
};

function problem(error: unknown): Record<string, string> {
  const { status, code, message } =
    error instanceof AuthError
      ? error
      : new AuthError(500, 'unexpected_failure', 'Database error updating user');
  const name = oauthErrors[status];
  return { ...(name ? { error: name } : {}), error_code: code, error_description: message, sb: '' };
}

/** The result goes behind the `#`; apps of the PKCE flow read it in the query. */
function redirect(target: string, values: Record<string, string>, pkce: boolean): Response {
  const { sb: _marker, ...query } = values;
  return redirectTo(target, pkce ? query : {}, values);
}

function redirectTo(
  target: string,
  query: Record<string, string>,
  fragment: Record<string, string>,
): Response {
  const [page = ''] = target.split('#');
  const asked = new URLSearchParams(query).toString();
  const behind = new URLSearchParams(fragment).toString();
  const location = `${page}${asked && (page.includes('?') ? '&' : '?')}${asked}${behind && '#'}${behind}`;
  // Headers are ASCII, while allowed addresses may not be.
  const ascii = location.replace(/[^\x21-\x7e]+/gu, encodeURIComponent);
  return new Response(null, { status: 303, headers: { location: ascii } });
}
