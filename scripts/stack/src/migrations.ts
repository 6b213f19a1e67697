import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import postgres, { type Sql, type TransactionSql } from 'postgres';
import { commandName } from './command-name.ts';
import { diskFull, isDatabaseAway, isDiskFull, StackError } from './errors.ts';
import type { Project } from './project.ts';

/** The outcome of applying migrations. */
export interface Applied {
  /** Names of the migration files that were applied now. */
  names: string[];
  /** Names of files that changed after they had been applied: the database does not have the change. */
  changed: string[];
}

/** A file of `supabase/migrations`, or of the seed. */
interface SqlFile {
  /** Its name, or its path in `supabase/`. */
  name: string;
  text: string;
}

/**
 * Applies the project's pending migrations in the order of their versions, each in a transaction, then its seed. The
 * history is the Supabase CLI's, in the schema supabase_migrations. The CLI itself takes a second to say that there is
 * nothing to do, and another to do it.
 */
export async function applyMigrations(project: Project, databaseUrl: string): Promise<Applied> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, connect_timeout: 5 });
  try {
    await sql.unsafe(history).simple();
    const migrations = await applyPending(sql, readMigrations(project));
    const changedSeeds = await applySeeds(sql, readSeeds(project));
    return { names: migrations.names, changed: [...migrations.changed, ...changedSeeds] };
  } catch (error) {
    if (isDiskFull(error)) throw diskFull(project.state, error);
    if (isDatabaseAway(error)) {
      throw new StackError(
        'The database ended while migrations were applied.',
        `Start again: what was not finished is rolled back. ${commandName('logs postgres')} has its last words.`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** The tables in which the Supabase CLI records what it has applied. */
const history = `
  create schema if not exists supabase_migrations;
  create table if not exists supabase_migrations.schema_migrations (version text primary key);
  alter table supabase_migrations.schema_migrations add column if not exists statements text[];
  alter table supabase_migrations.schema_migrations add column if not exists name text;
  create table if not exists supabase_migrations.seed_files (path text primary key, hash text not null);
`;

async function applyPending(sql: Sql, files: SqlFile[]): Promise<Applied> {
  const rows = await sql<{ version: string; statements: string[] | null }[]>`
    select version, statements from supabase_migrations.schema_migrations
  `;
  const before = new Map(rows.map(({ version, statements }) => [version, statements]));
  const applied: Applied = { names: [], changed: [] };
  for (const file of files) {
    const [, version = '', title = ''] = migrationName.exec(file.name) ?? [];
    const statements = before.get(version);
    if (statements === undefined) {
      await apply(
        sql,
        file,
        (tx) => tx`
        insert into supabase_migrations.schema_migrations (version, name, statements)
        values (${version}, ${title}, ${[file.text]})
      `,
      );
      applied.names.push(file.name);
      // The CLI would have kept a text for each statement: those are not compared.
    } else if (statements?.length === 1 && statements[0] !== file.text) applied.changed.push(file.name);
  }
  return applied;
}

/** Gives the names of seeds that were changed after they had been applied. */
async function applySeeds(sql: Sql, files: SqlFile[]): Promise<string[]> {
  const rows = await sql<
    { path: string; hash: string }[]
  >`select path, hash from supabase_migrations.seed_files`;
  const before = new Map(rows.map((row) => [row.path, row.hash]));
  const changed: string[] = [];
  for (const file of files) {
    const hash = createHash('sha256').update(file.text).digest('hex');
    const known = before.get(file.name);
    if (known === undefined) {
      await apply(
        sql,
        file,
        (tx) => tx`
        insert into supabase_migrations.seed_files (path, hash) values (${file.name}, ${hash})
      `,
      );
    } else if (known !== hash) changed.push(file.name);
  }
  return changed;
}

/** What PostgreSQL allows only superusers, and the platform `postgres`: the helper is in postgres/roles.sql. */
const createEventTrigger =
  /\bcreate\s+event\s+trigger\s+(\w+|"[^"]+")\s+on\s+\w+\s+(when\s+tag\s+in\s*\([\w\s,']*\)\s*)?execute\s+(function|procedure)\s+[\w."]+\s*\(\s*\)/gi;

/** Applies a file and records it, or does nothing. */
async function apply(
  sql: Sql,
  file: SqlFile,
  record: (tx: TransactionSql) => Promise<unknown>,
): Promise<void> {
  // Session settings of a file must not reach the next one.
  await sql`reset all`;
  const text = file.text.replace(
    createEventTrigger,
    (statement) => `call extensions.create_event_trigger($create$${statement}$create$)`,
  );
  await sql.begin(async (tx) => {
    await tx
      .unsafe(text)
      .simple()
      .catch((error: unknown) => {
        if (isDatabaseAway(error) || isDiskFull(error)) throw error;
        throw new StackError(
          `A migration failed:\n${file.name}${describeFailure(text, error)}`,
          'Correct that file and start again: what a failed migration did is rolled back.',
          { cause: error },
        );
      });
    await record(tx);
  });
}

/** PostgreSQL's message, with the line of the file where the error has a position. */
function describeFailure(text: string, error: unknown): string {
  if (!(error instanceof postgres.PostgresError)) throw error;
  const { message, detail, hint, where, position } = error;
  // Characters, not UTF-16 units; counted from 1.
  const before = position ? [...text].slice(0, Number(position) - 1).join('') : null;
  const number = before?.split('\n').length;
  const line = number ? text.split('\n')[number - 1]?.trim() : '';
  const place = number ? `:${number}` : '';
  return [`${place}: ${message}`, line, detail, hint, where].filter(Boolean).join('\n  ');
}

const migrationName = /^(\d+)_(.*)\.sql$/;

function readMigrations(project: Project): SqlFile[] {
  const folder = path.join(project.supabase, 'migrations');
  if (!fs.existsSync(folder)) return [];
  const names = fs.readdirSync(folder).filter((name) => migrationName.test(name));
  return names.sort().map((name) => ({ name, text: readSql(path.join(folder, name)) }));
}

function readSeeds(project: Project): SqlFile[] {
  const { enabled, sql_paths } = project.config.db.seed;
  return (enabled ? sql_paths : []).flatMap((pattern) =>
    fs
      .globSync(pattern, { cwd: project.supabase })
      .sort()
      // The same name on every system.
      .map((name) => ({
        name: name.replaceAll('\\', '/'),
        text: readSql(path.resolve(project.supabase, name)),
      })),
  );
}

/** The text of a file, without the byte order mark that some editors write. */
function readSql(file: string): string {
  return fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
}
