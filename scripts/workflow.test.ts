import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from './noctra.ts';

interface Workflow {
  on: Record<string, unknown>;
  jobs: Record<string, { steps: { uses?: string; run?: string }[] }>;
}

const file = path.join(root, '.github/workflows/ci.yml');
const workflow = parse(fs.readFileSync(file, 'utf8'), { strict: true }) as Workflow;
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
const commands = steps.flatMap(({ run }) => run ?? []).join('\n');

it('runs on pushes and pull requests, in steps that use a fixed version or run a command', () => {
  expect(Object.keys(workflow.on)).toEqual(['push', 'pull_request']);
  for (const step of steps)
    expect([step.uses, step.run].filter(Boolean), JSON.stringify(step)).toHaveLength(1);
  for (const { uses } of steps) if (uses) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
});

it('calls npm scripts, files and tests that exist', () => {
  const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const called = [...commands.matchAll(/npm (?:run (?:--silent )?)?([a-z:]+)/g)].map(
    ([, name]) => name ?? '',
  );
  expect(called).toEqual(expect.arrayContaining(['test', 'docker']));
  for (const name of called) if (name !== 'ci') expect(scripts).toHaveProperty([name]);
  for (const [, name = ''] of commands.matchAll(/\bbash (\S+)/g))
    expect(fs.existsSync(path.join(root, name)), name).toBe(true);
  for (const [, start = ''] of commands.matchAll(/ ((?:scripts|tests)\/\S+)/g)) {
    const folder = path.dirname(start);
    const found = fs
      .readdirSync(path.join(root, folder))
      .filter((name) => name.startsWith(path.basename(start)));
    expect(found, start).not.toEqual([]);
  }
});
