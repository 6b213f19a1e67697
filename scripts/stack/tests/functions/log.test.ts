import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Serving, serveFunctions } from './serving.ts';

let serving: Serving;

beforeAll(async () => {
  serving = await serveFunctions();
});

afterAll(() => serving.stop());

const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

describe('the functions’ log', () => {
  it('has a record for each call of the console: time, level, function, and all its lines together', async () => {
    await fetch(`${serving.url}/functions/v1/echo/log`);
    await expect
      .poll(serving.log)
      .toMatch(new RegExp(`^${time} error echo Error: told\\n {2,}at .*echo/index.ts:\\d+`, 'm'));
    expect(serving.log()).toMatch(
      new RegExp(`^${time} info echo two\\n  lines \\{ of: \\[ 'a', 'value' \\] \\}$`, 'm'),
    );
    expect(serving.log()).toMatch(new RegExp(`^${time} debug echo a detail$`, 'm'));
    expect(serving.log()).toMatch(new RegExp(`^${time} warn echo red$`, 'm'));
  });

  it('shows only warnings and errors at the terminal', async () => {
    await fetch(`${serving.url}/functions/v1/echo/log`);
    await expect.poll(() => serving.printed.join('\n')).toContain('echo: Error: told');
    expect(serving.printed).toContain('echo: red');
    expect(serving.printed.join('\n')).not.toContain('two');
    expect(serving.printed.join('\n')).not.toContain('a detail');
  });

  it('has errors that a handler throws, with the place in the function’s source', async () => {
    const source = path.join(serving.folder, 'supabase/functions/limits/index.ts');
    const before = fs.readFileSync(source, 'utf8').split("throw new Error('thrown')")[0] ?? '';
    const line = before.split('\n').length;
    const answer = await fetch(`${serving.url}/functions/v1/limits/throw`);
    expect([answer.status, await answer.text()]).toEqual([500, 'Internal Server Error']);
    await expect
      .poll(serving.log)
      .toMatch(
        new RegExp(`^${time} error limits Error: thrown\\n {2,}at .*limits/index.ts:${line}:\\d+$`, 'm'),
      );
  });
});
