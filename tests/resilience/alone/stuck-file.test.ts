import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from '../../kit/people.ts';
import { publishFile } from '../../kit/posts.ts';
import { eventually } from '../../kit/waiting.ts';
import { type Noctra, startNoctra } from '../faults/fault-stack.ts';

// In a Noctra of its own: its trigger locks the table of all objects, and every deletion would run it.

let noctra: Noctra;
beforeAll(async () => {
  noctra = await startNoctra();
});
afterAll(() => noctra?.remove());

async function sweep(): Promise<void> {
  const headers = { apikey: noctra.secretKey };
  const response = await fetch(`${noctra.url}/functions/v1/api/sweep/`, { method: 'POST', headers });
  expect(response.status).toBe(200);
}

async function objects(): Promise<string[]> {
  const rows = await noctra.sql`select name from storage.objects where bucket_id = 'post-media'`;
  return rows.map(({ name }) => name);
}

/** The files that wait to be removed. */
const waiting = () => noctra.sql<{ name: string; attempts: number; in_minutes: number }[]>`
  select name, attempts, (extract(epoch from remove_at - now()) / 60)::float as in_minutes
  from private.unused_files`;

const makeDue = () => noctra.sql`update private.unused_files set remove_at = now()`;

test('the sweep removes the others where one object cannot be removed, and tries that one later each time', async () => {
  const owner = noctra.people[0] as Person;
  const stuck = await publishFile(owner, noctra);
  for (let file = 0; file < 2; file++) await publishFile(owner, noctra);
  // Stands for an object that Storage cannot delete.
  await noctra.sql.unsafe(`
    create function private.refuse() returns trigger language plpgsql as
      $$ begin raise exception 'stuck'; end $$;
    create trigger stuck before delete on storage.objects for each row
    when (old.name = '${stuck}') execute function private.refuse()`);
  expect(await objects()).toHaveLength(3);
  await makeDue();
  await sweep();
  await eventually(async () => expect(await objects()).toEqual([stuck]));
  await eventually(async () => expect(await waiting()).toMatchObject([{ name: stuck, attempts: 1 }]));
  await makeDue();
  await sweep();
  await eventually(async () => {
    const [second] = await waiting();
    expect(second?.attempts).toBe(2);
    expect(second?.in_minutes).toBeGreaterThan(5);
  });
  await noctra.sql`drop trigger stuck on storage.objects`;
  await makeDue();
  await sweep();
  await eventually(async () => expect(await objects()).toEqual([]));
});

test('the sweep removes files where the database cannot forget what is expired', async () => {
  const owner = noctra.people[0] as Person;
  await publishFile(owner, noctra);
  await noctra.sql`
    insert into private.idempotency_keys (owner_id, key, request_hash, created_at)
    values (${owner.id}, 'old', '', now() - interval '2 days')`;
  await noctra.sql`
    create trigger stuck before delete on private.idempotency_keys
    for each row execute function private.refuse()`;
  await makeDue();
  await sweep();
  await eventually(async () => expect(await objects()).toEqual([]));
  expect(await noctra.sql`select from private.idempotency_keys where key = 'old'`).toHaveLength(1);
  await noctra.sql`drop trigger stuck on private.idempotency_keys`;
  await sweep();
  expect(await noctra.sql`select from private.idempotency_keys where key = 'old'`).toEqual([]);
});
