import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Serving, serveFunctions } from './serving.ts';

let serving: Serving;

beforeEach(async () => {
  serving = await serveFunctions();
});

afterEach(() => serving.stop());

async function text(name: string): Promise<string> {
  return (await fetch(`${serving.url}/functions/v1/${name}`)).text();
}

async function status(name: string): Promise<number> {
  return (await fetch(`${serving.url}/functions/v1/${name}`)).status;
}

function serveText(said: string): string {
  return `Deno.serve(() => new Response(${JSON.stringify(said)}));`;
}

describe('a running function follows a change of', () => {
  it('its file, each time that an editor replaces it', async () => {
    for (const said of ['one', 'two', 'three']) {
      serving.write('mapped/index.ts', serveText(said));
      await expect.poll(() => text('mapped')).toBe(said);
    }
  });

  it('a shared file, its import map and the variables', async () => {
    serving.write('_shared/word.ts', "export const word = 'second';");
    await expect.poll(() => text('mapped')).toBe('second');
    serving.write('_shared/other.ts', "export const word = 'other';");
    serving.write('mapped/names.json', '{ "imports": { "the-word": "../_shared/other.ts" } }');
    await expect.poll(() => text('mapped')).toBe('other');
    serving.write('.env', 'PLAIN_SETTING=changed');
    await expect.poll(() => text('plain')).toContain('"setting":"changed"');
  });

  it('a file outside supabase/ that it imports', async () => {
    for (const said of ['changed', 'changed again']) {
      serving.write('../../shared/outside.ts', `export const outside = '${said}';`);
      await expect.poll(() => text('exported')).toContain(`"outside":"${said}"`);
    }
  });

  it('its own files only: other functions keep their processes', async () => {
    const before = await text('limits/pid');
    serving.write('mapped/index.ts', serveText('alone'));
    serving.write('_shared/unused.ts', 'export const unused = 1;');
    await expect.poll(() => text('mapped')).toBe('alone');
    expect(await text('limits/pid')).toBe(before);
  });

  it('config.toml', async () => {
    const file = path.join(serving.folder, 'supabase', 'config.toml');
    expect(await status('secret')).toBe(401);
    const before = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, `${before}\n[functions.secret]\nverify_jwt = false\n`);
    await expect.poll(() => status('secret')).toBe(200);
    fs.writeFileSync(file, 'not toml at all');
    await expect.poll(() => serving.printed.join('\n')).toContain('config.toml cannot be used');
    expect(await status('secret')).toBe(200);
  });

  it('the list of folders: new functions start, removed ones end', async () => {
    expect(await status('fresh')).toBe(404);
    serving.write('fresh/index.ts', serveText('new'));
    const headers = { apikey: serving.keys.publishableKey };
    const fresh = () => fetch(`${serving.url}/functions/v1/fresh`, { headers }).then(({ status: is }) => is);
    await expect.poll(fresh).toBe(200);
    fs.rmSync(path.join(serving.folder, 'supabase/functions/fresh'), { recursive: true });
    await expect.poll(() => status('fresh')).toBe(404);
  });

  it('its file except to one with a mistake, which is reported with its place', async () => {
    serving.write('mapped/index.ts', 'const = 1;');
    await expect.poll(() => serving.printed.join('\n')).toMatch(/mapped\/index\.ts:1:7/);
    expect(await text('mapped')).toBe('first');
    serving.write('mapped/index.ts', serveText('mended'));
    await expect.poll(() => text('mapped')).toBe('mended');
  });

  it('its file also when it had never started', async () => {
    serving.write('late/index.ts', 'throw new Error("not yet");');
    const headers = { apikey: serving.keys.publishableKey };
    const late = () => fetch(`${serving.url}/functions/v1/late`, { headers }).then(({ status: is }) => is);
    await expect.poll(late).toBe(503);
    serving.write('late/index.ts', serveText('now'));
    await expect.poll(late).toBe(200);
  });
});

describe('a function that is replaced', () => {
  it('is notified of its end and finishes its background tasks', async () => {
    expect(await text('tasks?ms=1500&name=kept')).toBe('answered');
    serving.write('tasks/index.ts', serveText('replaced'));
    await expect.poll(() => text('tasks')).toBe('replaced');
    await expect.poll(serving.log).toContain('about to end');
    await expect.poll(serving.log).toContain('task kept is done');
  });

  it('drops no request of 12 clients in 30 replacements', async () => {
    const slowly = (said: string) =>
      `Deno.serve(async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return new Response('${said}');
      });`;
    serving.write('mapped/index.ts', slowly('0'));
    await expect.poll(() => text('mapped')).toBe('0');
    let loading = true;
    const failures: unknown[] = [];
    let answered = 0;
    const client = async () => {
      while (loading) {
        const answer = await fetch(`${serving.url}/functions/v1/mapped`).catch((error) => error);
        if (answer.status === 200) await answer.text();
        else failures.push(answer.status ?? answer);
        answered++;
      }
    };
    const clients = Array.from({ length: 12 }, client);
    for (let i = 1; i <= 30; i++) {
      serving.write('mapped/index.ts', slowly(`${i}`));
      await expect.poll(() => text('mapped')).toBe(`${i}`);
    }
    loading = false;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(100);
  });
});

describe('when the stack stops', () => {
  it('an open WebSocket is closed and does not delay it', async () => {
    const socket = new WebSocket(`${serving.url.replace('http', 'ws')}/functions/v1/events/socket`);
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
    await Promise.all([serving.stop(), closed]);
    serving = await serveFunctions();
  });

  it('background tasks finish', async () => {
    expect(await text('tasks?ms=500&name=last')).toBe('answered');
    const log = path.join(serving.folder, '.stack', 'logs', 'functions.log');
    const kept = `${serving.folder}.log`;
    fs.linkSync(log, kept);
    await serving.stop();
    expect(fs.readFileSync(kept, 'utf8')).toContain('task last is done');
    fs.rmSync(kept);
    serving = await serveFunctions();
  });
});
