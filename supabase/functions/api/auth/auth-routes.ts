import { type AuthResponse, isAuthSessionMissingError } from '@supabase/supabase-js';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import { authProblem } from '../http/auth-problem.ts';
import { anonymousClient, clientAddress, secretClient } from '../http/clients.ts';
import type { AppEnv, NoctraClient } from '../http/context.ts';
import { dataOf } from '../http/database.ts';
import { addEndpoint } from '../http/endpoint.ts';
import type { App } from '../http/openapi.ts';
import { fieldProblem, internal, type ProblemError, problem } from '../http/problem.ts';
import {
  RefreshBody,
  RegisterBody,
  RegisterForm,
  type Session,
  SessionAnswer,
  TokenBody,
} from './auth-schemas.ts';
import { beginSignIn, presentSession, presentWithName, signIn, wrongCredentials } from './sign-in.ts';

/**
 * No refused sign-in is answered sooner. Auth hashes a password only for an account that exists: without this, the
 * time would tell which accounts exist.
 */
const REFUSAL_MS = 500;

/** Registration, sign-in, renewal and sign-out: Supabase Auth under the paths of Noctra's clients. */
export function addAuthRoutes(app: App, config: Config, requireCaller: MiddlewareHandler<AppEnv>): void {
  const tag = 'Sign-in' as const;

  addEndpoint(app, {
    method: 'post',
    path: '/auth/register/',
    aliases: ['/register/'],
    name: 'register',
    tag,
    summary: 'Register',
    body: { json: RegisterBody, form: RegisterForm },
    answers: {
      201: {
        description: 'Registered; signed in unless the e-mail address is to be confirmed',
        schema: SessionAnswer,
      },
    },
    problems: [403, 409, 429],
    handler: async (c, { body }) => {
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
    body: { json: TokenBody },
    answers: { 200: { description: 'Signed in', schema: SessionAnswer } },
    problems: [401, 403, 429],
    handler: async (c, { body }) => {
      const began = performance.now();
      const attempt = await beginSignIn(config, clientAddress(config, c.req.raw.headers), body.username);
      const session = await signIn(attempt, body.password).catch(async (cause: ProblemError) => {
        // Auth reports a closed account before it checks the password: a stranger may not learn of it.
        const refusal = cause.problem.code === 'user_banned' ? wrongCredentials() : cause;
        const wait = REFUSAL_MS - (performance.now() - began);
        if (refusal.problem.status === 401 && wait > 0)
          await new Promise((resolve) => setTimeout(resolve, wait));
        throw refusal;
      });
      return c.json(presentSession(session, attempt.username), 200);
    },
  });

  addEndpoint(app, {
    method: 'post',
    path: '/auth/token/refresh/',
    aliases: ['/token/refresh/'],
    name: 'refreshToken',
    tag,
    summary: 'Renew the token',
    body: { json: RefreshBody },
    answers: {
      200: { description: 'Renewed; the refresh token is a new one as well', schema: SessionAnswer },
    },
    problems: [401, 403, 429],
    handler: async (c, { body }) => {
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
    requireCaller,
    answers: { 204: { description: 'Signed out' } },
    problems: [429],
    handler: async (c) => {
      // This session only: signing out on one device must not sign out the others.
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

/** Answers before Auth is asked. With the secret key: no user is signed in yet, and clients may not probe for names. */
async function assertUsernameFree(client: NoctraClient, username: string): Promise<void> {
  const isFree = await dataOf(client.rpc('username_available', { username }));
  if (!isFree) throw fieldProblem('username_taken', 'username', 'This user name is taken.');
}

/** With the secret key: no user is signed in yet, and only the database sees the registrations of all instances. */
async function countRegistration(client: NoctraClient, address: string | null): Promise<void> {
  if (address !== null) await dataOf(client.rpc('begin_registration', { address }));
}

/** Auth reports a refusal by the database as a 500: most likely the name was taken meanwhile. */
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
