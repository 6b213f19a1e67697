import { once } from 'node:events';
import fs from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { describe, expect, it } from 'vitest';
import { addressesOf, projectsOfEachTest, run, statusOf, until } from './running.ts';

const anyPort = ['--port', '0'];
const isWindows = process.platform === 'win32';
const newProject = projectsOfEachTest();

/** Expects a start to fail with sentences; returns its output. */
async function failsWith(project: string, ...args: string[]): Promise<string> {
  const command = run(project, 'start', ...args);
  expect(await command.ended, command.output()).toBe(1);
  expect(command.output()).not.toMatch(/\n\s+at |defect/);
  return command.output();
}

describe('two projects', () => {
  it('cannot use the same port: the second start names the project that has it', async () => {
    const [first, second] = [newProject(), newProject()];
    fs.writeFileSync(path.join(first, 'supabase/config.toml'), 'project_id = "bakery"\n');
    await run(first, 'start', ...anyPort).ready;
    const { port } = new URL(addressesOf(first).url);
    const output = await failsWith(second, '--port', port);
    expect(output).toContain(`Port ${port}, for the API, is taken by the stack of the project "bakery"`);
    expect(output).toContain('--port 0');
  });

  it('run side by side on ports of their own, with keys and data of their own', async () => {
    const [first, second] = [newProject(), newProject()];
    await Promise.all([run(first, 'start', ...anyPort).ready, run(second, 'start', ...anyPort).ready]);
    const [one, other] = [addressesOf(first), addressesOf(second)];
    expect(one.secretKey).not.toBe(other.secretKey);
    const headers = { apikey: one.secretKey };
    expect((await fetch(`${one.url}/storage/v1/bucket`, { headers })).status).toBe(200);
    expect((await fetch(`${other.url}/storage/v1/bucket`, { headers })).status).not.toBe(200);
  });
});

