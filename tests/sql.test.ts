import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { settings } from './kit/settings.ts';
import { eventually } from './kit/waiting.ts';

const program = fileURLToPath(new URL('../scripts/sql.ts', import.meta.url));
const env = { ...process.env, NOCTRA_DB_URL: settings.databaseUrl };

/** Runs `npm run sql` with arguments and standard input. */
async function runSql(args: string[], input = '') {
  const child = spawn(process.execPath, [program, ...args], { env });
  child.stdin.end(input);
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { output, errors, code };
}

it('prints the rows of a query as an aligned table', async () => {
  const query =
    "select * from (values (1, 'ä', null), (22, E'two\\nlines', '{a,b}'::text[])) as t (id, word, list)";
  expect(await runSql([query])).toEqual({
    output: [
      'id | word       | list',
      '---+------------+------',
      '1  | ä          | null',
      '22 | two\\nlines | {a,b}',
      '(2 rows)\n\n',
    ].join('\n'),
    errors: '',
    code: 0,
  });
});

it('runs the statements of a file, or of its input, as one transaction', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-sql-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'queries.sql');
  const script =
    'create temp table t (n int);\ninsert into t values (1), (2);\nselect sum(n) from t;\nselect 1 as one';
  fs.writeFileSync(file, script);
  for (const { output, code } of [await runSql(['-f', file]), await runSql([], script)]) {
    expect(output).toMatch(/sum\n---\n3\n\(1 row\)\n\none\n---\n1\n\(1 row\)/);
    expect(code).toBe(0);
  }
});

it('shows where the mistake of a statement is', async () => {
  const { errors, code } = await runSql([], "select 'ä';\nselect * from nothing where true");
  expect(errors).toContain('relation "nothing" does not exist (42P01)');
  expect(errors).toContain('line 2: select * from nothing where true\n                      ^\n');
  expect(errors).not.toMatch(/\n\s+at /);
  expect(code).toBe(1);
});

const hasTerminals = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

it.skipIf(!hasTerminals)('asks for statements at a terminal, and goes on after a mistake', async () => {
  const child = spawn('script', ['-qec', `"${process.execPath}" "${program}"`, '/dev/null'], { env });
  onTestFinished(() => void child.kill());
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await eventually(async () => expect(output).toContain('sql> '));
  child.stdin.write('select oops;\nselect\n  40 + 2 as answer;\n');
  await eventually(async () => expect(output).toContain('(1 row)'));
  child.stdin.write('\x04');
  await once(child, 'close');
  expect(output).toContain('column "oops" does not exist (42703)');
  expect(output).toMatch(/answer\s+------\s+42\s+\(1 row\)/);
});
