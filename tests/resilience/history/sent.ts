import type postgres from 'postgres';
import type { Memory } from './notified.ts';
import type { Rows } from './rows.ts';
import { silenceOfHidden } from './silence.ts';

/** A message to a topic of Realtime. */
interface Message {
  topic: string;
  event: string;
  payload: Record<string, unknown>;
}

/** The fields that a payload may have: ids, kinds and counts, but nothing of what users wrote. */
const fields: Record<string, string[]> = {
  notification: ['id', 'kind'],
  read: ['id', 'unread_count'],
  comment_added: ['id', 'parent'],
  comment_changed: ['id', 'parent'],
  comment_removed: ['id', 'parent'],
  comments_outdated: ['id'],
  counts: ['comment_count', 'id', 'like_count', 'repost_count'],
};

/** Events that were sent to somebody else or say too much, and what was told or written without one. */
export async function eventFaults(sql: postgres.ISql, rows: Rows, memory: Memory): Promise<string[]> {
  const topics = [
    ...rows.profiles.map(({ id }) => `person:${id}`),
    ...rows.posts.map(({ id }) => `post:${id}`),
  ];
  const messages = await sql<Message[]>`
    select topic, event, payload
    from realtime.messages
    where topic = any (${topics}) and extension = 'broadcast' and private`;
  const faults = messages
    .filter(({ event, payload }) => !Object.keys(payload).every((field) => fields[event]?.includes(field)))
    .map((message) => `an event that says too much: ${JSON.stringify(message)}`);

  const bundles = new Map(rows.notifications.map((bundle) => [bundle.id, bundle]));
  const told = rows.notification_actors.map(({ id, notification_id }) => {
    const { recipient_id = '', kind = '' } = bundles.get(notification_id) ?? {};
    return { id, topic: `person:${recipient_id}`, kind };
  });
  const places = new Map<unknown, string>([
    ...told.map(({ id, topic }): [string, string] => [id, topic]),
    ...rows.comments.map(({ id, post_id }): [string, string] => [id, `post:${post_id}`]),
  ]);
  for (const message of messages) {
    const place = places.get(message.payload.id);
    if (place !== undefined && place !== message.topic && message.event !== 'counts')
      faults.push(`an event to another topic than ${place}: ${JSON.stringify(message)}`);
  }

  const count = <T>(all: T[], key: (one: T) => string) => {
    const counts = new Map<string, number>();
    for (const one of all) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1);
    return counts;
  };
  const sent = count(messages, ({ topic, event, payload }) => `${topic} ${payload.kind ?? event}`);
  for (const [what, number] of count(told, ({ topic, kind }) => `${topic} ${kind}`))
    if ((sent.get(what) ?? 0) < number) faults.push(`fewer events than notifications: ${what}`);

  const added = new Set(
    messages.flatMap(({ event, payload }) => (event === 'comment_added' ? [payload.id] : [])),
  );
  for (const { id, post_id, hidden_at } of rows.comments) {
    // While the post was closed nothing was sent.
    const wasClosed = memory.silent.has(silenceOfHidden(post_id));
    if (!added.has(id) && !wasClosed && hidden_at === null)
      faults.push(`a comment without an event: ${id} on ${post_id}`);
  }
  return faults;
}
