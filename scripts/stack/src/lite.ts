import fs from 'node:fs';
import { format } from 'node:util';
import { createPostgresConnection } from '@supabase/lite/postgres';
import { wireTypes } from './database.ts';

/** A connection of Supabase Lite to PostgreSQL. */
export type LiteConnection = ReturnType<typeof createPostgresConnection>;

/** Opens one. `max` is the number of database connections it may use at once. */
export function liteConnection(url: string, max: number): LiteConnection {
  const connection = createPostgresConnection({
    url,
    // Typed for values alone, while ours also say how each is parsed.
    postgresOptions: { max, onnotice: () => {}, types: wireTypes as never },
  });
  return connection;
}

/**
 * Keeps Lite from granting all rights on all tables to anon, authenticated and service_role, which it does at the
 * first request while it does not yet know whether tables have row-level security. On Supabase the grants are the
 * migrations' own.
 */
export function keepGrants(connection: LiteConnection): void {
  (connection as unknown as { rlsState: string }).rlsState = 'active';
}

/**
 * Writes all that is printed as an error to a file, and keeps from the terminal what Lite prints of every refused
 * statement: a client's mistake is in its answer. Returns how to take that back.
 */
export function divertRefusals(logFile: string): () => void {
  const print = console.error;
  console.error = (...values: unknown[]) => {
    // The stack itself prints sentences; Lite prints the error, alone or behind the service's name.
    const isLites = values.at(-1) instanceof Error && values.length <= 2;
    if (!isLites) print(...values);
    const line = `${new Date().toISOString()} error ${isLites ? 'data-api' : 'stack'} ${format(...values)}\n`;
    fs.appendFile(logFile, line, { mode: 0o600 }, () => {});
  };
  return () => {
    console.error = print;
  };
}
