import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse as parseToml } from 'smol-toml';
import { afterAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const docker = path.join(root, 'scripts', 'docker.ts');

interface Workflow {
  on: Record<string, unknown>;
  jobs: Record<string, { 'runs-on': string; steps: { uses?: string; run?: string; with?: object }[] }>;
}

describe('the CI workflow', () => {
  const file = path.join(root, '.github/workflows/ci.yml');
  const workflow = parseYaml(fs.readFileSync(file, 'utf8'), { strict: true }) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
  const commands = steps.flatMap(({ run }) => run ?? []).join('\n');

  it('has jobs of steps that each either use an action of a fixed version or run something', () => {
    expect(Object.keys(workflow.on)).toEqual(['push', 'pull_request']);
    for (const step of steps)
      expect([step.uses, step.run].filter(Boolean), JSON.stringify(step)).toHaveLength(1);
    for (const { uses } of steps) if (uses) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
  });

  it('calls scripts, files and tests that are there', () => {
    const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
    for (const [, name] of commands.matchAll(/npm (?:run )?(test|start|check|build)\b/g))
      expect(scripts).toHaveProperty(name ?? '');
    const files = [...commands.matchAll(/(?:node|bash) (\S+)/g)].map(([, name]) => name ?? '');
    expect(files).toEqual(expect.arrayContaining(['.ci/run', 'scripts/docker.ts']));
    for (const name of files) expect(fs.existsSync(path.join(root, name)), name).toBe(true);
    const tests = fs.readdirSync(path.join(root, 'tests'), { recursive: true, encoding: 'utf8' });
    for (const [, start] of commands.matchAll(/ tests\/(\S+)/g))
      expect(
        tests.filter((name) => name.replaceAll('\\', '/').startsWith(start ?? '')).length,
        start,
      ).toBeGreaterThan(0);
  });
});

describe('scripts/docker.ts', () => {
  const run = (args: string[], input = '', cwd = root) =>
    spawnSync(process.execPath, [docker, ...args], { input, cwd, encoding: 'utf8' });
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) fs.rmSync(folder, { recursive: true });
  });

  /** As the CLI's documentation shows it, with keys that are none. */
  const status = {
    ANON_KEY: 'an.older.key',
    API_URL: 'http://127.0.0.1:54321',
    DB_URL: 'postgresql://postgres:postgres@127.0.0.1:54322/postgres',
    FUNCTIONS_URL: 'http://127.0.0.1:54321/functions/v1',
    JWT_SECRET: 'a-secret-of-the-local-stack-and-of-no-other',
    MAILPIT_URL: 'http://127.0.0.1:54324',
    PUBLISHABLE_KEY: 'sb_publishable_example',
    SECRET_KEY: 'sb_secret_example',
    SERVICE_ROLE_KEY: 'another.older.key',
    STUDIO_URL: 'http://127.0.0.1:54323',
  };

  it.each([
    ['alone', ''],
    ['after a sentence', 'Stopped services: [supabase_imgproxy_noctra]\n'],
  ])('turns the status of a stack, %s, into what the tests read', (_, before) => {
    const { stdout, status: code } = run(['env'], before + JSON.stringify(status, null, 2));
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      'NOCTRA_URL=http://127.0.0.1:54321',
      'NOCTRA_PUBLISHABLE_KEY=sb_publishable_example',
      'NOCTRA_SECRET_KEY=sb_secret_example',
      'NOCTRA_DB_URL=postgresql://postgres:postgres@127.0.0.1:54322/postgres',
    ]);
  });

  it.each([
    ['nothing', '', 'not the status'],
    ['a stack without keys', JSON.stringify({ ...status, SECRET_KEY: '' }), 'no SECRET_KEY'],
    ['a stack without Auth', JSON.stringify({ API_URL: status.API_URL }), 'no PUBLISHABLE_KEY'],
  ])('refuses %s in a sentence', (_, input, words) => {
    const { stdout, stderr, status: code } = run(['env'], input);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('lifts every limit of Auth in config.toml, and keeps the rest', () => {
    const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-docker-'));
    folders.push(copy);
    const file = path.join(copy, 'config.toml');
    fs.copyFileSync(path.join(root, 'supabase/config.toml'), file);
    const before = parseToml(fs.readFileSync(file, 'utf8')) as { auth: object };
    expect(run(['limits', file]).status).toBe(0);
    const { auth, ...rest } = parseToml(fs.readFileSync(file, 'utf8')) as typeof before;
    const { auth: authBefore, ...restBefore } = before;
    expect(rest).toEqual(restBefore);
    const { rate_limit, ...authRest } = auth as { rate_limit: Record<string, number> };
    expect(authBefore).toMatchObject(authRest);
    expect(Object.keys(rate_limit)).toEqual(
      expect.arrayContaining(['sign_in_sign_ups', 'token_refresh', 'token_verifications', 'email_sent']),
    );
    expect(Math.min(...Object.values(rate_limit))).toBeGreaterThan(100_000);
  });
});
