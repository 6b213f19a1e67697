import type { AuthChangeEvent, AuthError, Session } from '@supabase/supabase-js';
import type { PasswordChange, PasswordReset, PasswordResetConfirm, Register, SignIn } from './api.types.ts';
import { attempt, attemptAsCaller, type Context, callApi, dataOf, type Result } from './calls.ts';
import { refusal } from './errors.ts';

/** The result of `auth.register`. */
export interface Registered {
  /** Null where the project wants the e-mail address confirmed first. */
  session: Session | null;
  confirmation_required: boolean;
}

/** What `auth.onChange` tells. */
export interface SessionChange {
  event: AuthChangeEvent;
  /** Null while nobody is signed in. */
  session: Session | null;
}

/** The edge function's answer to a registration or a sign-in. */
interface Tokens {
  token: string | null;
  refresh_token: string;
}

/** The answer of Auth. Without an error there is a session. */
interface SessionAnswer {
  data: { session: Session | null };
  error: AuthError | null;
}

/** Accounts and sessions: `noctra.auth`. The rest of Supabase Auth is at `noctra.supabase.auth`. */
export type Auth = ReturnType<typeof createAuth>;

/** Ends this session, and not those on other devices. */
const here = { scope: 'local' } as const;

/** Makes `noctra.auth`. No call is repeated: attempts are counted, and mails are sent. */
export function createAuth(context: Context) {
  const { auth } = context.supabase;

  const post = <T>(path: string, body: object) =>
    callApi<T>(context, `auth/${path}/`, { method: 'POST', body, repeatOn: null });

  const adopt = async ({ token, refresh_token }: Tokens) =>
    sessionOf(await auth.setSession({ access_token: token ?? '', refresh_token }));

  const signInByAddress = async (email: string, password: string) => {
    const answer = await auth.signInWithPassword({ email, password });
    // Auth tells of a closed account before it checks the password.
    if (answer.error?.code === 'user_banned')
      throw refusal('invalid_credentials', 401, 'Invalid login credentials');
    return sessionOf(answer);
  };

  return {
    /**
     * Makes an account and signs in.
     *
     * @example
     * const { data, error } = await noctra.auth.register({ username: 'ann', email: 'ann@example.com', password });
     * if (error?.code === 'username_taken') askForAnotherName();
     * if (data?.confirmation_required) askToLookAtTheMail();
     */
    register: (registration: Register): Promise<Result<Registered>> =>
      attempt(async () => {
        const tokens = await post<Tokens>('register', registration);
        const session = tokens.token ? await adopt(tokens) : null;
        return { session, confirmation_required: !session };
      }),

    /**
     * Signs in by user name or e-mail address. An unknown user and a wrong password have one error:
     * `invalid_credentials`. A closed account has it as well.
     *
     * @example
     * const { data, error } = await noctra.auth.signIn({ username: 'ann', password });
     * if (data) console.log(data.session.user.id);
     */
    signIn: ({ username, password }: SignIn): Promise<Result<{ session: Session }>> =>
      attempt(async () => ({
        // No user name contains an @.
        session: username.includes('@')
          ? await signInByAddress(username, password)
          : await adopt(await post<Tokens>('token', { username, password })),
      })),

    /**
     * The present session, also from an earlier visit; refreshed if it has expired.
     *
     * @example
     * const { data } = await noctra.auth.session();
     * if (!data?.session) showSignIn();
     */
    session: (): Promise<Result<{ session: Session | null }>> =>
      attempt(async () => dataOf<SessionAnswer['data']>(await auth.getSession())),

    /**
     * Tells of the session: the one that is there, and each that comes, is renewed or ends, in other tabs too. `event` is
     * that of supabase-js's `onAuthStateChange`.
     *
     * @example
     * const { unsubscribe } = noctra.auth.onChange(({ event, session }) => {
     *   if (event === 'PASSWORD_RECOVERY') askForNewPassword();
     *   showUser(session?.user.id);
     * });
     */
    onChange: (handler: (change: SessionChange) => void): { unsubscribe(): void } =>
      // Apart from supabase-js, which waits for the handler, and would fail with it.
      auth.onAuthStateChange((event, session) => queueMicrotask(() => handler({ event, session }))).data
        .subscription,

    /**
     * Renews the session now, for claims that have changed. supabase-js renews it before it expires.
     *
     * @example
     * const { data } = await noctra.auth.refresh();
     */
    refresh: (): Promise<Result<{ session: Session }>> =>
      attempt(async () => ({ session: sessionOf(await auth.refreshSession()) })),

    /**
     * Ends this session. `noctra.supabase.auth.signOut({ scope: 'global' })` ends those on other devices too.
     *
     * @example
     * await noctra.auth.signOut();
     */
    signOut: (): Promise<Result<{ session: null }>> =>
      attempt(async () => dataOf({ data: { session: null }, ...(await auth.signOut(here)) })),

    /**
     * Changes the password. This session stays; those on other devices end.
     *
     * @example
     * const { error } = await noctra.auth.changePassword({ password, new_password });
     * if (error?.code === 'invalid_credentials') showHint('This is not your password.');
     */
    changePassword: (change: PasswordChange): Promise<Result<null>> =>
      attemptAsCaller(context, undefined, () => post('password', change)),

    /**
     * Sends a mail that sets a new password. The answer is the same if no user has the address.
     *
     * @example
     * await noctra.auth.requestPasswordReset({ email, redirect_to: `${location.origin}/new-password` });
     */
    requestPasswordReset: (request: PasswordReset): Promise<Result<null>> =>
      attempt(() => post('password/reset', request)),

    /**
     * Sets a new password with the mail's code or link, and signs in. Sessions on all devices end.
     *
     * @example With the code
     * const { data } = await noctra.auth.confirmPasswordReset({ email, code: '123456', new_password });
     *
     * @example With the link
     * const token_hash = new URLSearchParams(location.search).get('token_hash') ?? '';
     * const { data } = await noctra.auth.confirmPasswordReset({ token_hash, new_password });
     */
    confirmPasswordReset: (reset: PasswordResetConfirm): Promise<Result<{ session: Session }>> =>
      attempt(async () => ({ session: await adopt(await post<Tokens>('password/reset/confirm', reset)) })),

    /**
     * Deletes the account with everything in it: profile, posts, files, sessions. This cannot be undone.
     *
     * @example
     * if (confirm('Delete everything?')) await noctra.auth.deleteAccount();
     */
    deleteAccount: (): Promise<Result<null>> =>
      attemptAsCaller(context, undefined, async () => {
        await callApi(context, 'userprofiles/me/', { method: 'DELETE', repeatOn: null });
        // The server has ended all sessions; the client has to forget this one.
        await auth.signOut(here);
        return null;
      }),
  };
}

/** The session of an answer; its error is thrown. */
function sessionOf(answer: SessionAnswer): Session {
  return dataOf<SessionAnswer['data']>(answer).session as Session;
}
