import fs from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { runMain } from './command.ts';
import { root, withNoctra } from './noctra.ts';

/** The results of a run. */
export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Runs the pgTAP files of `folder` in the database, each over a connection of its own, and prints a line for each file
 * and each failure. `parts`: only files whose name contains one of them, besides the helpers. The same files run under
 * `supabase test db`, which needs Docker.
 */
export async function runPgtap(folder: string, databaseUrl: string, parts: string[] = []): Promise<Totals> {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  await withConnection(databaseUrl, (sql) =>
    sql.unsafe('create extension if not exists pgtap with schema extensions'),
  );
  for (const name of fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .filter((file) => parts.length === 0 || [helpers, ...parts].some((part) => file.includes(part)))
    .sort()) {
    const text = fs.readFileSync(path.join(folder, name), 'utf8');
    const result = await withConnection(databaseUrl, (sql) => runFile(sql, text));
    totals.passed += result.passed;
    totals.failed += result.failures.length;
    totals.skipped += result.skipped;
    console.log(
      `  ${result.failures.length === 0 ? '✓' : '✗'} ${name}: ${result.passed} passed${result.failures.length ? `, ${result.failures.length} failed` : ''}`,
    );
    for (const failure of result.failures) console.log(`      ${failure.replaceAll('\n', '\n      ')}`);
  }
  await withConnection(databaseUrl, (sql) => sql.unsafe('drop schema if exists tests cascade'));
  return totals;
}

const helpers = '00-helpers';

interface FileResult {
  passed: number;
  skipped: number;
  failures: string[];
}

async function runFile(sql: postgres.Sql, text: string): Promise<FileResult> {
  const result: FileResult = { passed: 0, skipped: 0, failures: [] };
  try {
    const answers: unknown = await sql.unsafe(text).simple();
    // One answer for each statement; those that are pgTAP's hold lines of TAP in their only column.
    const rows = (Array.isArray(answers) ? answers : []).flatMap((answer) =>
      Array.isArray(answer) ? answer : [answer],
    ) as Record<string, unknown>[];
    const lines = rows
      .flatMap((row) => Object.values(row))
      .filter((value) => typeof value === 'string')
      .flatMap((value) => value.split('\n'));
    let planned: number | null = null;
    for (const line of lines) {
      if (/^ok \d+.*# skip/i.test(line)) result.skipped++;
      else if (/^ok \d+/.test(line)) result.passed++;
      else if (/^not ok \d+/.test(line)) result.failures.push(line);
      else if (/^1\.\.\d+$/.test(line)) planned = Number(line.slice(3));
      else if (line.startsWith('#') && result.failures.length > 0)
        result.failures.push(`${result.failures.pop()}\n${line}`);
    }
    const ran = result.passed + result.skipped + result.failures.length;
    if (planned === null) result.failures.push('the file has no plan');
    else if (planned !== ran) result.failures.push(`${planned} tests were planned, ${ran} ran`);
  } catch (error) {
    const { message, where, hint } = error as { message?: string; where?: string; hint?: string };
    result.failures.push([`the file failed: ${message}`, hint, where].filter(Boolean).join('\n'));
  }
  return result;
}

async function withConnection<T>(
  databaseUrl: string,
  work: (sql: postgres.Sql) => PromiseLike<T>,
): Promise<T> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

// `npm run test:db -- access posts`: only the files whose name contains one of these.
if (import.meta.main)
  runMain(async () => {
    const folder = path.join(root, 'supabase', 'tests');
    const { passed, failed } = await withNoctra((target) =>
      runPgtap(folder, target.databaseUrl, process.argv.slice(2)),
    );
    console.log(`\n${passed} passed, ${failed} failed`);
    process.exit(failed > 0 ? 1 : 0);
  });
