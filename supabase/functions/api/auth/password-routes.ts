import { type AuthError, isAuthRetryableFetchError } from '@supabase/supabase-js';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import { inBackground } from '../http/background.ts';
import { readJson } from '../http/body.ts';
import { anonymousClient, clientAddress, secretClient } from '../http/clients.ts';
import type { AppEnv, Caller, NoctraClient } from '../http/context.ts';
import { type App, addEndpoint } from '../http/openapi.ts';
import { authProblem, databaseProblem, fieldProblem, internal, type ProblemError } from '../http/problem.ts';
import { validate } from '../http/validate.ts';
import { noSuchUser } from '../profiles/profile-presentation.ts';
import {
  PasswordChangeBody,
  PasswordResetBody,
  PasswordResetByCode,
  PasswordResetByLink,
  PasswordResetConfirmBody,
  SessionAnswer,
} from './auth-schemas.ts';
import { beginSignIn, presentWithName } from './sign-in.ts';

/** Changing a password, and setting a new one when it is forgotten. */
export function addPasswordRoutes(app: App, config: Config, caller: MiddlewareHandler<AppEnv>): void {
  const tag = 'Sign-in' as const;

  addEndpoint(app, {
    method: 'post',
    path: '/auth/password/',
    name: 'changePassword',
    tag,
    summary: 'Change your password',
    description: 'This session goes on; those on other devices end.',
    caller,
    request: { body: { required: true, content: { 'application/json': { schema: PasswordChangeBody } } } },
    answers: { 204: { description: 'Changed' } },
    problems: [400, 413, 415, 422, 429, 503],
    handler: async (c) => {
      const body = validate(PasswordChangeBody, await readJson(c.req.raw));
      const address = clientAddress(config, c.req.raw.headers);
      // A token may lie about on a shared computer: who changes a password has to know it.
      const attempt = await beginSignIn(config, address, await usernameOf(c.var.caller));
      await attempt.signIn(body.password);
      try {
        await changePassword(config, c.var.caller, body.new_password);
      } finally {
        // The session that proved the password has done its work; where Auth has ended it already, so much the better.
        await attempt.client.auth.signOut({ scope: 'local' });
      }
      return c.body(null, 204);
    },
  });

  addEndpoint(app, {
    method: 'post',
    path: '/auth/password/reset/',
    name: 'requestPasswordReset',
    tag,
    summary: 'Ask for a mail to set a new password',
    description: 'The answer is the same whether or not the address has an account.',
    request: { body: { required: true, content: { 'application/json': { schema: PasswordResetBody } } } },
    answers: { 202: { description: 'Sent, if there is such an account' } },
    problems: [400, 413, 415, 422, 503],
    handler: async (c) => {
      const { email, redirect_to } = validate(PasswordResetBody, await readJson(c.req.raw));
      const { auth } = secretClient(config, clientAddress(config, c.req.raw.headers));
      // Not awaited: how long Auth takes to send a mail would tell that there is an account.
      inBackground('A mail to set a new password', async () => {
        const options = redirect_to ? { redirectTo: redirect_to } : {};
        const { error } = await auth.resetPasswordForEmail(email, options);
        // Asked for twice in a minute: the first mail is on its way.
        if (error && error.status !== 429) throw error;
      });
      return c.body(null, 202);
    },
  });

  addEndpoint(app, {
    method: 'post',
    path: '/auth/password/reset/confirm/',
    name: 'confirmPasswordReset',
    tag,
    summary: 'Set a new password with the code or the link of the mail',
    description: 'Signs in as well. Sessions on all devices end.',
    request: {
      body: { required: true, content: { 'application/json': { schema: PasswordResetConfirmBody } } },
    },
    answers: { 200: { description: 'The password is set; signed in', schema: SessionAnswer } },
    problems: [400, 403, 413, 415, 422, 429, 503],
    handler: async (c) => {
      const body = await readJson(c.req.raw);
      const address = clientAddress(config, c.req.raw.headers);
      const { client, password } =
        'token_hash' in body
          ? await verifyLink(config, address, validate(PasswordResetByLink, body))
          : await verifyCode(config, address, validate(PasswordResetByCode, body));
      await setPassword(client, password, { keepOld: true });
      const { data, error } = await client.auth.getSession();
      if (error) throw authProblem(error);
      if (!data.session) throw internal(new Error('Auth verified a code and signed nobody in'));
      return c.json(await presentWithName(config, data.session), 200);
    },
  });
}

/** The name that a person signs in with now: the e-mail address in a token may be an older one. */
async function usernameOf({ client, id }: Caller): Promise<string> {
  const { data, error } = await client.from('profiles').select('username').eq('id', id).maybeSingle();
  if (error) throw databaseProblem(error);
  if (!data) throw noSuchUser();
  return data.username;
}

/** Changes the password in the caller's own session, which is then the one that Auth lets go on. */
async function changePassword(config: Config, { token }: Caller, password: string): Promise<void> {
  const client = anonymousClient(config);
  // Nothing is renewed here, so the refresh token is never looked at; only an empty one is refused.
  const { error } = await client.auth.setSession({ access_token: token, refresh_token: 'none' });
  if (error) throw authProblem(error);
  await setPassword(client, password, { keepOld: false });
}

/** Sets the password of whoever is signed in. To set the one that one has is an error, or, after a reset, none. */
async function setPassword(
  { auth }: NoctraClient,
  password: string,
  { keepOld }: { keepOld: boolean },
): Promise<void> {
  const { error } = await auth.updateUser({ password });
  if (error && !(keepOld && error.code === 'same_password')) throw authProblem(error, 'new_password');
}

/** A client that is signed in, and the password that it is to set. */
interface Verified {
  client: NoctraClient;
  password: string;
}

/** A code has six digits, so guesses are counted like guesses of a password. */
async function verifyCode(
  config: Config,
  address: string | null,
  body: { email: string; code: string; new_password: string },
): Promise<Verified> {
  const { client, email, succeeded } = await beginSignIn(config, address, body.email);
  const { error } = await client.auth.verifyOtp({ email, token: body.code, type: 'recovery' });
  const refusal = error && codeProblem(error, 'code');
  if (refusal?.problem.code !== 'code_invalid') await succeeded();
  if (refusal) throw refusal;
  return { client, password: body.new_password };
}

async function verifyLink(
  config: Config,
  address: string | null,
  body: { token_hash: string; new_password: string },
): Promise<Verified> {
  const client = secretClient(config, address);
  const { error } = await client.auth.verifyOtp({ token_hash: body.token_hash, type: 'recovery' });
  if (error) throw codeProblem(error, 'token_hash');
  return { client, password: body.new_password };
}

/** Auth has many words for a code that is not right; that nobody has the address is none of the client's business. */
function codeProblem(error: AuthError, field: string): ProblemError {
  const isOurs = isAuthRetryableFetchError(error) || error.status === 429 || (error.status ?? 500) >= 500;
  if (isOurs || error.code === 'user_banned') return authProblem(error);
  return fieldProblem('code_invalid', field, 'This code or link is not valid, or not any more.');
}
