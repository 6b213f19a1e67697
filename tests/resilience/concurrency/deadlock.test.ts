import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { call } from '../../kit/api.ts';
import { openDatabase } from '../../kit/database.ts';
import { newPeople, newUsername, type Person } from '../../kit/people.ts';
import { dataOf } from '../../kit/results.ts';
import { eventually } from '../../kit/waiting.ts';

const sql = openDatabase();

/**
 * Brings an edit into a deadlock, as only a transaction outside of Noctra can: one that writes a tag first, and wants
 * the post second. PostgreSQL ends whoever waits last.
 */
async function deadlock<T>(
  { id }: Person,
  postId: string,
  tag: string,
  edit: () => PromiseLike<T>,
): Promise<T> {
  const counter = await sql.reserve();
  const rival = await sql.reserve();
  try {
    await counter`begin`;
    await counter`
      insert into private.rate_counters (action, subject, started_at, count) values ('update_post', ${id}, now(), 0)
    `;
    await rival`begin`;
    await rival`insert into public.tags (name) values (${tag})`;
    const [counting, rivaling] = [await pidOf(counter), await pidOf(rival)];
    // The edit holds the post and waits for the counter.
    const edited = Promise.resolve(edit());
    await eventually(async () =>
      expect(
        await sql`select from pg_stat_activity where ${counting}::integer = any (pg_blocking_pids(pid))`,
      ).toHaveLength(1),
    );
    const waited = rival`select from public.posts where id = ${postId} for update`.execute();
    // The rival has looked for a deadlock, and found none.
    await eventually(async () =>
      expect(
        await sql`
          select from pg_locks
          where pid = ${rivaling} and not granted
            and waitstart < clock_timestamp() - 1.5 * current_setting('deadlock_timeout')::interval
        `,
      ).toHaveLength(1),
    );
    // Now the edit goes on, and waits for the rival's tag.
    await counter`rollback`;
    const answer = await edited;
    await waited;
    return answer;
  } finally {
    await rival`rollback`;
    for (const session of [counter, rival]) session.release();
  }
}

async function pidOf(session: postgres.ReservedSql): Promise<number> {
  const [row] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return row?.pid as number;
}

test('an edit that ends in a deadlock answers 503 with when to try again, and writes nothing', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const { id } = dataOf(await author.client.rpc('create_post', { caption: 'Before' }));
  const tag = `t${newUsername().slice(2)}`;
  const edit = () =>
    call(`/posts/${id}/`, { method: 'PATCH', token: author.token, json: { caption: 'After', tags: [tag] } });
  const answer = await deadlock(author, id, tag, edit);
  expect(answer).toMatchObject({ status: 503, json: { code: 'service_unavailable' } });
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(dataOf(await author.client.from('posts').select('caption').eq('id', id))).toEqual([
    { caption: 'Before' },
  ]);
  expect(await edit()).toMatchObject({ status: 200, json: { caption: 'After' } });
});

test('past the function the answer is PostgREST’s 500 with the code 40P01, and the next try succeeds', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const { id } = dataOf(await author.client.rpc('create_post', { caption: 'Before' }));
  const tag = `t${newUsername().slice(2)}`;
  const edit = async () =>
    await author.client.rpc('update_post', { post_id: id, caption: 'After', tags: [tag] });
  const { status, error } = await deadlock(author, id, tag, edit);
  expect({ status, code: error?.code }).toEqual({ status: 500, code: '40P01' });
  expect(dataOf(await edit())).toMatchObject({ caption: 'After' });
});
