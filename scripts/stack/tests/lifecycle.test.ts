import fs from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { afterEach, describe, expect, it } from 'vitest';
import { familyOf, survivors } from './processes.ts';
import { addressesOf, copyProject, projectsOfEachTest, run, until } from './running.ts';

const anyPort = ['--port', '0'];

describe('the embedded stack', () => {
  const newProject = projectsOfEachTest();

  it('serves any project, and keeps its data between starts', async () => {
    const project = newProject();
    const first = run(project, 'start', ...anyPort);
    await first.ready;
    const { url, publishableKey } = addressesOf(project);
    const client = createClient(url, publishableKey, { auth: { persistSession: false } });
    const { error } = await client.auth.signUp({ email: 'ann@example.com', password: 'a long password' });
    expect(error).toBeNull();
    expect((await client.from('notes').insert({ body: 'kept' })).error).toBeNull();
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);

    const second = run(project, 'start', ...anyPort);
    await second.ready;
    const again = addressesOf(project);
    expect(again.publishableKey).toBe(publishableKey);
    const later = createClient(again.url, again.publishableKey, { auth: { persistSession: false } });
    await later.auth.signInWithPassword({ email: 'ann@example.com', password: 'a long password' });
    expect((await later.from('notes').select('body')).data).toEqual([{ body: 'kept' }]);
  });

  it('runs functions with a shared file, with hosted variables and without the right to write files', async () => {
    const project = newProject();
    await run(project, 'start', ...anyPort).ready;
    const { url } = addressesOf(project);
    const answer = await (
      await fetch(`${url}/functions/v1/hello/deep?x=1`, { method: 'POST', body: 'Ann' })
    ).json();
    expect(answer).toMatchObject({ greeting: 'Hello, Ann!', pathname: '/hello/deep' });
    expect(answer.keys).toEqual(
      expect.arrayContaining(['SUPABASE_URL', 'SUPABASE_SECRET_KEYS', 'SUPABASE_JWKS']),
    );
    expect(await (await fetch(`${url}/hello?write`)).json()).toEqual({ outcome: 'NotCapable' });
  });

  it('restarts a function that ends', async () => {
    const project = newProject();
    await run(project, 'start', ...anyPort).ready;
    const { url } = addressesOf(project);
    expect((await fetch(`${url}/hello?die`)).status).toBe(503);
    expect((await fetch(`${url}/hello`)).status).toBe(200);
  });

  it('shows the running stack when it is started twice', async () => {
    const project = newProject();
    await run(project, 'start', ...anyPort).ready;
    const { url } = addressesOf(project);
    const second = run(project, 'start', ...anyPort);
    expect(await second.ended).toBe(0);
    expect(second.output()).toContain('runs already');
    expect(second.output()).toContain(url);
  });

  it('leaves no process behind when it is stopped', async () => {
    const project = newProject();
    const first = run(project, 'start', ...anyPort);
    await first.ready;
    const family = familyOf(first.child.pid ?? 0);
    // The stack, PostgreSQL with its children, a function and the watchdog.
    expect(family.length).toBeGreaterThan(6);
    expect(await run(project, 'stop').ended).toBe(0);
    expect(await first.ended).toBe(0);
    await until(() => survivors(family).length === 0, 'all have ended');
  });
});

describe('a start fails with a sentence and no stack trace', () => {
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

  it('for a taken port', async () => {
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

  it('for a mistake in config.toml', async () => {
    project = copyProject();
    fs.writeFileSync(path.join(project, 'supabase/config.toml'), '[api]\nport = "many"\n');
    expect(await failsWith(anyPort)).toContain('config.toml cannot be used');
  });

  it('for a folder without a project', async () => {
    project = copyProject();
    fs.rmSync(path.join(project, 'supabase'), { recursive: true });
    expect(await failsWith(anyPort)).toContain('There is no Supabase project');
  });
});
