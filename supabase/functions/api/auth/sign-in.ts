import type { AuthError, Session as AuthSession } from '@supabase/supabase-js';
import type { Config } from '../config.ts';
import { authProblem } from '../http/auth-problem.ts';
import { callerClient, secretClient } from '../http/clients.ts';
import type { NoctraClient } from '../http/context.ts';
import { dataOf } from '../http/database.ts';
import { internal, type ProblemError, problem } from '../http/problem.ts';
import { readProfile } from '../profiles/profile-queries.ts';
import type { Session } from './auth-schemas.ts';

/** An attempt to sign in. The database counts it as failed until Auth reports a sign-in of the account. */
interface SignInAttempt {
  /** Auth, which keeps the session in this client. */
  client: NoctraClient;
  /** The e-mail address that Auth knows, or one that it does not. */
  email: string;
  username: string;
}

/**
 * Begins an attempt by user name or e-mail address; too many that failed, of the account or of the IP address, are a
 * 429. With the secret key: clients may not learn the e-mail address of a user name.
 */
export async function beginSignIn(
  config: Config,
  address: string | null,
  identifier: string,
): Promise<SignInAttempt> {
  const client = secretClient(config, address);
  const attempt = { identifier, ...(address === null ? {} : { address }) };
  const [account = unknownAccount()] = await dataOf(client.rpc('begin_sign_in', attempt));
  return { client, ...account };
}

/** Stands for an unknown user name. The address is random: a fixed one could be registered. */
function unknownAccount() {
  return { email: `${crypto.randomUUID()}@noctra.invalid`, username: '' };
}

/** Signs in with a password. */
export async function signIn({ client, email }: SignInAttempt, password: string): Promise<AuthSession> {
  const { data, error } = await client.auth.signInWithPassword({ email, password });
  if (error) throw signInProblem(error);
  if (!data.session) throw internal(new Error('Auth took the password and gave no session'));
  return data.session;
}

function signInProblem(error: AuthError): ProblemError {
  return ['validation_failed', 'email_address_invalid'].includes(error.code ?? '')
    ? wrongCredentials()
    : authProblem(error);
}

/** One answer for a wrong name and a wrong password. */
export function wrongCredentials(): ProblemError {
  return problem('invalid_credentials', 'The user name or the password is wrong.');
}

/** A session as clients read it. */
export function presentSession(session: AuthSession, username: string): Session {
  return {
    token: session.access_token,
    refresh_token: session.refresh_token,
    expires_in: session.expires_in,
    username,
    user_id: session.user.id,
  };
}

/** A session with the present user name, where no other request has read it. */
export async function presentWithName(config: Config, session: AuthSession): Promise<Session> {
  const client = callerClient(config, session.access_token);
  return presentSession(session, (await readProfile(client)).username);
}
