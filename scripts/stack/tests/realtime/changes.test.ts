import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {
  createClient,
  type RealtimePostgresChangesPayload,
  type SupabaseClient,
} from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadKeys } from '../../src/keys.ts';
import { databaseUrl } from '../../src/postgres/bootstrap.ts';
import { addressesOf, copyProject, removeProjects, run } from '../running.ts';

const migration = `
  create table public.letters (
    id bigint primary key, owner uuid, text text, size bigint, bytes bytea, secret text, many int[]
  );
  alter table public.letters enable row level security;
  create policy own on public.letters for select to authenticated using (owner = (select auth.uid()));
  revoke select on public.letters from anon, authenticated;
  grant select (id, owner, text, size, bytes, many) on public.letters to authenticated;
  create table public.fragile (id int primary key);
  alter table public.fragile enable row level security;
  create policy raises on public.fragile for select to authenticated
    using (1 / (case when auth.jwt() ->> 'email' like 'fails%' then 0 else 1 end) = 1);
  create table public.open (id int primary key, old text);
  alter table public.open replica identity full;
  create table public.keyless (id int);
  alter publication supabase_realtime add table public.letters, public.fragile, public.open, public.keyless;
  create table public.unpublished (id int primary key);
`;

type Payload = RealtimePostgresChangesPayload<Record<string, unknown>>;

let project: string;
let status: ReturnType<typeof addressesOf>;
let sql: Sql;
const clients: SupabaseClient[] = [];

beforeAll(async () => {
  project = copyProject();
  fs.writeFileSync(path.join(project, 'supabase/migrations/20260301000000_letters.sql'), migration);
  await run(project, 'start', '--port', '0').ready;
  status = addressesOf(project);
  sql = postgres(status.databaseUrl, { max: 1 });
});

afterAll(async () => {
  for (const client of clients) await client.removeAllChannels();
  await sql.end();
  await removeProjects([project]);
});

function newClient(): SupabaseClient {
  const auth = { persistSession: false, autoRefreshToken: false };
  const client = createClient(status.url, status.publishableKey, { auth });
  clients.push(client);
  return client;
}

async function signUp(name = ''): Promise<{ client: SupabaseClient; id: string }> {
  const client = newClient();
  const { data } = await client.auth.signUp({
    email: `${name}${randomUUID()}@example.com`,
    password: 'a long password',
  });
  return { client, id: data.user?.id ?? '' };
}

/** Subscribes to changes of a table, and returns those that come; rejects with what the system says. */
async function listen(
  client: SupabaseClient,
  table: string,
  more: { filter?: string; select?: string[] } = {},
) {
  const heard: Payload[] = [];
  const channel = client.channel(randomUUID());
  const wanted = { event: '*', schema: 'public', table, ...more } as const;
  await new Promise<void>((resolve, reject) => {
    channel.on('system', {}, ({ status, message }) =>
      status === 'ok' ? resolve() : reject(new Error(message)),
    );
    channel.on('postgres_changes', wanted, (payload: Payload) => heard.push(payload)).subscribe();
  });
  return heard;
}

it('shows a row to the subscribers whom its policies show it, with all digits and bytes', async () => {
  const [ann, bob, nobody] = [await signUp(), await signUp(), newClient()];
  const own = await listen(ann.client, 'letters');
  const others = [await listen(bob.client, 'letters'), await listen(nobody, 'open')];
  await sql`insert into public.letters values (1, ${ann.id}, 'hello', 9007199254740993, '\\xdead', 'hush', '{1,2}')`;
  await sql`insert into public.open values (1, 'x')`;
  await expect.poll(() => own.length).toBe(1);
  expect(own[0]).toMatchObject({
    eventType: 'INSERT',
    schema: 'public',
    table: 'letters',
    new: { id: 1, owner: ann.id, text: 'hello', bytes: 'dead', many: [1, 2] },
    errors: null,
  });
  // The column without the right to select it is not there.
  expect(own[0]?.new).not.toHaveProperty('secret');
  await expect.poll(() => others[1]?.length).toBe(1);
  expect(others[0]).toEqual([]);
});

it('shows of an update the key of the old row, or all of it, and of a deletion the key where rows are secured', async () => {
  const ann = await signUp();
  const [letters, open] = [await listen(ann.client, 'letters'), await listen(ann.client, 'open')];
  await sql`insert into public.letters values (2, ${ann.id}, 'a')`;
  await sql`update public.letters set text = 'b' where id = 2`;
  await expect.poll(() => letters.length).toBe(2);
  await sql`delete from public.letters where id = 2`;
  await sql`insert into public.open values (2, 'a')`;
  await sql`update public.open set old = 'b' where id = 2`;
  await sql`delete from public.open where id = 2`;
  await expect.poll(() => [letters.length, open.length]).toEqual([3, 3]);
  expect(letters.slice(1).map((change) => change.old)).toEqual([{ id: 2 }, { id: 2 }]);
  expect(letters[1]?.new).toMatchObject({ text: 'b' });
  expect(open.slice(1).map((change) => change.old)).toEqual([
    { id: 2, old: 'a' },
    { id: 2, old: 'b' },
  ]);
});