describe('a project', () => {
  it('that is started four times at once runs once, and the other starts report it', async () => {
    const project = newProject();
    const starts = Array.from({ length: 4 }, () => run(project, 'start', ...anyPort));
    await Promise.any(starts.map(({ ready }) => ready));
    const { pid } = addressesOf(project);
    const losers = starts.filter(({ child }) => child.pid !== pid);
    expect(losers).toHaveLength(3);
    for (const loser of losers) {
      const code = await loser.ended;
      expect(loser.output()).toMatch(code === 0 ? /It runs already/ : /Another process/);
    }
    expect((await statusOf(project)).health.database).toBe('ok');
  });

  it('is the same through a symbolic link', async () => {
    const project = newProject();
    const link = `${project}-link`;
    fs.symlinkSync(project, link, 'junction');
    try {
      await run(link, 'start', ...anyPort).ready;
      const { url, pid } = addressesOf(project);
      expect((await fetch(`${url}/functions/v1/hello`)).status).toBe(200);
      const again = run(project, 'start', ...anyPort);
      expect(await again.ended).toBe(0);
      expect(again.output()).toContain(`runs already, as process ${pid}`);
    } finally {
      await run(project, 'stop').ended;
      fs.unlinkSync(link);
    }
  });

  it('starts although the process id of its killed stack was reused', async () => {
    const project = newProject();
    await run(project, 'start', ...anyPort).ready;
    const file = path.join(project, '.stack/run.json');
    const record = fs.readFileSync(file, 'utf8');
    await run(project, 'stop').ended;
    // The record of a killed stack, with the process id of a process that runs and is no stack.
    const stale = { ...JSON.parse(record), pid: process.pid };
    fs.writeFileSync(file, JSON.stringify(stale));
    const future = new Date(Date.now() + 86_400_000);
    fs.utimesSync(file, future, future);
    const status = run(project, 'status');
    expect(await status.ended).toBe(1);
    expect(status.output()).toContain('Nothing runs');
    const stop = run(project, 'stop');
    expect(await stop.ended).toBe(0);
    expect(stop.output()).toContain('Nothing runs');
    await run(project, 'start', ...anyPort).ready;
  });

  it('cannot be reset while it starts or runs', async () => {
    const project = newProject();
    const start = run(project, 'start', ...anyPort);
    await until(() => start.output().includes('Starting the database'), 'it starts');
    const early = run(project, 'reset', '--yes');
    expect(await early.ended).toBe(1);
    expect(early.output()).toContain('Stop it first');
    await start.ready;
    expect(await run(project, 'reset', '--yes').ended).toBe(1);
    expect((await statusOf(project)).health.database).toBe('ok');
  });

  it('can be stopped while it starts', async () => {
    const project = newProject();
    const slow = path.join(project, 'supabase/migrations/20260102000000_slow.sql');
    const isReleased = "exists (select from pg_locks where locktype = 'advisory' and objid = 7)";
    const waits = `begin for i in 1..1200 loop exit when ${isReleased}; perform pg_sleep(0.05); end loop; end`;
    fs.writeFileSync(slow, `do $$ ${waits} $$;`);
    const start = run(project, 'start', ...anyPort);
    await until(() => start.output().includes('Applying migrations'), 'it starts');
    const stop = run(project, 'stop');
    await until(() => start.output().includes('Stopping'), 'it is told to stop');
    const sql = postgres(addressesOf(project).databaseUrl, { max: 1 });
    await sql`select pg_advisory_lock(7)`;
    expect(await stop.ended).toBe(0);
    await sql.end();
    expect(await start.ended).toBe(130);
    expect(start.output()).not.toContain('Ready');
  });

  it('starts with an empty database and new keys after a reset', async () => {
    const project = newProject();
    await run(project, 'start', ...anyPort).ready;
    const { secretKey } = addressesOf(project);
    await run(project, 'stop').ended;
    expect(await run(project, 'reset', '--yes').ended).toBe(0);
    expect(fs.readdirSync(path.join(project, '.stack')).sort()).toEqual(['.gitignore', 'lock']);
    const again = run(project, 'reset', '--yes');
    expect(await again.ended).toBe(0);
    expect(again.output()).toContain('nothing to remove');
    await run(project, 'start', ...anyPort).ready;
    expect(addressesOf(project).secretKey).not.toBe(secretKey);
  });

  it('continues with a failed migration once it is corrected', async () => {
    const project = newProject();
    const migrations = path.join(project, 'supabase/migrations');
    fs.writeFileSync(path.join(migrations, '20260102000000_good.sql'), 'create table public.good (id int);');
    const broken = path.join(migrations, '20260103000000_broken.sql');
    fs.writeFileSync(broken, 'create table public.half (id int);\n\ncreate tabel public.rest (id int);');
    const output = await failsWith(project, ...anyPort);
    expect(output).toContain('20260103000000_broken.sql');
    expect(output).toContain('syntax error at or near "tabel"');
    expect(output).toContain('create tabel public.rest');
    fs.writeFileSync(broken, 'create table public.half (id int);\ncreate table public.rest (id int);');
    const start = run(project, 'start', ...anyPort);
    await start.ready;
    expect(start.output()).toContain('Applied 1 migration');
  });

  it('is told of a migration that was changed after it had been applied', async () => {
    const project = newProject();
    const file = path.join(project, 'supabase/migrations/20260102000000_later.sql');
    fs.writeFileSync(file, 'create table public.later (id int);');
    const first = run(project, 'start', ...anyPort);
    await first.ready;
    expect(first.output()).toContain('Applied 2 migrations');
    first.child.kill('SIGTERM');
    await first.ended;
    fs.appendFileSync(file, '\ncreate table public.more (id int);');
    const second = run(project, 'start', ...anyPort);
    await second.ready;
    expect(second.output()).toContain('20260102000000_later.sql was changed');
    expect(second.output()).not.toContain('Applied');
  });
});

