import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readProject } from '../src/project.ts';
import { type Stack, startStack } from '../src/stack.ts';
import { until } from './running.ts';

// `alter role authenticator set pgrst.…`: docs.postgrest.org, references/configuration, "In-Database Configuration".

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'stack-settings-'));
let stack: Stack;
let sql: Sql;

beforeAll(async () => {
  fs.mkdirSync(path.join(root, 'supabase/migrations'), { recursive: true });
  fs.writeFileSync(path.join(root, 'supabase/config.toml'), '[api]\nschemas = ["public"]\n');
  fs.writeFileSync(
    path.join(root, 'supabase/migrations/20260101000000_shop.sql'),
    `create table public.shops (id int primary key, name text, town text);
    create table public.sales (id int primary key, shop_id int references shops, amount int, paid boolean);
    insert into shops values (1, 'north', 'Ulm'), (2, 'south', 'Ulm'), (3, 'empty', 'Bonn');
    insert into sales values (1, 1, 10, true), (2, 1, 5, false), (3, 2, 20, true);
    create table public.receipts (id int primary key, sale_id int references sales);
    insert into receipts values (1, 1), (2, 2), (3, 3), (4, 3);
    create schema hidden;
    create table hidden.secrets (id int primary key);
    insert into hidden.secrets values (7);
    grant usage on schema hidden to anon;
    grant select on hidden.secrets to anon;
    create function hidden.before() returns void language plpgsql as $$
      declare headers json := current_setting('request.headers', true)::json;
      begin
        if headers ->> 'x-refuse' is not null then
          raise sqlstate 'PT418' using message = current_setting('request.method') || current_setting('request.path'), hint = current_user;
        end if;
        perform set_config('response.headers', '[{"x-before": "yes"}]', true);
      end $$;
    grant execute on function hidden.before() to anon, service_role;
    alter role authenticator set pgrst.db_pre_request = 'hidden.before';`,
  );
  stack = await startStack({ project: readProject(root) });
  sql = postgres(stack.run.databaseUrl, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
  fs.rmSync(root, { recursive: true, force: true });
});

/** Sets or resets settings, and waits until the Data API knows them. */
async function set(settings: Record<string, string | null>, known: () => Promise<boolean>): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    if (value === null) await sql.unsafe(`alter role authenticator reset pgrst.${name}`);
    else await sql.unsafe(`alter role authenticator set pgrst.${name} = '${value}'`);
  }
  await sql`notify pgrst, 'reload config'`;
  await until(known, 'the Data API knows its settings');
}

function ask(pathname: string, headers: Record<string, string> = {}, init: RequestInit = {}) {
  return fetch(`${stack.run.url}/rest/v1/${pathname}`, {
    ...init,
    headers: { apikey: stack.keys.publishableKey, 'content-type': 'application/json', ...headers },
  });
}

describe('db_pre_request', () => {
  test('is called in the transaction of each request, as its role, and may set headers of the answer', async () => {
    const answer = await ask('shops?id=eq.1');
    expect([answer.status, answer.headers.get('x-before')]).toEqual([200, 'yes']);
    const root = await ask('', { apikey: stack.keys.secretKey, 'x-refuse': '1' });
    expect(root.status).toBe(418);
  });

  test('refuses a request with what it raises, before its statement', async () => {
    const answer = await ask('shops', { 'x-refuse': '1' }, { method: 'POST', body: '{"id":9}' });
    expect(answer.status).toBe(418);
    expect(await answer.json()).toMatchObject({ message: 'POST/shops', hint: 'anon' });
    expect(await sql`select from shops where id = 9`).toHaveLength(0);
  });
});

