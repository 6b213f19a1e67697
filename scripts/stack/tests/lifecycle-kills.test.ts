import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import postgres from 'postgres';
import { describe, expect, it, vi } from 'vitest';
import { familyOf, type Process, survivors } from './processes.ts';
import { addressesOf, projectsOfEachTest, run, until } from './running.ts';

// Each test starts a stack many times.
vi.setConfig({ testTimeout: 400_000 });

const anyPort = ['--port', '0'];
const password = 'a long password';

/** The moments of the kills follow from this seed. Try another: KILL_SEED=7 npx vitest run --project stack lifecycle-kills */
const seed = Number(process.env.KILL_SEED ?? 1);
const random = randomFrom(seed);
const upTo = (most: number) => Math.floor(random() * most);

const newProject = projectsOfEachTest();

/** Expects that all processes of a killed stack end within seconds. */
async function expectNobodyLeft(family: Process[]): Promise<void> {
  const names = () =>
    survivors(family)
      .map(({ command }) => command)
      .join('\n');
  await until(() => survivors(family).length === 0, `all have ended (seed ${seed}):\n${names()}`);
}

describe('a stack that is killed', () => {
  it('during its first start starts again and applies every migration once', async () => {
    const project = newProject();
    const folder = path.join(project, 'supabase');
    // Slow enough to be interrupted.
    const migration = (table: string) =>
      `create table public.${table} (id int); insert into public.${table} values (1); select pg_sleep(0.2); insert into public.${table} values (2);`;
    fs.writeFileSync(path.join(folder, 'migrations/20260102000000_first.sql'), migration('first'));
    fs.writeFileSync(path.join(folder, 'migrations/20260103000000_second.sql'), migration('second'));
    fs.writeFileSync(path.join(folder, 'seed.sql'), 'insert into public.first values (3);');

    const moments = ['Starting the database', 'Applying migrations', 'Starting the services'];
    for (const moment of [...moments, ...moments]) {
      const start = run(project, 'start', ...anyPort);
      await until(() => start.output().includes(moment), moment);
      await delay(upTo(400));
      const family = familyOf(start.child.pid ?? 0);
      start.child.kill('SIGKILL');
      await expectNobodyLeft(family);
    }

    await run(project, 'start', ...anyPort).ready;
    const { databaseUrl } = addressesOf(project);
    const sql = postgres(databaseUrl, { max: 1 });
    try {
      const ids = async (table: string) =>
        (await sql`select id from ${sql(table)} order by id`).map(({ id }) => id);
      expect({ first: await ids('first'), second: await ids('second') }).toEqual({
        first: [1, 2, 3],
        second: [1, 2],
      });
    } finally {
      await sql.end();
    }
  });

  it('under load or while it stops keeps every write that it acknowledged', async () => {
    const project = newProject();
    const limits = '\n[auth.rate_limit]\nsign_in_sign_ups = 1_000_000\n';
    fs.appendFileSync(path.join(project, 'supabase/config.toml'), limits);
    const written: Written = { notes: [], accounts: [], files: [] };
    const victims = ['stack', 'postgres', 'stopping', 'stack', 'postgres', 'stopping'] as const;
    for (const [round, victim] of victims.entries()) {
      const start = run(project, 'start', ...anyPort);
      await start.ready;
      const status = addressesOf(project);
      const admin = asServer(status.url, status.secretKey);
      if (round === 0) expect((await admin.storage.createBucket('files')).error).toBeNull();
      await expectAll(status, written);

      const family = familyOf(start.child.pid ?? 0);
      const load = startLoad(status, written, round);
      const before = countsOf(written);
      const isWritten = () => countsOf(written).every((count, kind) => count > (before[kind] ?? 0) + 1);
      await until(isWritten, 'two of each kind are written');
      await delay(upTo(1_000));
      if (victim === 'postgres') process.kill(serverOf(family), 'SIGKILL');
      if (victim === 'stopping') {
        start.child.kill('SIGTERM');
        await delay(upTo(300));
      }
      if (victim !== 'postgres') start.child.kill('SIGKILL');
      if (victim === 'postgres') {
        await load.ended;
        const isBack = async () => !(await admin.storage.listBuckets()).error;
        await until(isBack, 'the database is started again');
        await expectAll(status, written);
        start.child.kill('SIGTERM');
        expect(await start.ended, start.output()).toBe(0);
      }
      await start.ended;
      await load.ended;
      await expectNobodyLeft([...family]);
    }
    // Each round wrote rows, accounts and files.
    for (const names of Object.values(written)) expect(names.length).toBeGreaterThan(victims.length);

    await run(project, 'start', ...anyPort).ready;
    const status = addressesOf(project);
    await expectAll(status, written);
    const client = createClient(status.url, status.publishableKey, { auth: { persistSession: false } });
    const email = written.accounts.at(-1) ?? '';
    expect((await client.auth.signInWithPassword({ email, password })).error).toBeNull();
  });

  it('leaves no function behind that is in an endless loop', async () => {
    const project = newProject();
    fs.writeFileSync(
      path.join(project, 'supabase/functions/hello/index.ts'),
      'Deno.serve(() => { for (;;); });',
    );
    const start = run(project, 'start', ...anyPort);
    await start.ready;
    const { url } = addressesOf(project);
    const answer = fetch(`${url}/functions/v1/hello`).catch(() => null);
    await delay(200);
    const family = familyOf(start.child.pid ?? 0);
    start.child.kill('SIGKILL');
    await expectNobodyLeft(family);
    await answer;
  });
});

