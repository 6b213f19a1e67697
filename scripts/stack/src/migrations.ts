import { createHash } from 'node:crypto';
import postgres, { type Sql, type TransactionSql } from 'postgres';
import { commandName } from './command-name.ts';
import { diskFull, isDatabaseAway, isDiskFull, StackError } from './errors.ts';
import { checkExtensions } from './missing-extensions.ts';
import type { Project } from './project.ts';
import { type Migration, readSqlFiles, type SqlFile } from './sql-files.ts';

/** The outcome of applying a project's SQL. */
export interface Applied {
  /** Names of the migration files that were applied now. */
  names: string[];
  /** Names of files that changed after they had been applied: the database does not have the change. */
  changed: string[];
  /** What was left out, in sentences. */
  notes: string[];
}

/**
 * Applies what is pending: the project's roles, its migrations in the order of their versions, and its seeds, each file
 * in a transaction. The history is the Supabase CLI's, in the schema supabase_migrations; roles are recorded as a seed.
 * The CLI itself takes a second to say that there is nothing to do, and another to do it.
 */
export async function applyMigrations(project: Project, databaseUrl: string): Promise<Applied> {
  const files = readSqlFiles(project);
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, connect_timeout: 5 });
  try {
    await sql.unsafe(history).simple();
    const migrations = await pendingMigrations(sql, files.migrations);
    const roles = await pendingSeeds(sql, files.roles);
    const seeds = await pendingSeeds(sql, files.seeds);
    await checkExtensions(sql, [...roles.pending, ...migrations.pending, ...seeds.pending]);
    for (const file of roles.pending) await apply(sql, 'The roles', file, recordSeed(file));
    for (const file of migrations.pending) await apply(sql, 'A migration', file, recordMigration(file));
    for (const file of seeds.pending) await apply(sql, 'A seed', file, recordSeed(file));
    return {
      names: migrations.pending.map(({ name }) => name),
      changed: [...roles.changed, ...migrations.changed, ...seeds.changed],
      notes: files.notes,
    };
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

/** Files of one kind: those that are not applied, and the names of those that changed since. */
interface Pending<T> {
  pending: T[];
  changed: string[];
}

type Recorder = (tx: TransactionSql) => Promise<unknown>;

async function pendingMigrations(sql: Sql, files: readonly Migration[]): Promise<Pending<Migration>> {
  const rows = await sql<{ version: string; statements: string[] | null }[]>`
    select version, statements from supabase_migrations.schema_migrations
  `;
  const before = new Map(rows.map(({ version, statements }) => [version, statements]));
  return {
    pending: files.filter(({ version }) => !before.has(version)),
    // The CLI would have kept a text for each statement: those are not compared.
    changed: files
      .filter(({ version, text }) => {
        const statements = before.get(version);
        return statements?.length === 1 && statements[0] !== text;
      })
      .map(({ name }) => name),
  };
}

function recordMigration({ version, title, text }: Migration): Recorder {
  return (tx) => tx`
    insert into supabase_migrations.schema_migrations (version, name, statements)
    values (${version}, ${title}, ${[text]})
  `;
}

async function pendingSeeds(sql: Sql, files: readonly SqlFile[]): Promise<Pending<SqlFile>> {
  const rows = await sql<
    { path: string; hash: string }[]
  >`select path, hash from supabase_migrations.seed_files`;
  const before = new Map(rows.map((row) => [row.path, row.hash]));
  return {
    pending: files.filter(({ name }) => !before.has(name)),
    changed: files
      .filter((file) => before.has(file.name) && before.get(file.name) !== hashOf(file))
      .map(({ name }) => name),
  };
}

function recordSeed(file: SqlFile): Recorder {
  return (tx) => tx`
    insert into supabase_migrations.seed_files (path, hash) values (${file.name}, ${hashOf(file)})
  `;
}

const hashOf = ({ text }: SqlFile) => createHash('sha256').update(text).digest('hex');

/** What PostgreSQL allows only superusers, and the platform `postgres`: the helper is in postgres/roles.sql. */
const createEventTrigger =
  /\bcreate\s+event\s+trigger\s+(\w+|"[^"]+")\s+on\s+\w+\s+(when\s+tag\s+in\s*\([\w\s,']*\)\s*)?execute\s+(function|procedure)\s+[\w."]+\s*\(\s*\)/gi;

/** Applies a file and records it, or does nothing. `what` it is begins the sentence of a failure. */
async function apply(sql: Sql, what: string, file: SqlFile, record: Recorder): Promise<void> {
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
          `${what} failed:\n${file.name}${describeFailure(text, error)}`,
          'Correct that file and start again: what it did is rolled back.',
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
