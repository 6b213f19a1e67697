import postgres from 'postgres';
import { errorCode, isDatabaseAway } from '../errors.ts';
import { report } from '../service-log.ts';
import { readSchema } from './read-schema.ts';
import type { SchemaCache } from './schema.ts';
import type { ConfiguredSettings } from './settings.ts';

/** The schema, read again after each change. */
export interface SchemaWatch {
  /** The schema after the reading that is in progress, if any. */
  current(): Promise<SchemaCache>;
  /** Reads the schema. */
  reload(): Promise<SchemaCache>;
  /** Whether the database is a standby, which cannot report changes. */
  isStandby: boolean;
  close(): Promise<void>;
}

/**
 * Reads schema and settings now and whenever the database asks for one of them on PostgREST's channel, as its event
 * triggers do after each change. `adminUrl` is the database as a role that sees everything.
 */
export async function watchSchema(adminUrl: string, configured: ConfiguredSettings): Promise<SchemaWatch> {
  const sql = postgres(adminUrl, {
    max: 1,
    connect_timeout: 5,
    // A listener whose connection is lost tries again soon.
    backoff: () => 0.2,
    onnotice: () => {},
    connection: { application_name: 'data-api-schema' },
  });
  let known = readSchema(sql, configured);
  let next: Promise<SchemaCache> | null = null;
  await known;

  /** One reading at a time: all who ask during one get the next. */
  function reload(): Promise<SchemaCache> {
    next ??= known.then((last) => {
      next = null;
      return readSchema(sql, configured).catch((error) => {
        // The listener asks again when the database is back.
        if (!isDatabaseAway(error)) report('data-api', 'The schema could not be read:', error);
        return last;
      });
    });
    known = next;
    return known;
  }

  // Reloads also when it begins to listen, at first and after a lost connection: a change in between was not heard.
  const isStandby = await sql.listen('pgrst', reload, reload).then(
    () => false,
    (error) => {
      if (errorCode(error) === readOnly) return true;
      throw error;
    },
  );
  return { current: () => known, reload, isStandby, close: () => sql.end({ timeout: 5 }) };
}

/** SQLSTATE of LISTEN on a standby. */
const readOnly = '25006';
