import {
  type AuthResponse,
  type Session as AuthSession,
  isAuthSessionMissingError,
} from '@supabase/supabase-js';
import type { MiddlewareHandler } from 'hono';
import { readJson } from '../body.ts';
import { anonymousClient, callerClient, clientAddress, secretClient } from '../clients.ts';
import type { Config } from '../config.ts';
import type { AppEnv, NoctraClient } from '../context.ts';
import { type App, addEndpoint } from '../openapi.ts';
import {
  authProblem,
  databaseProblem,
  fieldProblem,
  internal,
  type ProblemError,
  problem,
} from '../problem.ts';
import { RefreshBody, RegisterBody, type Session, SessionAnswer, TokenBody } from '../schemas.ts';
import { validate } from '../validate.ts';

/**
 * No refused sign-in is answered sooner. Auth hashes a password only for an account that exists: without this, the
 * time alone would tell who has one.
 */
const REFUSAL_MS = 500;

/** An address that nobody can have, for the attempt that is made where the user name is nobody's. */
const NOBODY = 'nobody@noctra.invalid';

/** Registration, sign-in, renewal and sign-out: Supabase Auth under the paths that Noctra's clients know. */
export function addAuthRoutes(app: App, config: Config, caller: MiddlewareHandler<AppEnv>): void {
  const tag = 'Sign-in';
  const jsonBody = (schema: typeof RegisterBody | typeof TokenBody | typeof RefreshBody) => ({
    body: { required: true, content: { 'application/json': { schema } } },
  });

  addEndpoint(app, {
    method: 'post',
    path: '/auth/register/',
    aliases: ['/register/'],
    tag,
    summary: 'Register',
    request: jsonBody(RegisterBody),
    answers: {
      201: {
        description: 'Registered; signed in unless the e-mail address is to be confirmed',
        schema: SessionAnswer,
      },
    },
    problems: [400, 409, 413, 415, 422, 429, 503],
    handler: async (c) => {
      const body = validate(RegisterBody, await readJson(c.req.raw));
      const client = secretClient(config, clientAddress(c.req.raw.headers));
      await assertUsernameFree(client, body.username);
      const { data, error } = await client.auth.signUp({
        email: body.email,
        password: body.password,
        options: {
          data: {
            username: body.username,
            ...(body.date_of_birth ? { date_of_birth: body.date_of_birth } : {}),
          },
        },
      });
      if (error) throw await signUpProblem(error, client, body.username);
      if (!data.user) throw internal(new Error('Auth registered nobody'));
      const session: Session = data.session
        ? present(data.session, body.username)
        : {
            token: null,
            refresh_token: null,
            expires_in: null,
            username: body.username,
            user_id: data.user.id,
            confirmation_required: true,
          };
      return c.json(session, 201);
    },
  });

  addEndpoint(app, {
    method: 'post',
    path: '/auth/token/',
    aliases: ['/token/'],
    tag,
    summary: 'Sign in by user name or e-mail address',
    request: jsonBody(TokenBody),
    answers: { 200: { description: 'Signed in', schema: SessionAnswer } },
    problems: [400, 401, 403, 413, 415, 422, 429, 503],
    handler: async (c) => {
      const began = performance.now();
      const { username, password } = validate(TokenBody, await readJson(c.req.raw));
      const client = secretClient(config, clientAddress(c.req.raw.headers));
      const email = username.includes('@') ? username.trim() : await emailOf(client, username);
      const { data, error } = await client.auth.signInWithPassword({ email: email ?? NOBODY, password });
      if (error) {
        const refusal = signInProblem(error);
        const wait = REFUSAL_MS - (performance.now() - began);
        if (refusal.problem.status === 401) await new Promise((resolve) => setTimeout(resolve, wait));
        throw refusal;
      }
      return c.json(await presentWithName(config, data.session), 200);
    },
  });

  addEndpoint(app, {
    method: 'post',
    path: '/auth/token/refresh/',
    aliases: ['/token/refresh/'],
    tag,
    summary: 'Renew the token',
    request: jsonBody(RefreshBody),
    answers: {
      200: { description: 'Renewed: the refresh token is a new one as well', schema: SessionAnswer },
    },
    problems: [400, 401, 403, 413, 415, 422, 429, 503],
    handler: async (c) => {
      const body = validate(RefreshBody, await readJson(c.req.raw));
      const client = secretClient(config, clientAddress(c.req.raw.headers));
      const { data, error } = await client.auth.refreshSession(body);
      if (error) throw refreshProblem(error);
      if (!data.session) throw internal(new Error('Auth renewed nothing'));
      return c.json(await presentWithName(config, data.session), 200);
    },
  });

  addEndpoint(app, {
    method: 'post',
    path: '/auth/logout/',
    aliases: ['/logout/'],
    tag,
    summary: 'Sign out: the session is revoked',
    caller,
    answers: { 204: { description: 'Signed out' } },
    problems: [429, 503],
    handler: async (c) => {
      // This session only: signing out on a telephone must not sign out the tablet.
      const { error } = await anonymousClient(config).auth.admin.signOut(c.var.caller.token, 'local');
      // The token was verified: when Auth does not know its session, it has been revoked before.
      if (error && !isAuthSessionMissingError(error) && ![401, 403, 404].includes(error.status ?? 0)) {
        throw authProblem(error);
      }
      return c.body(null, 204);
    },
  });
}

type AuthError = NonNullable<AuthResponse['error']>;

/** Answers before Auth is asked. The secret key: nobody is signed in yet, and nobody else may probe for names. */
async function assertUsernameFree(client: NoctraClient, username: string): Promise<void> {
  const { data, error } = await client.rpc('username_available', { username });
  if (error) throw databaseProblem(error);
  if (!data) throw fieldProblem('username_taken', 'username', 'This user name is taken.');
}

/** The e-mail address that a user name signs in with. The secret key: it is nobody else's to know. */
async function emailOf(client: NoctraClient, username: string): Promise<string | null> {
  const { data, error } = await client.rpc('sign_in_email', { identifier: username });
  if (error) throw databaseProblem(error);
  return data;
}

/** Auth says of whatever the database refuses only that it failed: a name that was taken meanwhile is the likeliest. */
async function signUpProblem(
  error: AuthError,
  client: NoctraClient,
  username: string,
): Promise<ProblemError> {
  if ((error.status ?? 0) >= 500) await assertUsernameFree(client, username);
  return authProblem(error);
}

/** Wrong name, wrong password and closed account look alike: Auth tells the last one before it looks at the password. */
function signInProblem(error: AuthError): ProblemError {
  if (['user_banned', 'validation_failed', 'email_address_invalid'].includes(error.code ?? '')) {
    return problem('invalid_credentials', 'The user name or the password is wrong.');
  }
  return authProblem(error);
}

function refreshProblem(error: AuthError): ProblemError {
  if (error.code === 'validation_failed') {
    return problem('refresh_token_invalid', 'The refresh token is not valid any more.');
  }
  return authProblem(error);
}

function present(session: AuthSession, username: string): Session {
  return {
    token: session.access_token,
    refresh_token: session.refresh_token,
    expires_in: session.expires_in,
    username,
    user_id: session.user.id,
  };
}

/** The name is the profile's: what was given at sign-up may have changed since. */
async function presentWithName(config: Config, session: AuthSession): Promise<Session> {
  const client = callerClient(config, session.access_token);
  const { data, error } = await client.from('profiles').select('username').eq('id', session.user.id).single();
  if (error) throw databaseProblem(error);
  return present(session, data.username);
}
