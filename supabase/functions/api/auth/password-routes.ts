import { type AuthError, isAuthRetryableFetchError } from '@supabase/supabase-js';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import { authProblem } from '../http/auth-problem.ts';
import { inBackground } from '../http/background.ts';
import { anonymousClient, clientAddress, secretClient } from '../http/clients.ts';
import type { AppEnv, Caller, NoctraClient } from '../http/context.ts';
import { addEndpoint } from '../http/endpoint.ts';
import type { App } from '../http/openapi.ts';
import { fieldProblem, internal, type ProblemError } from '../http/problem.ts';
import { readProfile } from '../profiles/profile-queries.ts';
import {
  PasswordChangeBody,
  PasswordResetBody,
  PasswordResetConfirmBody,
  PasswordResetConfirmForm,
  PasswordResetForm,
  SessionAnswer,
} from './auth-schemas.ts';
import { beginSignIn, presentWithName, signIn } from './sign-in.ts';

/** Changing a password, and setting a new one when it is forgotten. */
export function addPasswordRoutes(app: App, config: Config, requireCaller: MiddlewareHandler<AppEnv>): void {
  const tag = 'Sign-in' as const;

  addEndpoint(app, {
    method: 'post',
    path: '/auth/password/',
    name: 'changePassword',
    tag,
    summary: 'Change your password',
    description: 'This session goes on; those on other devices end.',
    requireCaller,
    body: { json: PasswordChangeBody },
    answers: { 204: { description: 'Changed' } },
    problems: [403, 429],
    handler: async (c, { body }) => {
      const address = clientAddress(config, c.req.raw.headers);
      // The present name: the e-mail address in a token may be an older one.
      const { username } = await readProfile(c.var.caller.client);
      // A stolen token must not change the password, so the present one is required.
      const attempt = await beginSignIn(config, address, username);
      await signIn(attempt, body.password);
      try {
        await changePassword(config, c.var.caller, body.new_password);
      } finally {
        // The session that proved the password is not needed any more. Auth may have ended it already.
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
    body: { json: PasswordResetBody, form: PasswordResetForm },
    answers: { 202: { description: 'Sent, if there is such an account' } },
    handler: async (c, { body: { email, redirect_to } }) => {
      const { auth } = secretClient(config, clientAddress(config, c.req.raw.headers));
      // Not awaited: the time to send a mail would reveal that the account exists.
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
    body: { json: PasswordResetConfirmBody, form: PasswordResetConfirmForm },
    answers: { 200: { description: 'The password is set; signed in', schema: SessionAnswer } },
    problems: [401, 403, 429],
    handler: async (c, { body }) => {
      const address = clientAddress(config, c.req.raw.headers);
      const client =
        'token_hash' in body
          ? await verifyLink(config, address, body.token_hash)
          : await verifyCode(config, address, body.email, body.code);
      await setPassword(client, body.new_password, { acceptOld: true });
      const { data, error } = await client.auth.getSession();
      if (error) throw authProblem(error);
      if (!data.session) throw internal(new Error('Auth verified a code and signed nobody in'));
      return c.json(await presentWithName(config, data.session), 200);
    },
  });
}

/** Changes the password in the caller's own session, which is then the one that Auth lets go on. */
async function changePassword(config: Config, { token }: Caller, password: string): Promise<void> {
  const client = anonymousClient(config);
  // Nothing is renewed here, so the refresh token is not used; only an empty one is refused.
  const { error } = await client.auth.setSession({ access_token: token, refresh_token: 'none' });
  if (error) throw authProblem(error);
  await setPassword(client, password, { acceptOld: false });
}

/** Sets the password of the user who is signed in. The old password is an error, or, after a reset, accepted. */
async function setPassword(
  { auth }: NoctraClient,
  password: string,
  { acceptOld }: { acceptOld: boolean },
): Promise<void> {
  const { error } = await auth.updateUser({ password });
  if (error && !(acceptOld && error.code === 'same_password')) throw authProblem(error, 'new_password');
}

/** A client that the code of the mail has signed in. A code has six digits, so guesses count as attempts to sign in. */
async function verifyCode(
  config: Config,
  address: string | null,
  identifier: string,
  token: string,
): Promise<NoctraClient> {
  const { client, email } = await beginSignIn(config, address, identifier);
  const { error } = await client.auth.verifyOtp({ email, token, type: 'recovery' });
  if (error) throw codeProblem(error, 'code');
  return client;
}

/** A client that the link of the mail has signed in. */
async function verifyLink(config: Config, address: string | null, hash: string): Promise<NoctraClient> {
  const client = secretClient(config, address);
  const { error } = await client.auth.verifyOtp({ token_hash: hash, type: 'recovery' });
  if (error) throw codeProblem(error, 'token_hash');
  return client;
}

/**
 * Auth has many codes for a wrong code, and one for a closed account before it looks at the code. One answer for all:
 * clients may not learn which addresses have an account.
 */
function codeProblem(error: AuthError, field: string): ProblemError {
  const isOurs = isAuthRetryableFetchError(error) || error.status === 429 || (error.status ?? 500) >= 500;
  if (isOurs) return authProblem(error);
  return fieldProblem('code_invalid', field, 'This code or link is wrong, used or expired.');
}
