import { isDeepStrictEqual } from 'node:util';
import type postgres from 'postgres';
import { actAs } from '../../kit/database.ts';
import { readsOf } from './model.ts';
import { type Memory, notificationFaults } from './notified.ts';
import type { World } from './operations.ts';
import { type Rows, readRows } from './rows.ts';
import { eventFaults } from './sent.ts';

/** Runs a query as the caller; the code of a refusal is an answer as well. */
const answerFunction = `
  create or replace function pg_temp.answer(query text) returns jsonb language plpgsql as $$
  declare
    v_answer jsonb;
    v_code text;
  begin
    execute query into v_answer;
    return v_answer;
  exception when others then
    get stacked diagnostics v_code = pg_exception_hint;
    return jsonb_build_object('refused', coalesce(nullif(v_code, ''), sqlerrm));
  end
  $$`;

/**
 * Where what users read, what they were told and what is stored differs from what the base tables say. While no step is
 * under way.
 */
export async function differences(sql: postgres.Sql, world: World, memory: Memory): Promise<string[]> {
  const people = world.people.map(({ id }) => id);
  return sql.begin('isolation level repeatable read', async (tx) => {
    await tx.unsafe(answerFunction);
    await tx`grant execute on function pg_temp.answer(text) to authenticated`;
    const rows = await readRows(tx, people);
    const found = [
      ...rowFaults(rows),
      ...notificationFaults(rows, world.silences, memory),
      ...(await eventFaults(tx, rows, memory)),
      ...(await countersOfNobody(tx, rows, [...world.ids])),
    ];
    world.silences.clear();
    for (const id of people) {
      const reads = readsOf(rows, id, world.tags);
      await actAs(tx, { id });
      const answers = await tx<{ answer: unknown }[]>`
        select pg_temp.answer(query) as answer
        from unnest(${reads.map(({ query }) => query)}::text[]) with ordinality as reads (query, place)
        order by place`;
      await tx`reset role`;
      for (const [place, { query, expected }] of reads.entries()) {
        const actual = only(answers[place]?.answer, expected);
        if (!isDeepStrictEqual(actual, expected))
          found.push(`${id} reads ${query}: ${describe(expected, actual)}`);
      }
    }
    return found;
  });
}

