import type { AuthError, Session } from '@supabase/supabase-js';
import type { Context } from './context.ts';
import { dataOf } from './errors.ts';
import { callApi } from './requests.ts';
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

/** What `auth.changePassword` takes. */
export interface PasswordChange {
  /** The one that holds until now. */
  password: string;
  /** At least 8 characters. */
  new_password: string;
}

/** What `auth.requestPasswordReset` takes. */
export interface PasswordResetRequest {
  email: string;
  /** The page of the app that the mail's link leads to; the project has to allow it. */
  redirect_to?: string | undefined;
}

/** What `auth.confirmPasswordReset` takes: the six digits of the mail with its address, or the link's `token_hash`. */
export type PasswordReset = { new_password: string } & (
  | { email: string; code: string }
  | { token_hash: string }
);

/** Registration and sessions: `noctra.auth`. All else of Supabase Auth is at `noctra.supabase.auth`. */
export interface Auth {
  /**
   * Makes an account and signs in.
   *
   * Errors: `username_invalid`, `username_taken`, `email_invalid`, `email_taken`, `password_invalid`,
   * `password_weak`, `date_of_birth_invalid`, `signup_disabled`, `rate_limited`, `network_error`.
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

  /**
   * Renews the session now. It is done by itself before a session runs out; this is for claims that have changed.
   *
   * Errors: `not_signed_in` (there is no session, or it has ended), `network_error`.
   *
   * @example
   * ```ts
   * const { data } = await noctra.auth.refresh();
   * ```
   */
  refresh(): Promise<Result<{ session: Session }>>;

  /**
   * Changes the password, by the one that holds until now.
   * This session goes on; those on other devices end.
   *
   * Errors: `invalid_credentials` (it is another one), `new_password_invalid`, `password_weak`,
   * `password_unchanged`, `rate_limited`, `not_signed_in`, `network_error`.
   *
   * @example
   * ```ts
   * const { error } = await noctra.auth.changePassword({ password, new_password });
   * if (error?.code === 'invalid_credentials') showHint('This is not your password.');
   * ```
   */
  changePassword(change: PasswordChange): Promise<Result<null>>;

  /**
   * Has a mail sent that sets a new password. The answer is the same where nobody has the address.
   *
   * Errors: `email_invalid`, `rate_limited`, `network_error`.
   *
   * @example
   * ```ts
   * await noctra.auth.requestPasswordReset({ email, redirect_to: `${location.origin}/new-password` });
   * ```
   */
  requestPasswordReset(request: PasswordResetRequest): Promise<Result<null>>;

  /**
   * Sets a new password by what the mail holds, and signs in.
   * Sessions on all devices end.
   *
   * Errors: `code_invalid` (wrong, used, or too old), `new_password_invalid`, `password_weak`, `rate_limited`,
   * `network_error`.
   *
   * @example With the six digits
   * ```ts
   * const { data } = await noctra.auth.confirmPasswordReset({ email, code: '123456', new_password });
   * ```
   *
   * @example With the link
   * ```ts
   * const token_hash = new URLSearchParams(location.search).get('token_hash') ?? '';
   * const { data } = await noctra.auth.confirmPasswordReset({ token_hash, new_password });
   * ```
   */
  confirmPasswordReset(reset: PasswordReset): Promise<Result<{ session: Session }>>;

  /**
   * Deletes the account with all that belongs to it: profile, posts, files, sessions. There is no way back.
   *
   * Errors: `last_admin` (appoint another one first), `not_signed_in`, `network_error`.
   *
   * @example
   * ```ts
   * if (confirm('Delete everything?')) await noctra.auth.deleteAccount();
   * ```
   */
  deleteAccount(): Promise<Result<null>>;
}

/** What the edge function answers to a registration or a sign-in. */
interface Tokens {
  token: string | null;
  refresh_token: string;
}

/** What Auth answers; where it has no error, there is a session. */
interface SessionAnswer {
  data: { session: Session | null };
  error: AuthError | null;
}

/** Makes `noctra.auth`. Nothing of it is tried again by itself: attempts are counted, and mails are sent. */
export function createAuth(context: Context): Auth {
  const { auth } = context.supabase;

  const post = <T>(path: string, body: object, as?: 'nobody') =>
    callApi<T>(context, { method: 'POST', path: `auth/${path}/`, body, retry: 'never', as });

  const askForTokens = (path: string, body: object) => post<Tokens>(path, body, 'nobody');

  const adopt = async ({ token, refresh_token }: Tokens) =>
    sessionOf(await auth.setSession({ access_token: token ?? '', refresh_token }));

  return {
    register: (registration) =>
      attempt(async () => {
        const tokens = await askForTokens('register', registration);
        const session = tokens.token ? await adopt(tokens) : null;
        return { session, confirmation_required: !session };
      }),

    signIn: ({ username, password }) =>
      attempt(async () => ({
        // No user name has an @ in it.
        session: username.includes('@')
          ? sessionOf(await auth.signInWithPassword({ email: username, password }))
          : await adopt(await askForTokens('token', { username, password })),
      })),

    session: () => attempt(async () => dataOf<SessionAnswer['data']>(await auth.getSession())),

    refresh: () => attempt(async () => ({ session: sessionOf(await auth.refreshSession()) })),

    signOut: () =>
      attempt(async () => {
        const { error } = await auth.signOut({ scope: 'local' });
        if (error) throw error;
        return { session: null };
      }),

    changePassword: (change) => attempt(() => post('password', change)),

    requestPasswordReset: (request) => attempt(() => post('password/reset', request, 'nobody')),

    confirmPasswordReset: (reset) =>
      attempt(async () => ({ session: await adopt(await askForTokens('password/reset/confirm', reset)) })),

    deleteAccount: () =>
      attempt(async () => {
        await callApi(context, { method: 'DELETE', path: 'userprofiles/me/', retry: 'never' });
        // The server has ended every session with the account; this one forgets its own.
        await auth.signOut({ scope: 'local' });
        return null;
      }),
  };
}

/** The session that Auth has answered; its error is thrown. */
function sessionOf(answer: SessionAnswer): Session {
  return dataOf<SessionAnswer['data']>(answer).session as Session;
}
