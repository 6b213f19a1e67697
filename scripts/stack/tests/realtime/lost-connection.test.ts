import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { loadKeys } from '../../src/keys.ts';
import { databaseUrl } from '../../src/postgres/bootstrap.ts';
import { openRealtimeDatabase } from '../../src/realtime/database.ts';
import { addressesOf, copyProject, removeProjects, run } from '../running.ts';

// Counts for readers of this process; those of the stack have a process of their own.
vi.mock('../../src/realtime/quotas.ts', async (original) => {
  const { quotas } = await original<typeof import('../../src/realtime/quotas.ts')>();
  return { quotas: { ...quotas, rememberedMessages: 3 } };
});

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
  await expect.poll(() => heard.toSorted((a, b) => a - b)).toEqual(sent);
  const after = await slots();
  expect(after).toHaveLength(1);
  expect(after[0]?.active_pid).not.toBe(before?.active_pid);
});

it('reads no more messages again than it remembers, the newest of them', async () => {
  const port = Number(new URL(addressesOf(project).databaseUrl).port);
  const keys = await loadKeys(path.join(project, '.stack'));
  const others = (await slots()).map(({ active_pid }) => active_pid);
  const database = openRealtimeDatabase({ url: databaseUrl(keys, port, 'supabase_admin') });
  const heard: string[] = [];
  database.onMessage(({ event }) => heard.push(event));
  try {
    await database.listen();
    const reader = (await slots()).find(({ active_pid }) => !others.includes(active_pid));
    const pid = Number(reader?.active_pid);
    // It ends before it has read anything of these.
    process.kill(pid, 'SIGSTOP');
    for (const event of ['a', 'b', 'c', 'd', 'e'])
      await sql`select realtime.send('{}', ${event}, 'x', false)`;
    process.kill(pid, 'SIGTERM');
    process.kill(pid, 'SIGCONT');
    await expect.poll(() => heard).toEqual(['c', 'd', 'e']);
    await sql`select realtime.send('{}', 'f', 'x', false)`;
    await expect.poll(() => heard).toEqual(['c', 'd', 'e', 'f']);
  } finally {
    await database.close();
  }
});
