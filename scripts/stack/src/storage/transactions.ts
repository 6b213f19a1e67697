import type { Sql, TransactionSql } from 'postgres';

/** The role and claims that a statement runs with. */
export interface Identity {
  role: 'anon' | 'authenticated' | 'service_role';
  claims: Record<string, unknown>;
}

/** Storage itself. As on Supabase, what a caller may store is stored as this role. */
export const service: Identity = { role: 'service_role', claims: { role: 'service_role' } };

/** The request that statements belong to, as policies and triggers can read it from the settings. */
export interface Session {
  sql: Sql;
  /** What `storage.operation()` answers, for example `storage.object.upload`. */
  operation: string;
  request: Request;
}

/** Makes the rest of a transaction run as an identity. */
export async function become(tx: TransactionSql, session: Session, identity: Identity): Promise<void> {
  const { request, operation } = session;
  const { sub } = identity.claims;
  await tx`
    select
      set_config('role', ${identity.role}, true),
      set_config('request.jwt.claims', ${JSON.stringify(identity.claims)}, true),
      set_config('request.jwt.claim.sub', ${typeof sub === 'string' ? sub : ''}, true),
      set_config('request.jwt.claim.role', ${identity.role}, true),
      set_config('request.method', ${request.method}, true),
      set_config('request.path', ${new URL(request.url).pathname}, true),
      set_config('request.headers', ${JSON.stringify(Object.fromEntries(request.headers))}, true),
      set_config('storage.operation', ${operation}, true),
      set_config('storage.allow_delete_query', 'true', true)
  `;
}

/** Runs statements in one transaction as an identity. */
export async function transaction<T>(
  session: Session,
  identity: Identity,
  run: (tx: TransactionSql) => Promise<T>,
): Promise<T> {
  const result = await session.sql.begin(async (tx) => {
    await become(tx, session, identity);
    // An array of results would be awaited as an array of queries.
    return { value: await run(tx) };
  });
  return result.value;
}

/** Runs statements in one transaction as an identity, and rolls it back. Throws the errors of the statements. */
export async function rehearse(
  session: Session,
  identity: Identity,
  run: (tx: TransactionSql) => Promise<unknown>,
): Promise<void> {
  const done = new Error('rehearsed');
  await transaction(session, identity, async (tx) => {
    await run(tx);
    throw done;
  }).catch((error: unknown) => {
    if (error !== done) throw error;
  });
}
