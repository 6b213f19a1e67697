import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { problemStatus } from '../supabase/functions/api/http/problem.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const rows = fs
  .readFileSync(path.join(root, 'docs/errors.md'), 'utf8')
  .matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm);
const documented = new Map([...rows].map(([, code, status]) => [code, Number(status)]));

describe('the list of errors', () => {
  it('has every code of the edge function, with its status', () => {
    for (const [code, status] of Object.entries(problemStatus))
      expect([code, documented.get(code)]).toEqual([code, status]);
  });

  it('has every code that the database raises, with its status', () => {
    const folder = path.join(root, 'supabase/migrations');
    const sql = fs
      .readdirSync(folder)
      .map((file) => fs.readFileSync(path.join(folder, file), 'utf8'))
      .join('\n');
    const raised = [...sql.matchAll(/raise_error\(\s*(\d{3}),\s*'(\w+)'/g)];
    expect(raised.length).toBeGreaterThan(10);
    for (const [, status, code] of raised)
      expect([code, documented.get(code ?? '')]).toEqual([code, Number(status)]);
  });
});
