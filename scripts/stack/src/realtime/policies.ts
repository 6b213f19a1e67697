import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { isApiRole } from '../caller.ts';
import { errorCode, isDatabaseAway } from '../errors.ts';
import { rolledBack, type Transaction } from './rolled-back.ts';
import type { Claims } from './session.ts';

/** What the policies of `realtime.messages` decide about. */
export type Extension = 'broadcast' | 'presence';

/** Who asks for a topic, as policies see it. */
export interface Asking {
  topic: string;
  claims: Claims;
  headers: Record<string, string>;
}

/** What is allowed, or why the policies gave no answer. */
export type Ruling =
  | { allowed: ReadonlySet<Extension>; refusal?: undefined }
  | { allowed: null; refusal: { code: string; message: string } };

/** Asks the policies whether a caller may read or write messages of a topic. */
export interface Policies {
  read(asking: Asking, extensions: readonly Extension[]): Promise<Ruling>;
  write(asking: Asking, extension: Extension): Promise<Ruling>;
}

/** No policy may take longer. */
const patienceMs = 5_000;

/**
 * Asks as the real service does, in a transaction that is rolled back: rows are written and read again as the caller, or
 * a row is written as the caller.
 */
export function createPolicies(sql: Sql): Policies {
  return {
    read: (asking, extensions) =>
      ask(sql, asking, async (transaction) => {
        const rows = extensions.map((extension) => ({ id: randomUUID(), topic: asking.topic, extension }));
        const ids = rows.map(({ id }) => id);
        // Sent at once: PostgreSQL runs them in order.
        const [, , seen] = await Promise.all([
          transaction`insert into realtime.messages ${transaction(rows)}`,
          become(transaction, asking),
          transaction<{ id: string }[]>`select id from realtime.messages where id = any(${ids}::uuid[])`,
        ]);
        return rows.filter(({ id }) => seen.some((row) => row.id === id)).map(({ extension }) => extension);
      }),
    write: (asking, extension) =>
      ask(sql, asking, async (transaction) => {
        try {
          await Promise.all([
            become(transaction, asking),
            transaction`insert into realtime.messages (topic, extension) values (${asking.topic}, ${extension})`,
          ]);
          return [extension];
        } catch (error) {
          if (errorCode(error) === '42501') return [];
          throw error;
        }
      }),
  };
}

async function ask(
  sql: Sql,
  { claims }: Asking,
  work: (transaction: Transaction) => Promise<Extension[]>,
): Promise<Ruling> {
  if (!isApiRole(claims.role)) return { allowed: new Set() };
  try {
    return { allowed: new Set(await rolledBack(sql, work)) };
  } catch (error) {
    return { allowed: null, refusal: refusalOf(error) };
  }
}

/** The settings that policies read, and the caller's role. */
function become(transaction: Transaction, { topic, claims, headers }: Asking) {
  return transaction`
    select
      set_config('statement_timeout', ${String(patienceMs)}, true),
      set_config('realtime.topic', ${topic}, true),
      set_config('request.jwt.claims', ${JSON.stringify(claims)}, true),
      set_config('request.jwt.claim.sub', ${claims.sub ?? ''}, true),
      set_config('request.jwt.claim.role', ${claims.role}, true),
      set_config('request.headers', ${JSON.stringify(headers)}, true),
      set_config('role', ${claims.role}, true)`;
}

function refusalOf(error: unknown): { code: string; message: string } {
  if (isDatabaseAway(error)) return databaseAway;
  if (errorCode(error) === '57014') return { code: 'QueryCanceled', message: 'A policy took too long' };
  const table =
    typeof error === 'object' && error !== null && 'table_name' in error ? error.table_name : null;
  if (errorCode(error) === '23514' && table === 'messages')
    return {
      code: 'MissingPartition',
      message: 'Realtime was unable to find the expected messages partition',
    };
  // An error of a policy, such as a failed cast, refuses like a policy.
  return { code: 'RlsPolicyError', message: String(error) };
}

/** The answer while the database cannot be reached. */
export const databaseAway = {
  code: 'UnableToConnectToProject',
  message: 'Realtime was unable to connect to the project database',
};
