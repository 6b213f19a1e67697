import { describe, expect, test } from 'vitest';
import { newEmail, password, serve, wideLimits } from './serving.ts';

const stack = serve(
  `
[auth.hook.before_user_created]
enabled = true
uri = "pg-functions://postgres/public/judge_user"

[auth.hook.custom_access_token]
enabled = true
uri = "pg-functions://postgres/public/add_claims"

[auth.hook.password_verification_attempt]
enabled = true
uri = "pg-functions://postgres/public/judge_attempt"
${wideLimits}`,
  {
    'migrations/20260102000000_hooks.sql': `
create function public.judge_user(event jsonb) returns jsonb language sql as $$
  select case
    when event #>> '{user,user_metadata,wish}' = 'no account'
      then '{"error": {"http_code": 422, "message": "no account for you"}}'
    else '{}'
  end::jsonb
$$;

create function public.add_claims(event jsonb) returns jsonb language plpgsql as $$
declare
  v_wish text := event #>> '{claims,user_metadata,wish}';
begin
  if v_wish = 'refused' then
    return jsonb_build_object('error', jsonb_build_object('http_code', 418, 'message', 'no token for you'));
  elsif v_wish = 'broken' then
    return jsonb_set(event, '{claims}', (event -> 'claims') - 'role');
  elsif v_wish = 'slow' then
    perform pg_sleep(30);
  end if;
  return jsonb_set(event, '{claims,added}', jsonb_build_object(
    'user', event -> 'user_id', 'method', event -> 'authentication_method'
  ));
end
$$;

create table public.attempts (user_id uuid, valid boolean);
alter table public.attempts enable row level security;
create policy auth_all on public.attempts for all to supabase_auth_admin using (true) with check (true);
grant select, insert on public.attempts to supabase_auth_admin;
create function public.judge_attempt(event jsonb) returns jsonb language plpgsql as $$
begin
  insert into public.attempts values ((event ->> 'user_id')::uuid, (event ->> 'valid')::boolean);
  if (select count(*) from public.attempts where user_id = (event ->> 'user_id')::uuid and not valid) >= 2 then
    return '{"decision": "reject", "message": "too many tries", "should_logout_user": true}';
  end if;
  return '{"decision": "continue"}';
end
$$;

create function public.refuse_some() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.email like 'refused-%' then
    raise exception 'not this one' using hint = 'take another';
  elsif new.email like 'chosen-%' then
    raise exception 'not now' using errcode = 'PT409';
  end if;
  return new;
end
$$;
create trigger refuse_some before insert on auth.users for each row execute function public.refuse_some();
`,
  },
);

const signUp = (data: object = {}) =>
  stack.client().auth.signUp({ email: newEmail(), password, options: { data } });

describe('the hook for new users', () => {
  const refusal = { status: 422, message: 'no account for you' };
  const data = { wish: 'no account' };

  test('refuses an account, of which nothing is kept', async () => {
    const email = newEmail();
    const { error } = await stack.client().auth.signUp({ email, password, options: { data } });
    expect(error).toMatchObject(refusal);
    expect(await stack.database`select id from auth.users where email = ${email}`).toHaveLength(0);
  });

  test('is asked about a sign-up by mail too', async () => {
    const { error } = await stack.client().auth.signInWithOtp({ email: newEmail(), options: { data } });
    expect(error).toMatchObject(refusal);
  });
});

describe('the hook for access tokens', () => {
  test('adds claims to the first token and to refreshed ones', async () => {
    const client = stack.client();
    const { data } = await client.auth.signUp({ email: newEmail(), password });
    const user = data.user?.id;
    const claims = async () => (await client.auth.getClaims()).data?.claims;
    expect(await claims()).toMatchObject({ sub: user, added: { user, method: 'password' } });
    await client.auth.refreshSession();
    expect(await claims()).toMatchObject({ sub: user, added: { user, method: 'token_refresh' } });
  });

  test('refuses with the status and message of the project', async () => {
    const { error } = await signUp({ wish: 'refused' });
    expect(error).toMatchObject({ status: 418, message: 'no token for you' });
  });

  test('may not remove required claims', async () => {
    const { error } = await signUp({ wish: 'broken' });
    expect(error).toMatchObject({ status: 500, message: expect.stringContaining('role is required') });
  });

  test('is given two seconds', async () => {
    const { error } = await signUp({ wish: 'slow' });
    expect(error).toMatchObject({
      status: 500,
      message: 'Error running hook URI: pg-functions://postgres/public/add_claims',
    });
  });
});

describe('the hook for passwords', () => {
  test('is told of right and wrong passwords, and can lock a user out', async () => {
    const email = newEmail();
    const { data } = await stack.client().auth.signUp({ email, password });
    const id = data.user?.id ?? '';
    const signIn = (secret: string) => stack.client().auth.signInWithPassword({ email, password: secret });
    expect((await signIn(password)).error).toBeNull();
    expect((await signIn('wrong')).error?.message).toBe('Invalid login credentials');
    expect((await signIn('wrong')).error).toMatchObject({
      code: 'invalid_credentials',
      message: 'too many tries',
    });
    expect((await signIn(password)).error).toMatchObject({ status: 400, message: 'too many tries' });
    const tried = await stack.database`select valid from public.attempts where user_id = ${id}`;
    expect(tried.map(({ valid }) => valid)).toEqual([true, false, false, true]);
    expect(await stack.database`select id from auth.sessions where user_id = ${id}`).toHaveLength(0);
  });
});

describe('an error of Auth', () => {
  const post = (email: string, headers: Record<string, string> = {}) =>
    stack.send('POST', '/signup', JSON.stringify({ email, password }), headers);

  test('has the form of the API version that the client asks for', async () => {
    const first = await post('nonsense');
    expect([first.status, first.body]).toEqual([
      400,
      {
        code: 400,
        error_code: 'validation_failed',
        msg: 'Unable to validate email address: invalid format',
      },
    ]);
    const second = await post('nonsense', { 'x-supabase-api-version': '2024-01-01' });
    expect([second.status, second.body]).toEqual([
      400,
      { code: 'validation_failed', message: 'Unable to validate email address: invalid format' },
    ]);
    expect(second.headers.get('x-supabase-api-version')).toBe('2024-01-01');
    expect(second.headers.get('access-control-expose-headers')).toContain('x-supabase-api-version');
  });

  test('has the code and message that a trigger of the project raised', async () => {
    const { error } = await stack.client().auth.signUp({ email: `refused-${newEmail()}`, password });
    expect(error).toMatchObject({ status: 500, message: 'Database error saving new user' });
    const plain = await post(`refused-${newEmail()}`);
    expect([plain.status, plain.body]).toEqual([
      500,
      { code: 'P0001', message: 'not this one', hint: 'take another' },
    ]);
    expect((await post(`chosen-${newEmail()}`)).status).toBe(409);
  });
});
