import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { databaseUrl, readProject, type Stack, startStack } from 'embedded-supabase';
import { killServer, type Replica, startReplica } from 'embedded-supabase/testing';
import postgres from 'postgres';
import { expect } from 'vitest';
import { root } from '../../../scripts/noctra.ts';
import { createNoctra, type Noctra, type NoctraOptions } from '../../../sdk/src/index.ts';
import { newPerson } from '../../kit/people.ts';

/** A Noctra with a read replica, for one test file. */
export interface Pair {
  stack: Stack;
  /** A connection to the primary as its superuser. */
  sql: postgres.Sql;
  replica: Replica;
  /** Kills the database of the primary, but not its stack. */
  killDatabase(): void;
  /** Waits until the replica has replayed everything that the primary has written. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a primary and its replica. If a step fails, stops what was started. */
export async function startPair(): Promise<Pair> {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-replica-'));
  const undo: (() => Promise<unknown>)[] = [async () => fs.rmSync(state, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const project = readProject(root, state);
    const stack = await startStack({ project });
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

/** An SDK client with a signed-in new user; it reads from the replica until it has written. */
export async function join({ stack, replica }: Pair, options: NoctraOptions = {}): Promise<Noctra> {
  const { run, keys } = stack;
  const { token, refreshToken } = await newPerson({}, { url: run.url, ...keys });
  const noctra = createNoctra(run.url, keys.publishableKey, {
    read_url: replica.url,
    auth: { persistSession: false, autoRefreshToken: false },
    ...options,
  });
  const session = { access_token: token, refresh_token: refreshToken };
  const { error } = await noctra.supabase.auth.setSession(session);
  if (error) throw error;
  return noctra;
}
