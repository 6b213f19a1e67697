import { randomUUID } from 'node:crypto';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { addressesOf, copyProject, removeProjects, run } from '../running.ts';

let project: string;
let sql: Sql;
let client: SupabaseClient;

beforeAll(async () => {
  project = copyProject();
  await run(project, 'start', '--port', '0').ready;
  const status = addressesOf(project);
  sql = postgres(status.databaseUrl, { max: 1 });
  client = createClient(status.url, status.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
});

afterAll(async () => {
  await client.removeAllChannels();
  await sql.end();
  await removeProjects([project]);
});

const slots = () => sql<{ active_pid: number }[]>`select active_pid from pg_replication_slots`;

it('delivers each broadcast once, and keeps one slot, when the connection to the log is killed', async () => {
  const topic = randomUUID();
  const heard: number[] = [];
  const channel = client.channel(topic).on('broadcast', { event: 'n' }, ({ payload }) => {
    heard.push(payload.n);
  });
  await new Promise<void>((resolve, reject) =>
    channel.subscribe((state, error) => {
      if (state === 'SUBSCRIBED') resolve();
      else reject(error ?? new Error(state));
    }),
  );
  const [before, ...others] = await slots();
  expect(others).toEqual([]);
  const sent = Array.from({ length: 40 }, (_, n) => n);
  for (const n of sent) {
    if (n === 10) process.kill(Number(before?.active_pid), 'SIGTERM');
    await sql`select realtime.send(${sql.json({ n })}, 'n', ${topic}, false)`;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await vi.waitFor(() => expect(heard.toSorted((a, b) => a - b)).toEqual(sent), { timeout: 10_000 });
  const after = await slots();
  expect(after).toHaveLength(1);
  expect(after[0]?.active_pid).not.toBe(before?.active_pid);
});