describe('db_aggregates_enabled', () => {
  const off = 'sales?select=amount.sum()';

  test('is off unless it is set', async () => {
    expect(await (await ask(off)).json()).toMatchObject({ code: 'PGRST123' });
  });

  describe('set', () => {
    beforeAll(() => set({ db_aggregates_enabled: 'true' }, async () => (await ask(off)).ok));

    test.each<[string, unknown[]]>([
      ['sales?select=amount.sum(),count()', [{ sum: 35, count: 3 }]],
      [
        'sales?select=paid,total:amount.sum()::text&order=paid',
        [
          { paid: false, total: '5' },
          { paid: true, total: '30' },
        ],
      ],
      [
        'shops?select=name,sales(amount.max())&order=name',
        [
          { name: 'empty', sales: [{ max: null }] },
          { name: 'north', sales: [{ max: 10 }] },
          { name: 'south', sales: [{ max: 20 }] },
        ],
      ],
      [
        'sales?select=amount.sum(),shops(name)&paid=is.true',
        [
          { sum: 10, shops: { name: 'north' } },
          { sum: 20, shops: { name: 'south' } },
        ],
      ],
      [
        'sales?select=amount.sum(),...shops(name,town)&paid=is.true',
        [
          { sum: 10, name: 'north', town: 'Ulm' },
          { sum: 20, name: 'south', town: 'Ulm' },
        ],
      ],
      [
        'sales?select=paid,...shops(count(),ids:id.sum())&order=paid',
        [
          { paid: false, count: 1, ids: 1 },
          { paid: true, count: 2, ids: 3 },
        ],
      ],
      [
        'receipts?select=...sales(paid,amount.sum(),...shops(ids:id.sum(),name))',
        [
          { paid: true, sum: 10, ids: 1, name: 'north' },
          { paid: false, sum: 5, ids: 1, name: 'north' },
          { paid: true, sum: 40, ids: 4, name: 'south' },
        ],
      ],
      ['shops?select=*,id.count()&id=eq.3', [{ id: 3, name: 'empty', town: 'Bonn', count: 1 }]],
    ])('groups the rows of %s', async (path, rows) => {
      const answer = await ask(path);
      const answered = (await answer.json()) as unknown[];
      // Groups have no order of their own.
      expect(answered).toHaveLength(rows.length);
      expect(answered).toEqual(expect.arrayContaining(rows));
    });

    test('refuses an aggregate of a one-to-many spread', async () => {
      for (const sales of ['sales(amount.sum())', 'sales(paid,...shops(id.sum()))'])
        expect(await (await ask(`shops?select=name,...${sales}`)).json()).toMatchObject({ code: 'PGRST127' });
    });
  });
});

describe('db_plan_enabled', () => {
  const wanted = 'application/vnd.pgrst.plan+json; for="application/json"; options=verbose|analyze;';
  const plan = () => ask('shops?id=eq.1', { accept: wanted });

  test('is off unless it is set', async () => {
    const answer = await plan();
    expect([answer.status, (await answer.json()).code]).toEqual([406, 'PGRST107']);
  });

  test('set, answers with the plan of a read or of a write that is not executed', async () => {
    await set({ db_plan_enabled: 'true' }, async () => (await plan()).ok);
    const answer = await plan();
    expect(answer.headers.get('content-type')).toBe(
      'application/vnd.pgrst.plan+json; for="application/json"; options=analyze|verbose; charset=utf-8',
    );
    expect((await answer.json())[0].Plan).toMatchObject({ 'Actual Loops': 1 });
    const write = await ask(
      'shops',
      { accept: 'application/vnd.pgrst.plan' },
      { method: 'POST', body: '{"id":9}' },
    );
    expect(await write.text()).toMatch(/Insert on shops/);
    expect(await sql`select from shops where id = 9`).toHaveLength(0);
  });
});

test('db_max_rows and db_schemas come before config.toml, and a reset gives those back', async () => {
  const rows = async () => ((await (await ask('shops')).json()) as unknown[]).length;
  const secret = () => ask('secrets', { 'accept-profile': 'hidden' });
  expect([await rows(), (await secret()).status]).toEqual([3, 406]);
  await set({ db_max_rows: '2', db_schemas: 'public, hidden' }, async () => (await secret()).ok);
  expect(await rows()).toBe(2);
  expect(await (await secret()).json()).toEqual([{ id: 7 }]);
  await set({ db_max_rows: null, db_schemas: null }, async () => (await secret()).status === 406);
  expect(await rows()).toBe(3);
});

test('db_extra_search_path is where functions find names', async () => {
  await sql`create function public.path() returns text language sql stable as $$ select current_setting('search_path') $$`;
  const found = async () => (await ask('rpc/path', {}, { method: 'POST' })).json();
  await set(
    { db_extra_search_path: 'hidden, extensions' },
    async () => (await found()) === '"public", "hidden", "extensions"',
  );
});

test('db_tx_end decides how transactions end, and whether clients may choose', async () => {
  const insert = (tx: string) =>
    ask('shops', { prefer: `tx=${tx}, return=representation` }, { method: 'POST', body: '{"id":20}' });
  const kept = async () => (await sql`delete from shops where id = 20`).count;
  expect((await insert('rollback')).headers.get('preference-applied')).toBe('return=representation');
  expect(await kept()).toBe(1);
  const override = async () =>
    /tx=rollback/.test((await insert('rollback')).headers.get('preference-applied') ?? '');
  await set({ db_tx_end: 'commit-allow-override' }, async () => {
    await kept();
    return override();
  });
  expect(await (await insert('rollback')).json()).toEqual([{ id: 20, name: null, town: null }]);
  expect(await kept()).toBe(0);
  expect((await insert('commit')).status).toBe(201);
  expect(await kept()).toBe(1);
});
