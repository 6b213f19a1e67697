import postgres from 'postgres';
import { afterAll } from 'vitest';
import type { Person } from './people.ts';
import { settings } from './settings.ts';
import { eventually } from './waiting.ts';

/** Connects to the database as its owner: row-level security does not apply. End the connection. */
export function connect({ url = settings.databaseUrl, max = 1 } = {}): postgres.Sql {
  return postgres(url, { max, onnotice: () => {} });
}

/** As `connect`, for the whole of a test file: call it at the top; the connection ends after the last test. */
export function openDatabase({ max = 4 } = {}): postgres.Sql {
  const sql = connect({ max });
  afterAll(() => sql.end({ timeout: 5 }));
  return sql;
}

/** Lets the current transaction act as a user, as the Data API does. */
export async function actAs(sql: postgres.ISql, { id }: Pick<Person, 'id'>): Promise<void> {
  await sql`
    select set_config('role', 'authenticated', true),
      set_config('request.jwt.claims', ${JSON.stringify({ sub: id, role: 'authenticated' })}, true)`;
}

/** Waits until the transaction with this `application_name` waits for a lock of another one. */
export async function untilBlocked(sql: postgres.Sql, applicationName: string): Promise<void> {
  await eventually(async () => {
    const waiting = await sql`
      select from pg_stat_activity where application_name = ${applicationName} and wait_event_type = 'Lock'`;
    if (waiting.length !== 1) throw new Error(`${applicationName} does not wait`);
  });
}
