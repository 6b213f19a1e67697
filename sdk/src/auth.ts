import { FunctionsFetchError, FunctionsHttpError, type Session } from '@supabase/supabase-js';
import type { Context } from './context.ts';
import { fromProblem, networkError } from './errors.ts';
import { attempt, type Result } from './result.ts';

/** What `auth.register` takes. */
export interface Registration {
  /** 3 to 30 of `A-Z a-z 0-9 _`; taken names are compared without case. */
  username: string;
  email: string;
  /** At least 8 characters. */
  password: string;
  /** `YYYY-MM-DD`. Only its owner can read it. */
  date_of_birth?: string | undefined;
}

/** What `auth.register` answers. */
export interface Registered {
  /** Null where the project wants the e-mail address confirmed first. */
  session: Session | null;
  confirmation_required: boolean;
}

/** What `auth.signIn` takes. */
export interface Credentials {
  /** The user name or the e-mail address. */
  username: string;
  password: string;
}

/** Registration and sessions: `noctra.auth`. All else of Supabase Auth is at `noctra.supabase.auth`. */
export interface Auth {
  /**
   * Makes an account and signs in.
   *
   * Errors: `username_invalid`, `username_taken`, `date_of_birth_invalid`, `invalid_input`, `rate_limited`,
   * `network_error`, and those of Supabase Auth.
   *
   * @example
   * ```ts
   * const { data, error } = await noctra.auth.register({
   *   username: 'ann',
   *   email: 'ann@example.com',
   *   password: 'correct horse',
   * });
   * if (error?.code === 'username_taken') askForAnotherName();
   * if (data?.confirmation_required) askToLookAtTheMail();
   * ```
   */
  register(registration: Registration): Promise<Result<Registered>>;

  /**
   * Signs in by user name or e-mail address. By address is one request to Supabase Auth. By name the edge
   * function finds the address and signs in, and supabase-js then asks Auth for the user.
   *
   * Errors: `invalid_credentials` (also for an unknown user), `email_not_confirmed`, `rate_limited`,
   * `network_error`.
   *
   * @example
   * ```ts
   * const { data, error } = await noctra.auth.signIn({ username: 'ann', password });
   * if (data) console.log(data.session.user.id);
   * ```
   */
  signIn(credentials: Credentials): Promise<Result<{ session: Session }>>;

  /**
   * The session that is there, from this page or restored from an earlier one; refreshed if it has run out.
   *
   * @example
   * ```ts
   * const { data } = await noctra.auth.session();
   * if (!data?.session) showSignIn();
   * ```
   */
  session(): Promise<Result<{ session: Session | null }>>;

  /**
   * Ends this session. Those on other devices stay: `noctra.supabase.auth.signOut({ scope: 'global' })`
   * ends them too.
   *
   * @example
   * ```ts
   * await noctra.auth.signOut();
   * ```
   */
  signOut(): Promise<Result<{ session: null }>>;
}

/** What the edge function answers to a registration or a sign-in. */
interface Tokens {
  token: string | null;
  refresh_token: string;
}

/** Makes `noctra.auth`. */
export function createAuth({ supabase }: Context): Auth {
  async function post(path: string, body: object): Promise<Tokens> {
    const { data, error } = await supabase.functions.invoke<Tokens>(`api/${path}`, { body: { ...body } });
    if (!error && data) return data;
    if (error instanceof FunctionsFetchError) throw networkError(error.context);
    if (!(error instanceof FunctionsHttpError)) throw error;
    const answer = error.context as Response;
    throw fromProblem(answer.status, await answer.json().catch(() => null), error);
  }

  async function adopt(access_token: string, refresh_token: string): Promise<Session> {
    const { data, error } = await supabase.auth.setSession({ access_token, refresh_token });
    if (error || !data.session) throw error;
    return data.session;
  }

  return {
    register: (registration) =>
      attempt(async () => {
        const { token, refresh_token } = await post('auth/register/', registration);
        const session = token === null ? null : await adopt(token, refresh_token);
        return { session, confirmation_required: session === null };
      }),

    signIn: ({ username, password }) =>
      attempt(async () => {
        // No user name has an @ in it.
        if (username.includes('@')) {
          const { data, error } = await supabase.auth.signInWithPassword({ email: username, password });
          if (error) throw error;
          return { session: data.session };
        }
        const { token, refresh_token } = await post('auth/token/', { username, password });
        return { session: await adopt(token ?? '', refresh_token) };
      }),

    session: () =>
      attempt(async () => {
        const { data, error } = await supabase.auth.getSession();
        if (error) throw error;
        return { session: data.session };
      }),

    signOut: () =>
      attempt(async () => {
        const { error } = await supabase.auth.signOut({ scope: 'local' });
        if (error) throw error;
        return { session: null };
      }),
  };
}
