import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@supabase/supabase-js';
import { describe, expect, it } from 'vitest';
import { allProcesses } from './processes.ts';
import { addressesOf, projectsOfEachTest, run, until } from './running.ts';

const anyPort = ['--port', '0'];
const newProject = projectsOfEachTest();

/** Every key and password of a project's stack, under any name in the file. */
function keysOf(project: string): string[] {
  const collect = (value: unknown): string[] =>
    typeof value === 'string' ? [value] : Object.values(value as object).flatMap(collect);
  const keys = JSON.parse(fs.readFileSync(path.join(project, '.stack/keys.json'), 'utf8')) as object;
  // Short values of the signing key name its kind.
  return collect(keys).filter((text) => text.length >= 16);
}

function textOfLogs(project: string): string {
  const folder = path.join(project, '.stack/logs');
  return fs
    .readdirSync(folder)
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))
    .join('\n');
}

/** The secrets that a text contains. */
const givenAway = (text: string, secrets: string[]) => secrets.filter((secret) => text.includes(secret));

describe('the secrets of a stack', () => {
  it('are readable by its owner only, and stay out of git', async () => {
    const project = newProject();
    const state = path.join(project, '.stack');
    // A folder that the user made beforehand.
    fs.mkdirSync(state, { mode: 0o755 });
    await run(project, 'start', ...anyPort).ready;
    expect(fs.readFileSync(path.join(state, '.gitignore'), 'utf8')).toBe('*\n');
    if (process.platform === 'win32') return;
    expect(fs.statSync(state).mode & 0o077).toBe(0);
    for (const name of ['keys.json', 'run.json', 'logs', 'postgres'])
      expect(fs.statSync(path.join(state, name)).mode & 0o077, name).toBe(0);
  });

  it('never appear on a command line, during a start or after it', async () => {
    const project = newProject();
    const migrations = path.join(project, 'supabase/migrations');
    fs.writeFileSync(path.join(migrations, '20260102000000_slow.sql'), 'select pg_sleep(1);');
    const start = run(project, 'start', ...anyPort);
    const seen = new Set<string>();
    let isReady = false;
    start.ready.then(() => (isReady = true));
    while (!isReady) {
      for (const { command } of allProcesses()) seen.add(command);
      await delay(20);
    }
    for (const { command } of allProcesses()) seen.add(command);
    const commands = [...seen].join('\n');
    // The samples include every kind of process.
    for (const expected of [/initdb/, /postgres -D/, /deno/]) expect(commands).toMatch(expected);
    expect(givenAway(commands, keysOf(project))).toEqual([]);
  });

  it('never appear in the logs, or on the terminal after the start, whatever is requested', async () => {
    const project = newProject();
    fs.writeFileSync(
      path.join(project, 'supabase/functions/hello/index.ts'),
      'Deno.serve(() => { throw new Error("a defect of the function"); });',
    );
    const start = run(project, 'start', ...anyPort);
    await start.ready;
    const { url, publishableKey, secretKey, mailboxUrl } = addressesOf(project);
    const printedAtStart = start.output().length;
    const secrets = keysOf(project);

    const client = createClient(url, publishableKey, { auth: { persistSession: false } });
    const admin = createClient(url, secretKey, { auth: { persistSession: false } });
    const account = { email: 'ann@example.com', password: 'a password nobody else has' };
    const { data } = await client.auth.signUp(account);
    secrets.push(account.password, data.session?.access_token ?? '', data.session?.refresh_token ?? '');
    await client.auth.signInWithPassword({ ...account, password: 'a wrong password that was typed' });
    secrets.push('a wrong password that was typed');
    await client.auth.resetPasswordForEmail(account.email);
    const mails = await (await fetch(`${mailboxUrl}/messages.json`)).text();
    const tokens = [...mails.matchAll(/token(?:_hash)?=([\w-]{16,})/g)].map(([, token]) => token ?? '');
    expect(tokens.length).toBeGreaterThan(0);
    secrets.push(...tokens);
    await admin.storage.createBucket('files');
    await admin.storage.from('files').upload('a.txt', new Blob(['a']));
    const link = await admin.storage.from('files').createSignedUrl('a.txt', 60);
    secrets.push(new URL(link.data?.signedUrl ?? '').searchParams.get('token') ?? '');
    expect(secrets.filter((secret) => secret.length < 12)).toEqual([]);

    const everyKey = [publishableKey, secretKey, data.session?.access_token ?? ''];
    const paths = [
      '/rest/v1/nothing?select=*',
      '/rest/v1/notes?id=eq.%00',
      '/rest/v1/rpc/none',
      '/auth/v1/user',
      '/auth/v1/verify?token=wrong&type=signup',
      '/storage/v1/object/files/none',
      '/functions/v1/hello',
      '/functions/v1/none',
      '/_system/info',
    ];
    for (const key of everyKey) {
      for (const at of paths) {
        const headers = { apikey: key, authorization: `Bearer ${key}` };
        await (await fetch(url + at, { headers, redirect: 'manual' })).arrayBuffer();
        const body = '{"broken": ';
        await (await fetch(url + at, { method: 'POST', headers, body, redirect: 'manual' })).arrayBuffer();
      }
      const broken = `${key.slice(0, -2)}xx`;
      await fetch(`${url}/rest/v1/notes`, { headers: { apikey: broken, authorization: `Bearer ${broken}` } });
    }
    // The database crashes under a request, and its last words are logged.
    const server = Number(
      fs.readFileSync(path.join(project, '.stack/postgres/postmaster.pid'), 'utf8').split('\n')[0],
    );
    process.kill(server, 'SIGKILL');
    const isServed = async () =>
      (await fetch(`${url}/rest/v1/notes`, { headers: { apikey: secretKey } })).status < 500;
    await isServed();
    await until(isServed, 'the database is there again');
    await run(project, 'stop').ended;
    expect(await start.ended).toBe(0);

    const logs = textOfLogs(project);
    expect(logs).toContain('a defect of the function');
    expect(givenAway(logs, secrets)).toEqual([]);
    const printed = start.output();
    const afterAddresses = printed.slice(printed.indexOf('Ctrl-C stops everything.', printedAtStart - 200));
    expect(afterAddresses).toContain('The database ended, and is started again');
    expect(givenAway(afterAddresses, secrets)).toEqual([]);
  });
});