/** How an answer differs from the expected one. */
function describe(expected: unknown, actual: unknown): string {
  if (!Array.isArray(expected) || !Array.isArray(actual))
    return `${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;
  const lacks = (list: unknown[], item: unknown) => !list.some((other) => isDeepStrictEqual(other, item));
  const missing = expected.filter((item) => lacks(actual, item));
  const wrong = actual.filter((item) => lacks(expected, item));
  return `missing ${JSON.stringify(missing)}, wrong ${JSON.stringify(wrong)} (both empty: in another order)`;
}

/** The part of an answer that the expected one names. */
function only(actual: unknown, expected: unknown): unknown {
  if (Array.isArray(actual) && Array.isArray(expected))
    return actual.map((item, place) => only(item, expected[place] ?? expected[0]));
  if (!isObject(actual) || !isObject(expected)) return actual;
  return Object.fromEntries(Object.keys(expected).map((key) => [key, only(actual[key], expected[key])]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Rows that may not be beside each other. */
function rowFaults(rows: Rows): string[] {
  const isBlocked = (a: string | null | undefined, b: string) =>
    rows.blocks.some(
      ({ blocker_id, blocked_id }) =>
        (blocker_id === a && blocked_id === b) || (blocker_id === b && blocked_id === a),
    );
  const profileOf = (id: string | null) => rows.profiles.find((profile) => profile.id === id);
  const postOf = (id: string) => rows.posts.find((post) => post.id === id);
  const commentOf = (id: string) => rows.comments.find((comment) => comment.id === id);
  const actorsOf = (id: string) =>
    rows.notification_actors.filter(({ notification_id }) => notification_id === id);
  const tagsIn = ({ caption }: { caption: string }) =>
    [...caption.matchAll(/#(\w+)/g)].map(([, tag]) => tag ?? '');
  const wrong: Record<string, unknown[]> = {
    'a follow beside a block': rows.follows.filter((one) => isBlocked(one.follower_id, one.followee_id)),
    'a request to follow a public profile': rows.follows.filter(
      ({ state, followee_id }) => state === 'requested' && profileOf(followee_id)?.is_public,
    ),
    'a mention in a post beside a block': rows.post_mentions.filter((one) =>
      isBlocked(postOf(one.post_id)?.owner_id, one.profile_id),
    ),
    'a mention in a comment beside a block': rows.comment_mentions.filter((one) =>
      isBlocked(commentOf(one.comment_id)?.owner_id, one.profile_id),
    ),
    'a wrong is_visible_to_all': rows.posts.filter(
      ({ is_visible_to_all, is_public, hidden_at, owner_id }) =>
        is_visible_to_all !== (is_public && hidden_at === null && profileOf(owner_id)?.is_public),
    ),
    'a post with other tags than its caption': rows.posts.filter((post) => {
      const tags = rows.post_tags.filter(({ post_id }) => post_id === post.id);
      const said = tagsIn(post);
      return (
        said.some((tag) => !tags.some((one) => one.tag === tag)) ||
        tags.some(({ tag, source }) => source === 'caption' && !said.includes(tag))
      );
    }),
    'a deleted comment without replies': rows.comments.filter(
      ({ id, owner_id }) => owner_id === null && !rows.comments.some(({ parent_id }) => parent_id === id),
    ),
    'a reply that is shown below a hidden comment': rows.comments.filter(
      ({ parent_id, owner_id, hidden_at }) =>
        owner_id !== null && hidden_at === null && parent_id !== null && commentOf(parent_id)?.hidden_at,
    ),
    'a like of a deleted comment': rows.comment_likes.filter(
      ({ comment_id }) => !commentOf(comment_id)?.owner_id,
    ),
    'a mention in a deleted comment': rows.comment_mentions.filter(
      ({ comment_id }) => !commentOf(comment_id)?.owner_id,
    ),
    'a notification that is wrong about its users': rows.notifications.filter(
      ({ id, actor_count, newest, recipient_id }) => {
        const actors = actorsOf(id);
        return (
          actors.length === 0 ||
          actors.length !== actor_count ||
          newest !==
            actors
              .map((actor) => actor.id)
              .sort()
              .at(-1) ||
          actors.some((actor) => actor.recipient_id !== recipient_id || actor.actor_id === recipient_id) ||
          actors.some((actor) => isBlocked(actor.actor_id, recipient_id)) ||
          rows.mutes.some(
            ({ muter_id, muted_id }) =>
              muter_id === recipient_id && actors.some(({ actor_id }) => actor_id === muted_id),
          )
        );
      },
    ),
    'a user twice in a group of notifications': [
      ...Map.groupBy(rows.notification_actors, ({ notification_id, actor_id }) => {
        const of = rows.notifications.find(({ id }) => id === notification_id);
        return [of?.kind, of?.recipient_id, of?.target_id, of?.day, actor_id].join();
      }).values(),
    ].filter(({ length }) => length > 1),
  };
  return Object.entries(wrong).flatMap(([what, found]) =>
    found.map((row) => `${what}: ${JSON.stringify(row)}`),
  );
}

/** The counters of users, posts and comments that are gone. */
async function countersOfNobody(tx: postgres.TransactionSql, rows: Rows, ids: string[]): Promise<string[]> {
  const there = [...rows.profiles, ...rows.posts, ...rows.comments].map(({ id }) => id);
  const found = await tx`
    select subject_id, counted, value
    from private.counters
    where subject_id = any (${ids}) and subject_id <> all (${there})`;
  return found.map((row) => `a counter of nobody: ${JSON.stringify(row)}`);
}
