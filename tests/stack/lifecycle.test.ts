import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { afterEach, describe, expect, it } from 'vitest';
import { copyProject, run, statusOf } from './running.ts';

const anyPort = ['--port', '0'];

describe('the embedded stack', () => {
  const projects: string[] = [];
  const newProject = () => {
    const project = copyProject();
    projects.push(project);
    return project;
  };

  afterEach(async () => {
    for (const project of projects.splice(0)) {
      await run(project, 'stop').ended;
      fs.rmSync(project, { recursive: true, force: true });
    }
  });

  it('serves a project that has nothing to do with Noctra, and keeps its data between starts', async () => {
    const project = newProject();
    const first = run(project, 'start', ...anyPort);
    await first.ready;
    const { url, publishableKey } = await statusOf(project);
    const client = createClient(url, publishableKey, { auth: { persistSession: false } });
    const { error } = await client.auth.signUp({ email: 'ann@example.com', password: 'a long password' });
    expect(error).toBeNull();
    expect((await client.from('notes').insert({ body: 'kept' })).error).toBeNull();
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);

    const second = run(project, 'start', ...anyPort);
    await second.ready;
    const again = await statusOf(project);
    expect(again.publishableKey).toBe(publishableKey);
    const later = createClient(again.url, again.publishableKey, { auth: { persistSession: false } });
    await later.auth.signInWithPassword({ email: 'ann@example.com', password: 'a long password' });
    expect((await later.from('notes').select('body')).data).toEqual([{ body: 'kept' }]);
  });

  it('runs functions with a shared file, with hosted variables and without the right to write files', async () => {
    const project = newProject();
    await run(project, 'start', ...anyPort).ready;
    const { url } = await statusOf(project);
    const answer = await (
      await fetch(`${url}/functions/v1/hello/deep?x=1`, { method: 'POST', body: 'Ann' })
    ).json();
    expect(answer).toMatchObject({ greeting: 'Hello, Ann!', pathname: '/hello/deep' });
    expect(answer.keys).toEqual(
      expect.arrayContaining(['SUPABASE_URL', 'SUPABASE_SECRET_KEYS', 'SUPABASE_JWKS']),
    );
    expect(await (await fetch(`${url}/hello?write`)).json()).toEqual({ outcome: 'NotCapable' });
  });

  it('starts a function again when it dies', async () => {
    const project = newProject();
    await run(project, 'start', ...anyPort).ready;
    const { url } = await statusOf(project);
    expect((await fetch(`${url}/hello?die`)).status).toBe(503);
    expect((await fetch(`${url}/hello`)).status).toBe(200);
  });

  it('says what runs already when it is started twice', async () => {
    const project = newProject();
    await run(project, 'start', ...anyPort).ready;
    const { url } = await statusOf(project);
    const second = run(project, 'start', ...anyPort);
    expect(await second.ended).toBe(0);
    expect(second.output()).toContain('runs already');
    expect(second.output()).toContain(url);
  });

  it('starts again after it was killed, with every acknowledged write', async () => {
    const project = newProject();
    const first = run(project, 'start', ...anyPort);
    await first.ready;
    const { url, secretKey, publishableKey } = await statusOf(project);
    const client = createClient(url, publishableKey, { auth: { persistSession: false } });
    await client.auth.signUp({ email: 'bea@example.com', password: 'a long password' });
    await client.from('notes').insert({ body: 'before the kill' });
    first.child.kill('SIGKILL');
    await first.ended;

    await run(project, 'start', ...anyPort).ready;
    const again = await statusOf(project);
    expect(again.secretKey).toBe(secretKey);
    const later = createClient(again.url, publishableKey, { auth: { persistSession: false } });
    await later.auth.signInWithPassword({ email: 'bea@example.com', password: 'a long password' });
    expect((await later.from('notes').select('body')).data).toEqual([{ body: 'before the kill' }]);
  });

  it('leaves no process behind when it is stopped', async () => {
    const project = newProject();
    const first = run(project, 'start', ...anyPort);
    await first.ready;
    const { databaseUrl } = await statusOf(project);
    expect(await run(project, 'stop').ended).toBe(0);
    expect(await first.ended).toBe(0);
    await expect(portIsFree(Number(new URL(databaseUrl).port))).resolves.toBe(true);
    if (process.platform === 'linux') {
      const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
      expect(processes).not.toContain(project);
    }
  });

  it('keeps its keys readable by the owner only, and out of git', async () => {
    const project = newProject();
    await run(project, 'start', ...anyPort).ready;
    const state = path.join(project, '.stack');
    expect(fs.statSync(path.join(state, 'keys.json')).mode & 0o077).toBe(0);
    expect(fs.statSync(state).mode & 0o077).toBe(0);
    expect(fs.readFileSync(path.join(state, '.gitignore'), 'utf8')).toBe('*\n');
  });
});

describe('what can go wrong at a start is said in sentences, without a stack trace:', () => {
  let project = '';
  let blocker: Server | null = null;

  afterEach(async () => {
    blocker?.close();
    blocker = null;
    await run(project, 'stop').ended;
    fs.rmSync(project, { recursive: true, force: true });
  });

  async function failsWith(args: string[]): Promise<string> {
    const command = run(project, 'start', ...args);
    expect(await command.ended).toBe(1);
    expect(command.output()).not.toMatch(/\n\s+at /);
    return command.output();
  }

  it('a taken port', async () => {
    project = copyProject();
    blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker?.once('listening', resolve));
    const { port } = blocker.address() as AddressInfo;
    const output = await failsWith([
      '--port',
      String(port),
      '--db-port',
      '0',
      '--studio-port',
      '0',
      '--mail-port',
      '0',
    ]);
    expect(output).toContain(`Port ${port}`);
    expect(output).toContain('--port');
  });

  it('a broken migration', async () => {
    project = copyProject();
    fs.writeFileSync(
      path.join(project, 'supabase/migrations/20260102000000_broken.sql'),
      'create tabel nothing ();',
    );
    const output = await failsWith(anyPort);
    expect(output).toContain('20260102000000_broken.sql');
    expect(output).toContain('syntax error');
  });

  it('a syntax error in a function', async () => {
    project = copyProject();
    fs.writeFileSync(path.join(project, 'supabase/functions/hello/index.ts'), 'Deno.serve(() => {');
    const output = await failsWith(anyPort);
    expect(output).toContain('The edge function "hello" did not start');
    expect(output).toContain('supabase/functions/hello/index.ts');
  });

  it('a mistake in config.toml', async () => {
    project = copyProject();
    fs.writeFileSync(path.join(project, 'supabase/config.toml'), '[api]\nport = "many"\n');
    expect(await failsWith(anyPort)).toContain('config.toml cannot be used');
  });

  it('a folder without a project', async () => {
    project = copyProject();
    fs.rmSync(path.join(project, 'supabase'), { recursive: true });
    expect(await failsWith(anyPort)).toContain('There is no Supabase project');
  });
});

function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.once('listening', () => server.close(() => resolve(true)));
    server.listen(port, '127.0.0.1');
  });
}