it('passes on the rows that all filters let through, with the wanted columns', async () => {
  const { client, id } = await signUp();
  const filter = 'size=gte.10,text=in.(a,"b,c"),secret=eq.x';
  await expect(listen(client, 'letters', { filter })).rejects.toThrow('invalid column for filter secret');
  const heard = await listen(client, 'letters', {
    filter: 'size=gte.10,text=in.(a,"b,c")',
    select: ['size'],
  });
  const rows: [number, string, number | null][] = [
    [11, 'a', 9],
    [12, 'x', 10],
    [13, 'a', null],
    [14, 'b,c', 100],
  ];
  for (const [key, text, size] of rows)
    await sql`insert into public.letters values (${key}, ${id}, ${text}, ${size})`;
  await expect.poll(() => heard.map((change) => change.new)).toEqual([{ id: 14, size: 100 }]);
});

it('refuses what can never come: a table that is not published, a filter that is none', async () => {
  const client = newClient();
  await expect(listen(client, 'unpublished')).rejects.toThrow('Please check Realtime is enabled');
  await expect(listen(client, 'open', { filter: 'id=eq.x' })).rejects.toThrow(
    'invalid input syntax for type integer',
  );
  await expect(listen(client, 'open', { filter: 'old=match.(' })).rejects.toThrow(
    'invalid regular expression',
  );
  const keyless = await listen(client, 'keyless');
  await sql`insert into public.keyless values (1)`;
  await expect
    .poll(() => keyless)
    .toMatchObject([{ errors: ['Error 400: Bad Request, no primary key'], new: {} }]);
});

it('hides a row only from the caller for whom its policy fails', async () => {
  const [ann, bob] = [await signUp(), await signUp('fails-')];
  const [seen, hidden] = [await listen(ann.client, 'fragile'), await listen(bob.client, 'fragile')];
  await sql`insert into public.fragile values (1)`;
  await expect.poll(() => seen.map((change) => change.new)).toEqual([{ id: 1 }]);
  expect(hidden).toEqual([]);
});

it('goes by the newest token of a channel', async () => {
  const [ann, bob] = [await signUp(), await signUp()];
  const heard = await listen(ann.client, 'letters');
  const { data } = await bob.client.auth.getSession();
  // Before it says so, the service may still go by the old token.
  const renewed = new Promise((resolve) => ann.client.getChannels()[0]?.on('system', {}, resolve));
  await ann.client.realtime.setAuth(data.session?.access_token ?? '');
  await renewed;
  const marker = await listen(bob.client, 'letters');
  await sql`insert into public.letters values (21, ${ann.id}, 'of ann')`;
  await sql`insert into public.letters values (22, ${bob.id}, 'of bob')`;
  await expect.poll(() => marker.length).toBe(1);
  await expect.poll(() => heard.map((change) => change.new)).toMatchObject([{ id: 22 }]);
});

it('tells of a row when others can see it, and not when the log tells of its commit', async () => {
  const { client, id } = await signUp();
  const heard: unknown[] = [];
  await new Promise((resolve) =>
    client
      .channel('news')
      .on('broadcast', { event: 'written' }, ({ payload }) => heard.push(payload))
      .subscribe(resolve),
  );
  const rows = await listen(client, 'letters');
  const port = Number(new URL(status.databaseUrl).port);
  const admin = postgres(databaseUrl(await loadKeys(path.join(project, '.stack')), port, 'supabase_admin'));
  const writer = postgres(status.databaseUrl, { max: 1 });
  try {
    // A commit that waits for a standby is in the log, and its rows are visible to nobody.
    await admin`alter system set synchronous_standby_names = 'nobody'`;
    await admin`select pg_reload_conf()`;
    const [{ pid } = {}] = await writer`select pg_backend_pid() as pid`;
    const written = writer.begin((transaction) => [
      transaction`insert into public.letters values (31, ${id})`,
      transaction`select realtime.send('{"id": 31}', 'written', 'news', false)`,
    ]);
    const waits = () => admin`select from pg_stat_activity where pid = ${pid} and wait_event = 'SyncRep'`;
    await expect.poll(waits).toHaveLength(1);
    const behind = () =>
      admin`select from pg_stat_replication where application_name = 'realtime' and sent_lsn < pg_current_wal_flush_lsn()`;
    await expect.poll(behind).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([...rows, ...heard]).toEqual([]);
    await admin`alter system reset synchronous_standby_names`;
    await admin`select pg_reload_conf()`;
    await written;
    await expect.poll(() => rows.map((change) => change.new)).toMatchObject([{ id: 31 }]);
    await expect.poll(() => heard).toMatchObject([{ id: 31 }]);
  } finally {
    await admin`alter system reset synchronous_standby_names`;
    await admin`select pg_reload_conf()`;
    await Promise.all([writer.end(), admin.end()]);
  }
});
