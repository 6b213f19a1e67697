import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { report } from '../service-log.ts';
import { isConnectionError } from './failures.ts';
import { readSchema, type SchemaCache } from './schema-cache.ts';

/** The schema as it is known, kept up with the database. */
export interface SchemaWatch {
  /** What is known now. */
  current(): SchemaCache;
  /**
   * Resolves when every change that was committed before this call is known: with what is known then.
   */
  upToDate(): Promise<SchemaCache>;
  close(): Promise<void>;
}

/** PostgREST's channel. A trigger of the database tells it of each change of the schema. */
const changes = 'pgrst';

/** How long to wait for a word from the database before going on with what is known, in milliseconds. */
const patience = 3_000;

/**
 * Reads the schema, and again whenever it changes. `adminUrl` is the database as a role that sees everything. A standby
 * tells nobody of changes: there the schema is read again when something is asked for that is not known.
 */
export async function watchSchema(adminUrl: string, schemas: readonly string[]): Promise<SchemaWatch> {
  const sql = postgres(adminUrl, {
    max: 2,
    onnotice: () => {},
    connection: { application_name: 'data-api-schema' },
  });
  const own = `data_api_${randomUUID().replaceAll('-', '')}`;
  const echoes = new Map<string, () => void>();
  let known = await readSchema(sql, schemas);
  let reading: Promise<void> | null = null;
  let changedMeanwhile = false;

  /** One reading at a time; a change during one asks for another. */
  function reload(): Promise<void> {
    if (reading) {
      changedMeanwhile = true;
      return reading;
    }
    reading = (async () => {
      do {
        changedMeanwhile = false;
        try {
          known = await readSchema(sql, schemas);
        } catch (error) {
          // What is known stays, and the listener asks again when the database is back.
          if (!isConnectionError(error)) report('data-api', 'The schema could not be read:', error);
        }
      } while (changedMeanwhile);
      reading = null;
    })();
    return reading;
  }

  const [server] = await sql<{ is_standby: boolean }[]>`select pg_is_in_recovery() as is_standby`;
  if (server?.is_standby) {
    return {
      current: () => known,
      async upToDate() {
        // Joins a reading that has begun: it is late by no more than the standby is anyway.
        await (reading ?? reload());
        return known;
      },
      close: () => sql.end({ timeout: 5 }),
    };
  }

  const heard = (payload: string) => {
    if (payload === '' || payload.includes('reload schema')) void reload();
  };
  // After a lost connection it listens anew: what was said in between is read then.
  let first = true;
  await sql.listen(changes, heard, () => {
    if (!first) void reload();
    first = false;
  });
  await sql.listen(own, (token) => echoes.get(token)?.());
  // A change between the first reading and the first word that could be heard.
  await reload();

  return {
    current: () => known,
    async upToDate() {
      const token = randomUUID();
      // PostgreSQL delivers in the order of the commits: when our own word arrives, so has every earlier one.
      const echoed = new Promise<void>((resolve) => echoes.set(token, resolve));
      const tired = new Promise<void>((resolve) => setTimeout(resolve, patience).unref());
      try {
        await Promise.race([Promise.all([sql.notify(own, token), echoed]), tired]);
        if (reading) await Promise.race([reading, tired]);
      } catch (error) {
        if (!isConnectionError(error)) throw error;
      } finally {
        echoes.delete(token);
      }
      return known;
    },
    close: () => sql.end({ timeout: 5 }),
  };
}
