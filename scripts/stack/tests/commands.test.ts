import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { projectsOfEachTest, run } from './running.ts';

const newProject = projectsOfEachTest();
const main = fileURLToPath(new URL('../bin.js', import.meta.url));
const dataOf = (project: string) => path.join(project, '.stack/postgres');

/** Runs `reset` at a terminal, which the program `script` makes, and answers its question. */
async function resetAtTerminal(project: string, answer: string): Promise<string> {
  const command = `"${process.execPath}" "${main}" reset --workdir "${project}"`;
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    const wasAsked = output.includes('[y/N]');
    output += chunk;
    if (!wasAsked && output.includes('[y/N]')) child.stdin.write(`${answer}\n`);
  });
  await once(child, 'close');
  return output;
}

const hasTerminals = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

describe('start and status', () => {
  it('show the addresses that the project names, and no request with a key', async () => {
    const project = newProject();
    const pages = ['--show', 'Hello=/hello', '--show', 'Hello in depth=/hello/deep'];
    const start = run(project, 'start', '--port', '0', ...pages);
    await start.ready;
    const status = run(project, 'status');
    expect(await status.ended).toBe(0);
    for (const output of [start.output(), status.output()]) {
      expect(output).toMatch(/ Hello: http:\/\/127\.0\.0\.1:\d+\/hello\n/);
      expect(output).toMatch(/ Hello in depth: http:\/\/127\.0\.0\.1:\d+\/hello\/deep\n/);
      expect(output).toMatch(/ Studio: http/);
      expect(output).toMatch(/ Mailbox: http/);
      expect(output).not.toContain('curl');
    }
  });

  it('refuse an address without a path', async () => {
    const start = run(newProject(), 'start', '--port', '0', '--show', 'Hello');
    expect(await start.ended).toBe(1);
    expect(start.output()).toContain('--show Hello is not an address');
  });
});

describe('reset', () => {
  it('removes nothing without a terminal and without --yes', async () => {
    const project = newProject();
    await run(project, 'start', '--port', '0').ready;
    await run(project, 'stop').ended;
    const reset = run(project, 'reset', '--as', 'npm run');
    expect(await reset.ended).toBe(1);
    expect(reset.output()).toContain('`npm run reset -- --yes`');
    expect(fs.existsSync(dataOf(project))).toBe(true);
    expect(await run(project, 'reset', '--yes').ended).toBe(0);
    expect(fs.existsSync(dataOf(project))).toBe(false);
  });

  it.each([[[]], [['--yes']]])(
    'of a stack that runs says to stop it first, with options %j',
    async (options) => {
      const project = newProject();
      await run(project, 'start', '--port', '0').ready;
      const reset = run(project, 'reset', '--as', 'npm run', ...options);
      expect(await reset.ended).toBe(1);
      expect(reset.output()).toContain('Stop it first: `npm run stop`');
      expect(await run(project, 'status').ended).toBe(0);
    },
  );

  it.skipIf(!hasTerminals)('at a terminal asks before it stops a stack and removes its data', async () => {
    const project = newProject();
    const start = run(project, 'start', '--port', '0');
    await start.ready;
    const kept = await resetAtTerminal(project, 'n');
    expect(kept).toContain('This stops the stack that runs, and removes the local database and all files');
    expect(kept).toContain('Nothing was removed.');
    expect(await run(project, 'status').ended).toBe(0);
    expect(await resetAtTerminal(project, 'y')).toContain('Removed.');
    expect(await start.ended).toBe(0);
    expect(fs.existsSync(dataOf(project))).toBe(false);
  });
});