describe('a start refuses a state folder', () => {
  it('that cannot be made', async () => {
    const project = newProject();
    fs.writeFileSync(path.join(project, 'file'), '');
    const output = await failsWith(project, ...anyPort, '--state', path.join(project, 'file', 'state'));
    expect(output).toContain('cannot be made');
    expect(output).toContain('--state');
  });

  it.skipIf(isWindows)('that another account owns, or that is not writable', async () => {
    const project = newProject();
    const state = path.join(project, 'theirs');
    fs.mkdirSync(state, { mode: 0o500 });
    // Root can write everywhere, but must not take over the folder of another account.
    if (process.getuid?.() === 0) fs.chownSync(state, 65534, 65534);
    const output = await failsWith(project, ...anyPort, '--state', state);
    expect(output).toContain(`The folder ${fs.realpathSync(project)}/theirs belongs to another account`);
  });

  it('that holds files of the user, which reset keeps, too', async () => {
    const project = newProject();
    const own = fs.mkdtempSync(path.join(os.tmpdir(), 'own-'));
    try {
      fs.writeFileSync(path.join(own, 'letter.txt'), 'mine');
      expect(await failsWith(project, ...anyPort, '--state', own)).toContain('holds other things');
      expect(await run(project, 'reset', '--yes', '--state', own).ended).toBe(1);
      expect(fs.readdirSync(own)).toEqual(['letter.txt']);
    } finally {
      fs.rmSync(own, { recursive: true });
    }
  });
});

describe('the command line', () => {
  it('starts in the background, reports every part as well, follows the logs and stops', async () => {
    const project = newProject();
    const start = run(project, 'start', '--detach', ...anyPort);
    expect(await start.ended, start.output()).toBe(0);
    expect(start.output()).toContain('sb_publishable_');
    const { url, health } = await statusOf(project);
    expect(health).toEqual({
      database: 'ok',
      'data api': 'ok',
      auth: 'ok',
      storage: 'ok',
      realtime: 'ok',
      mailbox: 'ok',
      studio: 'ok',
      'function hello': 'ok',
    });
    await fetch(`${url}/functions/v1/hello?die`);
    const logs = run(project, 'logs', '--follow');
    await until(() => logs.output().includes('hello The function ended'), 'the log says it');
    await fetch(`${url}/functions/v1/hello?die`);
    await until(() => logs.output().split('hello The function ended').length === 3, 'the log goes on');
    logs.child.kill();
    await logs.ended;
    const last = run(project, 'logs', 'functions', '--lines', '1', '--since', '5m');
    expect(await last.ended).toBe(0);
    expect(last.output().trim().split('\n')).toHaveLength(1);
    expect(last.output()).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z warn hello /);
    expect(await run(project, 'stop').ended).toBe(0);
    expect(await run(project, 'status').ended).toBe(1);
  });

  it('shows the message of a background start that fails', async () => {
    const project = newProject();
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    try {
      const start = run(project, 'start', '--detach', '--port', String(port));
      expect(await start.ended).toBe(1);
      expect(start.output()).toContain(`Port ${port}`);
    } finally {
      blocker.close();
    }
  });

  it.each([
    [['logs', 'nothing'], 1, 'There is no log of "nothing"'],
    [['logs', '--since', 'yesterday'], 1, 'is not a time'],
    [['logs', '--lines', 'some'], 1, 'is not a number'],
    [['start', '--port', '70000'], 1, 'is not a port'],
    [['start', '--port', ''], 1, 'is not a port'],
    [['start', 'functions'], 2, 'is not understood'],
    [['begin'], 2, 'There is no command "begin"'],
    [['status', '--loud'], 2, '--loud'],
  ])('refuses the arguments %j', async (args, code, words) => {
    const [command = '', ...rest] = args;
    const refused = run(newProject(), command, ...rest);
    expect(await refused.ended).toBe(code);
    expect(refused.output()).toContain(words);
  });
});
