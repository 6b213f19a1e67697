import { audit } from './audit.ts';
import { AuthError, invalid, orFail } from './auth-error.ts';
import { optionalText, readBody, text } from './body.ts';
import { withIdToken, withWallet } from './disabled.ts';
import { type Call, type Context, deviceOf, type Endpoint } from './endpoint.ts';
import { takeFlow } from './flows.ts';
import { findUserByEmail, getUser, isBanned } from './users.ts';

const grants = new Map<string, Endpoint>([
  ['password', withPassword],
  ['refresh_token', withRefreshToken],
  ['pkce', withCode],
  ['id_token', withIdToken],
  ['web3', withWallet],
]);

/** `POST /token`: tokens for a password, for a refresh token, or for the code of a followed link. */
export const giveToken: Endpoint = async (auth, call) => {
  const grant = grants.get(call.url.searchParams.get('grant_type') ?? '');
  if (!grant) throw new AuthError(400, 'invalid_credentials', 'unsupported_grant_type');
  // config.toml: sign_in_sign_ups counts sign-ins, token_refresh counts refreshed sessions.
  const limited = grant === withRefreshToken ? 'token_refresh' : 'sign_in_sign_ups';
  auth.limits.count(limited, call.url.pathname, call.address);
  return grant(auth, call);
};

async function withPassword(auth: Context, call: Call): Promise<Response> {
  const { config, database, hooks, passwords, sessions } = auth;
  const body = await readBody(call.request);
  const [email, password] = [text(body, 'email'), text(body, 'password')];
  if (email && text(body, 'phone'))
    throw invalid('Only an email address or phone number should be provided on login.');
  if (text(body, 'phone')) throw new AuthError(422, 'phone_provider_disabled', 'Phone logins are disabled');
  if (!email) throw invalid('missing email or phone');
  if (!config.email.enable_signup)
    throw new AuthError(422, 'email_provider_disabled', 'Email logins are disabled');

  const user = await findUserByEmail(database, email);
  if (!user?.encrypted_password) throw wrongCredentials();
  if (isBanned(user)) throw new AuthError(400, 'user_banned', 'User is banned');
  const valid = await passwords.matches(password, user.encrypted_password);
  await hooks.passwordVerification(user.id, valid, call.address, () =>
    sessions.end(database, user.id, 'global', null),
  );
  if (!valid) throw wrongCredentials();
  if (!user.email_confirmed_at) throw new AuthError(400, 'email_not_confirmed', 'Email not confirmed');

  const session = await orFail('Database error granting user', () =>
    database.begin(async (db) => {
      await audit(db, 'login', user, { provider: 'email' });
      return sessions.start(db, user, 'password', deviceOf(call));
    }),
  );
  // The rules may be stricter than when the password was chosen: the answer says so.
  const weak = passwords.weakness(password);
  return Response.json(weak ? { ...session, weak_password: weak } : session);
}

async function withRefreshToken(auth: Context, call: Call): Promise<Response> {
  const body = await readBody(call.request);
  return Response.json(await auth.sessions.refresh(text(body, 'refresh_token')));
}

async function withCode(auth: Context, call: Call): Promise<Response> {
  const body = await readBody(call.request);
  const [code, verifier] = [optionalText(body, 'auth_code'), optionalText(body, 'code_verifier')];
  if (!code || !verifier)
    throw invalid('invalid request: both auth code and code verifier should be non-empty');
  const session = await auth.database.begin(async (db) => {
    const flow = await takeFlow(db, code, verifier);
    const user = await getUser(db, flow.user_id);
    if (isBanned(user)) throw new AuthError(403, 'user_banned', 'User is banned');
    await audit(db, 'login', user, { provider_type: flow.provider_type });
    return auth.sessions.start(db, user, flow.authentication_method, deviceOf(call));
  });
  return Response.json(session);
}

/** One answer for an unknown address and a wrong password. */
function wrongCredentials(): AuthError {
  return new AuthError(400, 'invalid_credentials', 'Invalid login credentials');
}