/** The writes that the stack acknowledged. */
interface Written {
  notes: string[];
  accounts: string[];
  files: string[];
}

/** How many of each kind there are. */
const countsOf = (written: Written): number[] => Object.values(written).map((names) => names.length);

/** Writes rows, accounts and files in parallel until nothing answers; collects what was acknowledged. */
function startLoad({ url, publishableKey: key, secretKey }: Status, written: Written, round: number) {
  const admin = asServer(url, secretKey);
  const work = async (writer: number): Promise<void> => {
    const client = createClient(url, key, { auth: { persistSession: false } });
    const email = `writer-${round}-${writer}@example.com`;
    if ((await client.auth.signUp({ email, password })).error) return;
    written.accounts.push(email);
    for (let number = 0; ; number++) {
      const name = `${round}-${writer}-${number}`;
      const note = await client.from('notes').insert({ body: name });
      if (note.error) return;
      written.notes.push(name);
      const file = await admin.storage.from('files').upload(name, contentOf(name));
      if (file.error) return;
      written.files.push(name);
      if (number % 5 !== 0) continue;
      const other = `person-${name}@example.com`;
      const account = await createClient(url, key, { auth: { persistSession: false } }).auth.signUp({
        email: other,
        password,
      });
      if (account.error) return;
      written.accounts.push(other);
    }
  };
  return { ended: Promise.allSettled([0, 1, 2, 3].map(work)) };
}

/** The content of a file by its name; long enough to be interrupted. */
function contentOf(name: string): Blob {
  return new Blob([`${name};`.repeat(20_000)]);
}

/** Expects all acknowledged writes, and the bytes of each listed file. */
async function expectAll({ url, secretKey, databaseUrl }: Status, written: Written): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1 });
  try {
    const bodies = new Set((await sql`select body from public.notes`).map(({ body }) => body));
    expect(written.notes.filter((note) => !bodies.has(note))).toEqual([]);
    const addresses = new Set((await sql`select email from auth.users`).map(({ email }) => email));
    expect(written.accounts.filter((account) => !addresses.has(account))).toEqual([]);
  } finally {
    await sql.end();
  }
  const bucket = asServer(url, secretKey).storage.from('files');
  const { data: files, error } = await bucket.list('', { limit: 10_000 });
  expect(error).toBeNull();
  const names = new Set(files?.map(({ name }) => name));
  expect(written.files.filter((file) => !names.has(file))).toEqual([]);
  for (const name of names) {
    const { data } = await bucket.download(name);
    expect(await data?.text(), name).toBe(await contentOf(name).text());
  }
}

type Status = ReturnType<typeof addressesOf>;

function asServer(url: string, key: string): SupabaseClient {
  return createClient(url, key, { auth: { persistSession: false } });
}

/** The process id of PostgreSQL's main process. */
function serverOf(family: Process[]): number {
  const server = family.find(({ command }) => /postgres(\.exe)?"? -D /.test(command));
  if (!server) throw new Error('There is no PostgreSQL among them');
  return server.pid;
}

/** The random numbers of Mulberry32, which are the same for a seed. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
