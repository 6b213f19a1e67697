import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { databaseUrl, readProject, type Stack, startStack } from 'embedded-supabase';
import { killServer, type Replica, startReplica } from 'embedded-supabase/testing';
import postgres from 'postgres';
import { expect } from 'vitest';
import { root } from '../../scripts/noctra.ts';
import { createNoctra, type Noctra, type NoctraOptions } from '../../sdk/src/index.ts';

/** A Noctra of its own, with a replica. */
export interface Pair {
  stack: Stack;
  /** The primary as its superuser. */
  sql: postgres.Sql;
  replica: Replica;
  /** Ends the primary's database alone. */
  killDatabase(): void;
  /** Waits until the replica has all that the primary has. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts both. Whatever fails, what had been started is ended. */
export async function startPair(): Promise<Pair> {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-replica-'));
  const undo: (() => Promise<unknown>)[] = [async () => fs.rmSync(state, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const project = readProject(root, state);
    const stack = await startStack({
      project,
      host: '127.0.0.1',
      ports: { api: 0, database: 0, mailbox: 0, studio: 0 },
      onStep() {},
    });
    undo.push(() => stack.stop());
    const primaryPort = Number(new URL(stack.run.databaseUrl).port);
    const sql = postgres(databaseUrl(stack.keys, primaryPort, 'supabase_admin'), { onnotice: () => {} });
    undo.push(() => sql.end({ timeout: 1 }));
    const replica = await startReplica(project, stack);
    undo.push(() => replica.stop());
    return {
      stack,
      sql,
      replica,
      killDatabase: () => killServer(path.join(state, 'postgres')),
      async caughtUp() {
        const [primary] = await sql<{ at: string }[]>`select pg_current_wal_flush_lsn()::text as at`;
        const at = primary?.at ?? '';
        const isThere = () =>
          replica.sql`select pg_last_wal_replay_lsn() >= ${at}::pg_lsn as is_there`.then(
            ([standby]) => standby?.is_there,
          );
        await expect.poll(isThere, { timeout: 20_000, interval: 10 }).toBe(true);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Somebody new, signed in, whose reads go to the replica until he writes. */
export async function join({ stack, replica }: Pair, options: NoctraOptions = {}): Promise<Noctra> {
  const noctra = createNoctra(stack.run.url, stack.keys.publishableKey, {
    read_url: replica.url,
    auth: { persistSession: false, autoRefreshToken: false },
    ...options,
  });
  const username = `r_${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const email = `${username}@example.com`;
  const { error } = await noctra.auth.register({ username, email, password: 'correct horse battery' });
  if (error) throw error;
  return noctra;
}
