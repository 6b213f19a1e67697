import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  newEmail,
  newName,
  openClient,
  openDatabase,
  type Person,
  password,
  raw,
  signInAgain,
  signUp,
} from './asking.ts';

const sql = openDatabase();
let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

describe('signing in with a password', () => {
  test('accepts the address in any case, and gives a session for an hour', async () => {
    const { data, error } = await openClient().auth.signInWithPassword({
      email: ann.email.toUpperCase(),
      password,
    });
    expect(error).toBeNull();
    expect(data.session).toMatchObject({ expires_in: 3600, token_type: 'bearer' });
    expect(data.user).toMatchObject({ id: ann.id, last_sign_in_at: expect.any(String) });
  });

  test('gives the same answer for a wrong password and an unknown address', async () => {
    for (const email of [ann.email, newEmail()]) {
      const { error } = await openClient().auth.signInWithPassword({ email, password: 'not that one' });
      expect(error).toMatchObject({
        status: 400,
        code: 'invalid_credentials',
        message: 'Invalid login credentials',
      });
    }
  });

  test('refuses a banned user', async () => {
    const { id, email } = await signUp();
    await sql`update auth.users set banned_until = now() + interval '1 day' where id = ${id}`;
    const { error } = await openClient().auth.signInWithPassword({ email, password });
    expect(error).toMatchObject({ status: 400, code: 'user_banned' });
  });

  /** Writes a user as the seeds of Supabase's examples do, and signs in. */
  async function writeAndSignIn(columns: Record<string, string | null> = {}) {
    const email = newEmail();
    const user = {
      instance_id: '00000000-0000-0000-0000-000000000000',
      id: randomUUID(),
      aud: 'authenticated',
      role: 'authenticated',
      email,
      confirmation_token: '',
      recovery_token: '',
      email_change: '',
      email_change_token_new: '',
      raw_app_meta_data: sql.json({ provider: 'email', providers: ['email'] }),
      raw_user_meta_data: sql.json({ handle: newName() }),
      ...columns,
    };
    await sql`insert into auth.users ${sql(user)}`;
    await sql`
      update auth.users set
        encrypted_password = extensions.crypt('written in SQL', extensions.gen_salt('bf')),
        email_confirmed_at = now(), created_at = now(), updated_at = now()
      where id = ${user.id}
    `;
    return openClient().auth.signInWithPassword({ email, password: 'written in SQL' });
  }

  test('accepts a user written by SQL with a hash of pgcrypto', async () => {
    const { data, error } = await writeAndSignIn();
    expect(error).toBeNull();
    expect(data.session?.user).toMatchObject({
      aud: 'authenticated',
      email_confirmed_at: expect.any(String),
    });
  });

  // `FindUserByEmailAndAudience` and `User` in internal/models/user.go of supabase/auth: texts cannot be null.
  test('does not find a user written by SQL without an instance_id', async () => {
    const { error } = await writeAndSignIn({ instance_id: null });
    expect(error).toMatchObject({ status: 400, code: 'invalid_credentials' });
  });

  test.each(['confirmation_token', 'email_change'])(
    'fails for a user written by SQL with a null %s',
    async (column) => {
      const { error } = await writeAndSignIn({ [column]: null });
      expect(error).toMatchObject({ status: 500, message: 'Database error querying schema' });
    },
  );

  // `last_sign_in_at` is written at each sign-in, by a statement of its own: `UpdateLastSignInAt` in internal/models/user.go
  // of supabase/auth.
  test('fires triggers of the project on last_sign_in_at at each sign-in', async () => {
    const name = newName('sign_ins');
    await sql.unsafe(`
      create table public.${name} (user_id uuid, role text);
      create function public.${name}() returns trigger language plpgsql security definer set search_path = '' as $$
      begin
        insert into public.${name} values (new.id, current_user);
        return null;
      end $$;
      create trigger ${name} after update of last_sign_in_at on auth.users
        for each row when (old.last_sign_in_at is distinct from new.last_sign_in_at) execute function public.${name}();
    `);
    try {
      const { id, email, client } = await signUp();
      await client.auth.updateUser({ data: { a: 1 } });
      await client.auth.refreshSession();
      await openClient().auth.signInWithPassword({ email, password: 'not that one' });
      const count = async () =>
        (await sql.unsafe(`select from public.${name} where user_id = '${id}'`)).length;
      expect(await count()).toBe(1);
      await signInAgain({ email });
      await signInAgain({ email });
      expect(await count()).toBe(3);
    } finally {
      await sql.unsafe(
        `drop trigger ${name} on auth.users; drop function public.${name}(); drop table public.${name}`,
      );
    }
  });

  test.each([
    ['no grant type', '', {}],
    ['a grant type that there is not', '?grant_type=magic', {}],
  ])('refuses a token request with %s', async (_name, query, body) => {
    const response = await raw(`/auth/v1/token${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
  });
});

describe('a client of Auth', () => {
  test('tells its listeners of sign-in, change, refresh and sign-out', async () => {
    const { email } = await signUp();
    const client = openClient();
    const events: string[] = [];
    const { data } = client.auth.onAuthStateChange((event) => {
      events.push(event);
    });
    await client.auth.signInWithPassword({ email, password });
    await client.auth.updateUser({ data: { team: 'red' } });
    await client.auth.refreshSession();
    await client.auth.signOut();
    data.subscription.unsubscribe();
    expect(events).toEqual(
      expect.arrayContaining(['SIGNED_IN', 'USER_UPDATED', 'TOKEN_REFRESHED', 'SIGNED_OUT']),
    );
  });

  test('continues with a given session', async () => {
    const client = openClient();
    const { data, error } = await client.auth.setSession(ann.session);
    expect(error).toBeNull();
    expect(data.user?.id).toBe(ann.id);
    expect((await client.auth.getUser()).data.user?.id).toBe(ann.id);
  });

  test('lists the identities of its user', async () => {
    const { data, error } = await ann.client.auth.getUserIdentities();
    expect(error).toBeNull();
    expect(data?.identities).toEqual([
      expect.objectContaining({
        provider: 'email',
        user_id: ann.id,
        identity_data: expect.objectContaining({ email: ann.email, sub: ann.id }),
      }),
    ]);
  });
});
