import type { AuthError, Session as AuthSession } from '@supabase/supabase-js';
import type { Config } from '../config.ts';
import { callerClient, secretClient } from '../http/clients.ts';
import type { NoctraClient } from '../http/context.ts';
import { authProblem, databaseProblem, internal, type ProblemError, problem } from '../http/problem.ts';
import { noSuchUser } from '../profiles/profile-presentation.ts';
import type { Session } from './auth-schemas.ts';

/** An address that nobody can have, for the attempt that is made where the user name is nobody's. */
const NOBODY = 'nobody@noctra.invalid';

/** An attempt to prove who one is. It counts as failed until it has succeeded: many at once are all counted. */
export interface SignInAttempt {
  /** Auth, which keeps the session in here once there is one. */
  client: NoctraClient;
  /** The e-mail address that Auth knows, or one that it does not. */
  email: string;
  /** Signs in with a password. */
  signIn(password: string): Promise<AuthSession>;
  /** Takes the count back. */
  succeeded(): Promise<void>;
}

/**
 * Begins an attempt by user name or e-mail address; too many that failed, of the account or of the address on the net,
 * are a 429. The secret key: whose address a name stands for is nobody else's to know.
 */
export async function beginSignIn(
  config: Config,
  address: string | null,
  identifier: string,
): Promise<SignInAttempt> {
  const client = secretClient(config, address);
  const counted = { identifier, ...(address === null ? {} : { address }) };
  // By a client of its own: once signed in, the other one speaks for the person.
  const counter = secretClient(config, null);
  const { data, error } = await counter.rpc('begin_sign_in', counted);
  if (error) throw databaseProblem(error);
  const email: string = data ?? NOBODY;

  const succeeded = async () => {
    const { error } = await counter.rpc('sign_in_succeeded', counted);
    // Somebody who is signed in should not be told otherwise; the count ends by itself.
    if (error) console.error('A sign-in stays counted as failed:', error.message);
  };

  const signIn = async (password: string) => {
    const { data, error } = await client.auth.signInWithPassword({ email, password });
    const refusal = error && signInProblem(error);
    // What is not the fault of whoever tries, such as Auth being away, is no failed attempt.
    if (refusal?.problem.status !== 401) await succeeded();
    if (refusal) throw refusal;
    if (!data.session) throw internal(new Error('Auth took the password and gave no session'));
    return data.session;
  };

  return { client, email, signIn, succeeded };
}

/** Wrong name, wrong password and closed account look alike: Auth tells the last one before it looks at the password. */
function signInProblem(error: AuthError): ProblemError {
  if (['user_banned', 'validation_failed', 'email_address_invalid'].includes(error.code ?? '')) {
    return problem('invalid_credentials', 'The user name or the password is wrong.');
  }
  return authProblem(error);
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

/** A session with the name of the profile: what was given at sign-up may have changed since. */
export async function presentWithName(config: Config, session: AuthSession): Promise<Session> {
  const client = callerClient(config, session.access_token);
  const { id } = session.user;
  const { data, error } = await client.from('profiles').select('username').eq('id', id).maybeSingle();
  if (error) throw databaseProblem(error);
  // Deleted since Auth made the session.
  if (!data) throw noSuchUser();
  return presentSession(session, data.username);
}
