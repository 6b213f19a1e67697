import { type AuthResponse, isAuthSessionMissingError } from '@supabase/supabase-js';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import { readJson } from '../http/body.ts';
import { anonymousClient, clientAddress, secretClient } from '../http/clients.ts';
import type { AppEnv, NoctraClient } from '../http/context.ts';
import { type App, addEndpoint } from '../http/openapi.ts';
import {
  authProblem,
  databaseProblem,
  fieldProblem,
  internal,
  type ProblemError,
  problem,
} from '../http/problem.ts';
import { validate } from '../http/validate.ts';
import { RefreshBody, RegisterBody, type Session, SessionAnswer, TokenBody } from './auth-schemas.ts';
import { beginSignIn, presentSession, presentWithName } from './sign-in.ts';

/**
 * No refused sign-in is answered sooner. Auth hashes a password only for an account that exists: without this, the
 * time alone would tell who has one.
 */
const REFUSAL_MS = 500;

/** Registration, sign-in, renewal and sign-out: Supabase Auth under the paths that Noctra's clients know. */
export function addAuthRoutes(app: App, config: Config, caller: MiddlewareHandler<AppEnv>): void {
  const tag = 'Sign-in' as const;
  const jsonBody = (schema: typeof RegisterBody | typeof TokenBody | typeof RefreshBody) => ({
    body: { required: true, content: { 'application/json': { schema } } },
  });

  addEndpoint(app, {
    method: 'post',
    path: '/auth/register/',
    aliases: ['/register/'],
    name: 'register',
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
      const address = clientAddress(config, c.req.raw.headers);
      const client = secretClient(config, address);
      await countRegistration(client, address);
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
        ? presentSession(data.session, body.username)
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
    name: 'signIn',
    tag,
    summary: 'Sign in by user name or e-mail address',
    request: jsonBody(TokenBody),
    answers: { 200: { description: 'Signed in', schema: SessionAnswer } },
    problems: [400, 401, 403, 413, 415, 422, 429, 503],
    handler: async (c) => {
      const began = performance.now();
      const { username, password } = validate(TokenBody, await readJson(c.req.raw));
      const attempt = await beginSignIn(config, clientAddress(config, c.req.raw.headers), username);
      const session = await attempt.signIn(password).catch(async (refusal: ProblemError) => {
        const wait = REFUSAL_MS - (performance.now() - began);
        if (refusal.problem.status === 401 && wait > 0)
          await new Promise((resolve) => setTimeout(resolve, wait));
        throw refusal;
      });
      return c.json(await presentWithName(config, session), 200);
    },
  });

  addEndpoint(app, {
    method: 'post',
    path: '/auth/token/refresh/',
    aliases: ['/token/refresh/'],
    name: 'refreshToken',
    tag,
    summary: 'Renew the token',
    request: jsonBody(RefreshBody),
    answers: {
      200: { description: 'Renewed: the refresh token is a new one as well', schema: SessionAnswer },
    },
    problems: [400, 401, 403, 413, 415, 422, 429, 503],
    handler: async (c) => {
      const body = validate(RefreshBody, await readJson(c.req.raw));
      const client = secretClient(config, clientAddress(config, c.req.raw.headers));
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
    name: 'signOut',
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

/** The secret key: a registration comes from nobody, and only the database sees those of all instances. */
async function countRegistration(client: NoctraClient, address: string | null): Promise<void> {
  if (address === null) return;
  const { error } = await client.rpc('begin_registration', { address });
  if (error) throw databaseProblem(error);
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

function refreshProblem(error: AuthError): ProblemError {
  if (error.code === 'validation_failed') {
    return problem('refresh_token_invalid', 'The refresh token is not valid any more.');
  }
  return authProblem(error);
}
