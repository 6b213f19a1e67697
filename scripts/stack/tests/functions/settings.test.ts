import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Serving, serveFunctions } from './serving.ts';

let serving: Serving;

afterEach(() => serving.stop());

async function answer(name: string): Promise<Record<string, unknown>> {
  return (await (await fetch(`${serving.url}/functions/v1/${name}`)).json()) as Record<string, unknown>;
}

describe('a project’s functions', () => {
  it('are those of its folders and of config.toml', async () => {
    serving = await serveFunctions();
    expect(await answer('plain')).toMatchObject({ word: 'first', page: '<p>a page</p>\n' });
    expect(await answer('exported')).toMatchObject({ outside: 'outside' });
    expect(await (await fetch(`${serving.url}/functions/v1/mapped`)).text()).toBe('first');
    for (const none of ['off', '_shared'])
      expect((await fetch(`${serving.url}/functions/v1/${none}`)).status).toBe(404);
  });

  it('can read files that are deployed with them, and no others of the project', async () => {
    serving = await serveFunctions();
    expect(await answer('plain')).toMatchObject({ config: 'NotCapable' });
  });

  it('share a deno.json or an import map of the whole folder when they have none of their own', async () => {
    serving = await serveFunctions({
      change(folder) {
        const functions = path.join(folder, 'supabase', 'functions');
        fs.writeFileSync(
          path.join(functions, 'import_map.json'),
          '{ "imports": { "shared-word": "./_shared/word.ts" } }',
        );
        fs.writeFileSync(
          path.join(functions, 'echo', 'index.ts'),
          'import { word } from "shared-word"; Deno.serve(() => Response.json({ word }));',
        );
      },
    });
    expect(await answer('echo')).toEqual({ word: 'first' });
    expect(serving.printed.join('\n')).toContain('"echo" has no deno.json of its own');
  });

  it('get the project’s variables and the platform’s, which the project cannot set', async () => {
    serving = await serveFunctions();
    const { variables } = (await answer('exported')) as { variables: Record<string, string> };
    expect(variables).toMatchObject({
      FROM_CONFIG: 'config',
      PLAIN_SETTING: 'one',
      SUPABASE_URL: 'http://127.0.0.1',
      SUPABASE_FUNCTION_SLUG: 'exported',
      SB_REGION: 'local',
      SB_EXECUTION_ID: expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(variables).not.toHaveProperty('SUPABASE_SETTING');
    expect(variables).not.toHaveProperty('PATH');
    expect(serving.printed).toEqual(['Env name cannot start with SUPABASE_, skipping: SUPABASE_SETTING']);
  });

  it('take their variables from another file if one is given', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'stack-env-')), 'settings');
    fs.writeFileSync(file, 'PLAIN_SETTING="two\nlines"\n');
    serving = await serveFunctions({ envFile: file });
    expect(await answer('plain')).toMatchObject({ setting: 'two\nlines' });
    fs.rmSync(path.dirname(file), { recursive: true });
  });

  it('start although one never listens', async () => {
    serving = await serveFunctions({
      limits: { bootMs: 8_000 },
      change: (folder) =>
        fs.writeFileSync(path.join(folder, 'supabase/functions/tasks/index.ts'), 'for (;;);'),
    });
    expect(serving.printed.join('\n')).toContain('It did not listen within 8 seconds.');
    expect((await fetch(`${serving.url}/functions/v1/tasks`)).status).toBe(503);
  });

  it('start although one has an error, which answers 503 and is reported at the terminal', async () => {
    serving = await serveFunctions({
      change: (folder) =>
        fs.writeFileSync(path.join(folder, 'supabase/functions/tasks/index.ts'), 'Deno.serve(() => {'),
    });
    const broken = await fetch(`${serving.url}/functions/v1/tasks`);
    expect(broken.status).toBe(503);
    expect(await broken.json()).toMatchObject({ code: 'BOOT_ERROR' });
    expect(serving.printed.join('\n')).toContain('supabase/functions/tasks/index.ts:1:');
    expect(await answer('echo/x')).toMatchObject({ method: 'GET' });
  });
});
