// `npm run sql`: queries the database of Noctra.
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { errorMessage } from 'embedded-supabase';
import postgres, { type Sql } from 'postgres';
import { CommandError, runMain } from './command.ts';
import { runningDatabase } from './noctra.ts';

const help = `Queries the database of Noctra with the rights of its owner: row-level security does not apply.

  npm run sql -- "select username from profiles"
  npm run sql -- -f queries.sql
  npm run sql < queries.sql
  npm run sql                     asks for statements; each ends with ; at the end of a line

It asks the database that NOCTRA_DB_URL names, else the local one that runs. The statements of one query or file are one
transaction: an error undoes all of them.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { file: { type: 'string', short: 'f' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return console.log(help);
  // Values are shown as PostgreSQL writes them, arrays included.
  const asText = { to: 25, from: shownAsText, serialize: String, parse: (value: string) => value };
  const sql = postgres(await runningDatabase(), {
    max: 1,
    onnotice: ({ severity, message }) => console.log(`${severity}: ${message}`),
    fetch_types: false,
    types: { asText },
  });
  try {
    if (positionals.length > 0) await show(sql, positionals.join(' '));
    else if (values.file) await show(sql, fs.readFileSync(values.file, 'utf8'));
    else if (process.stdin.isTTY) await converse(sql);
    else await show(sql, await text(process.stdin));
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** The types that the client would parse: booleans, bytes, numbers, JSON, dates and times. */
const shownAsText = [16, 17, 20, 21, 23, 26, 114, 700, 701, 1082, 1114, 1184, 3802];

/** Asks for statements at the terminal. An error ends none but the statement. */
async function converse(sql: Sql): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: 'sql> ' });
  console.log('End a statement with ; and leave with Ctrl-D.');
  // A prompt after Ctrl-D would open the terminal again.
  let isOpen = true;
  terminal.once('close', () => (isOpen = false));
  terminal.prompt();
  let query = '';
  for await (const line of terminal) {
    query += `${line}\n`;
    const isComplete = /;\s*$/.test(query);
    if (isComplete) {
      await show(sql, query).catch((error: unknown) => console.log(errorMessage(error)));
    }
    if (isComplete || !query.trim()) query = '';
    terminal.setPrompt(query ? '...> ' : 'sql> ');
    if (isOpen) terminal.prompt();
  }
}

/** Runs statements and prints their results. Throws a CommandError that shows the place of a mistake. */
async function show(sql: Sql, query: string): Promise<void> {
  try {
    const answer: unknown = await sql.unsafe(query).simple().values();
    // The client gives a plain list for several statements.
    const results = (Object.hasOwn(answer as object, 'command') ? [answer] : answer) as Result[];
    for (const result of results) if (result.command) console.log(describe(result));
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    const { message, code, detail, hint, where, position } = error;
    const place = position ? placeOf(query, Number(position)) : null;
    const lines = [`${message} (${code})`, place, detail, hint, where];
    throw new CommandError(lines.filter(Boolean).join('\n'), 'The transaction was rolled back.');
  }
}

/** The rows of a statement, and what the client says about them. */
type Result = unknown[][] & { columns?: { name: string }[]; command: string | null; count: number | null };

function describe(result: Result): string {
  const { columns = [], command, count } = result;
  if (columns.length === 0) return `${command} ${count ?? ''}`.trim();
  const table = tableOf(
    columns.map(({ name }) => name),
    result.map((row) => row.map(cellOf)),
  );
  return `${table}\n(${result.length} ${result.length === 1 ? 'row' : 'rows'})\n`;
}

function cellOf(value: unknown): string {
  return value === null ? 'null' : String(value).replaceAll('\n', '\\n');
}

/** Columns as wide as their widest cell, with a line under their names. */
function tableOf(names: string[], rows: string[][]): string {
  const widths = names.map((name, place) =>
    Math.max(...[name, ...rows.map((row) => row[place] ?? '')].map(widthOf)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, place) => cell + ' '.repeat((widths[place] ?? 0) - widthOf(cell)))
      .join(' | ')
      .trimEnd();
  return [line(names), widths.map((width) => '-'.repeat(width)).join('-+-'), ...rows.map(line)].join('\n');
}

function widthOf(cell: string): number {
  return [...cell].length;
}

/** The line of a mistake with a mark under it. PostgreSQL counts characters from 1. */
function placeOf(query: string, position: number): string {
  const before = [...query].slice(0, position - 1).join('');
  const [number, start] = [before.split('\n').length, before.lastIndexOf('\n') + 1];
  const label = `line ${number}: `;
  const line = query.slice(start).split('\n', 1)[0];
  return `${label}${line}\n${' '.repeat(label.length + widthOf(before.slice(start)))}^`;
}

runMain(main);
