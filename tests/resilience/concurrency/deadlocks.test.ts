import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { call } from '../../kit/api.ts';
import { openDatabase } from '../../kit/database.ts';
import { newPeople, type Person } from '../../kit/people.ts';
import { createPost } from '../../kit/posts.ts';
import { dataOf } from '../../kit/results.ts';
import { eventually } from '../../kit/waiting.ts';

const sql = openDatabase();

/**
 * Runs an edit that mentions a user into a deadlock. Only a transaction outside of Noctra makes one here: it locks the
 * mentioned profile first and the post second. PostgreSQL ends the transaction that began to wait last: the edit.
 */
async function deadlock<T>(
  author: Person,
  postId: string,
  mentioned: Person,
  edit: () => PromiseLike<T>,
): Promise<T> {
  const counter = await sql.reserve();
  const rival = await sql.reserve();
  try {
    await counter`begin`;
    await counter`
      insert into private.rate_counters (action, subject, started_at, count)
      values ('update_post', ${author.id}, now(), 0)
    `;
    await rival`begin`;
    await rival`select from public.profiles where id = ${mentioned.id} for update`;
    const [counting, rivaling] = [await pidOf(counter), await pidOf(rival)];
    // The edit holds the post and waits for the counter.
    const edited = Promise.resolve(edit());
    await eventually(async () =>
      expect(
        await sql`select from pg_stat_activity where ${counting}::integer = any (pg_blocking_pids(pid))`,
      ).toHaveLength(1),
    );
    const waited = rival`select from public.posts where id = ${postId} for update`.execute();
    // PostgreSQL has looked for a deadlock of the rival, and found none.
    await eventually(async () =>
      expect(
        await sql`
          select from pg_locks
          where pid = ${rivaling} and not granted
            and waitstart < clock_timestamp() - 1.5 * current_setting('deadlock_timeout')::interval
        `,
      ).toHaveLength(1),
    );
    // The edit continues, and waits for the mentioned profile.
    await counter`rollback`;
    await waited;
    await rival`rollback`;
    return await edited;
  } finally {
    await rival`rollback`;
    for (const session of [counter, rival]) session.release();
  }
}

async function pidOf(session: postgres.ReservedSql): Promise<number> {
  const [row] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return row?.pid as number;
}

test('the function retries an edit that a deadlock has ended', async () => {
  const [author, mentioned] = (await newPeople(2)) as [Person, Person];
  const { id } = await createPost(author, { caption: 'Before' });
  const json = { caption: 'After', mentions: [mentioned.id] };
  const edit = () => call(`/posts/${id}/`, { method: 'PATCH', token: author.token, json });
  expect(await deadlock(author, id, mentioned, edit)).toMatchObject({
    status: 200,
    json: { caption: 'After', mentions: [{ id: mentioned.id }] },
  });
});

test('an RPC that a deadlock has ended answers 40P01, writes nothing, and succeeds when it is repeated', async () => {
  const [author, mentioned] = (await newPeople(2)) as [Person, Person];
  const { id } = await createPost(author, { caption: 'Before' });
  const edit = async () =>
    await author.client.rpc('update_post', { post_id: id, caption: 'After', mentions: [mentioned.id] });
  const { status, error } = await deadlock(author, id, mentioned, edit);
  expect({ status, code: error?.code }).toEqual({ status: 500, code: '40P01' });
  expect(dataOf(await author.client.from('posts').select('caption').eq('id', id))).toEqual([
    { caption: 'Before' },
  ]);
  expect(dataOf(await edit())).toMatchObject({ caption: 'After' });
});
