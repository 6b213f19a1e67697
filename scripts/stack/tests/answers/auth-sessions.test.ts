import { describe, expect, test } from 'vitest';
import { openClient, openDatabase, raw, signInAgain, signUp } from './asking.ts';

const sql = openDatabase();

const refresh = (token: string | undefined) =>
  openClient().auth.refreshSession({ refresh_token: token ?? '' });

describe('refreshing a session', () => {
  test('gives a new refresh token to the same user', async () => {
    const { client, id, session } = await signUp();
    const { data, error } = await client.auth.refreshSession();
    expect(error).toBeNull();
    expect(data.user?.id).toBe(id);
    expect(data.session?.refresh_token).not.toBe(session.refresh_token);
    expect(data.session?.access_token).not.toBe(session.access_token);
  });

  test('gives the current token to clients that repeat the previous one at once', async () => {
    const { session } = await signUp();
    const first = await refresh(session.refresh_token);
    const again = await Promise.all([1, 2, 3, 4].map(() => refresh(session.refresh_token)));
    const answers = [first, ...again];
    expect(answers.map(({ error }) => error)).toEqual(answers.map(() => null));
    expect(new Set(answers.map(({ data }) => data.session?.refresh_token)).size).toBe(1);
  });

  // Until the reuse interval is over: `RevokeTokenFamily` in internal/models/refresh_token.go of supabase/auth.
  test('refuses a token that was used long ago, and soon the newest token too', async () => {
    const { session, id } = await signUp();
    const second = await refresh(session.refresh_token);
    const third = await refresh(second.data.session?.refresh_token);
    expect(third.error).toBeNull();
    const age = () => sql`
      update auth.refresh_tokens
      set created_at = created_at - interval '1 hour', updated_at = updated_at - interval '1 hour'
      where user_id = ${id}
    `;
    const used = { status: 400, code: 'refresh_token_already_used' };
    await age();
    expect((await refresh(session.refresh_token)).error).toMatchObject(used);
    const fourth = await refresh(third.data.session?.refresh_token);
    expect(fourth.error).toBeNull();
    await age();
    expect((await refresh(second.data.session?.refresh_token)).error).toMatchObject(used);
    await age();
    expect((await refresh(fourth.data.session?.refresh_token)).error).toMatchObject(used);
  });

  test('refuses an unknown refresh token', async () => {
    const { error } = await refresh('abcdefghijkl');
    expect(error).toMatchObject({
      status: 400,
      code: 'refresh_token_not_found',
      message: expect.stringContaining('Invalid Refresh Token: Refresh Token Not Found'),
    });
  });
});

describe('signing out', () => {
  test('ends the current session and no other', async () => {
    const person = await signUp();
    const other = await signInAgain(person);
    const { error } = await person.client.auth.signOut({ scope: 'local' });
    expect(error).toBeNull();

    const ended = await openClient().auth.getUser(person.token);
    expect(ended.error?.name).toBe('AuthSessionMissingError');
    const response = await raw('/auth/v1/user', { token: person.token });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error_code: 'session_not_found' });
    expect((await refresh(person.session.refresh_token)).error?.code).toBe('refresh_token_not_found');
    expect((await other.client.auth.getUser()).error).toBeNull();
  });

  test('answers a sign-out with 204', async () => {
    const { token } = await signUp();
    const response = await raw('/auth/v1/logout?scope=local', { method: 'POST', token });
    expect(response.status).toBe(204);
  });

  test('ends all sessions but the current one', async () => {
    const person = await signUp();
    const other = await signInAgain(person);
    expect((await person.client.auth.signOut({ scope: 'others' })).error).toBeNull();
    expect((await person.client.auth.refreshSession()).error).toBeNull();
    expect((await other.client.auth.refreshSession()).error?.code).toBe('refresh_token_not_found');
  });

  test('ends all sessions of the user', async () => {
    const person = await signUp();
    const other = await signInAgain(person);
    expect((await person.client.auth.signOut()).error).toBeNull();
    expect((await refresh(other.session.refresh_token)).error?.code).toBe('refresh_token_not_found');
    expect((await refresh(person.session.refresh_token)).error?.code).toBe('refresh_token_not_found');
  });

  // The Data API does not ask Auth: a token is valid until it expires.
  test('leaves the access token valid for the Data API', async () => {
    const { client, token } = await signUp();
    await client.auth.signOut({ scope: 'local' });
    const response = await raw('/rest/v1/articles?select=id&limit=1', { token });
    expect(response.status).toBe(200);
  });
});
