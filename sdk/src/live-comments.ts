import type { Comment, Post } from './api.types.ts';
import { type Context, read } from './calls.ts';
import { limits } from './limits.ts';
import { openMs, type Source, settledMs } from './live.ts';
import { noPost } from './posts.ts';
import { withUrls } from './profiles.ts';

/** The counts of a post. */
export type PostCounts = Pick<Post, 'like_count' | 'comment_count' | 'repost_count'>;

/** What happens on a post. */
export type CommentEvent =
  /** A comment or a reply is new, or was edited; or it was deleted and has replies, and stays without text. */
  | { type: 'added' | 'changed'; comment: Comment }
  /** A comment or a reply is not there any more. */
  | { type: 'removed'; id: string; parent: string | null }
  | ({ type: 'counts' } & PostCounts)
  /** The connection was lost for too long, or too many comments changed at once: list them again. */
  | { type: 'outdated' };

/** A message about a comment or about all of them, as `list_comment_events` has it. */
interface Message {
  event: string;
  id: string;
  parent: string | null;
  /** When it came. Not of those that were missed. */
  heardAt?: number;
  isRead?: boolean;
}

type Messages = Map<string, Message>;

/** The event of many comments at once: it has an id of its own. */
const allChanged = 'comments_outdated';

/** How often a connection that stands is noted. Supabase-js notices within twice as long that one is dead. */
const beatMs = 30_000;

/** The source of `comments.subscribe`. */
export function commentSource(
  { supabase, url }: Context,
  post: string,
  emit: (event: CommentEvent) => void,
): Source {
  const messages: Messages = new Map();
  /** What the handler knows: the text of a comment, or null where it is removed. */
  const told = new Map<string, string | null>();
  /** Why the comments have to be listed again: the id of a message, or '' after a long absence. */
  let outdated: string | undefined;
  const beganAt = Date.now();
  /** When the connection last seemed to stand. A device that slept does not count on. */
  let stoodAt = beganAt;
  let isJoined = false;
  const beating = setInterval(() => {
    const now = Date.now();
    if (isJoined && now - stoodAt < 2 * beatMs) stoodAt = now;
  }, beatMs);
  /** Since when something may have been missed. */
  let missedFrom: number | undefined;
  let areCountsOld = false;
  let counts = '';

  const tellCounts = ({ like_count, comment_count, repost_count }: PostCounts) => {
    const event = { type: 'counts' as const, like_count, comment_count, repost_count };
    const text = JSON.stringify(event);
    if (text !== counts) emit(event);
    counts = text;
  };

  const tell = ({ id, event, parent }: Message, row: Comment | undefined) => {
    const text = row ? `${row.hidden_at} ${row.text}` : null;
    if (told.get(id) === text) return;
    if (event === allChanged) outdated = id;
    else if (row) {
      const isNew = event === 'comment_added' && typeof told.get(id) !== 'string';
      emit({ type: isNew ? 'added' : 'changed', comment: withUrls(url, row) });
    } else if (event === 'comment_removed' || told.has(id)) emit({ type: 'removed', id, parent });
    // A new comment that is not there is one that the caller may not see.
    else return;
    told.set(id, text);
    // More than can have been missed. An app may listen for days.
    if (told.size > 1_000) told.delete([...told.keys()][0] ?? '');
  };

  const readMissed = async (from: number) => {
    // A second more, for the way of the request.
    const seconds = Math.ceil((Date.now() - Math.max(beganAt, from - openMs)) / 1000) + 1;
    const query = supabase.rpc('list_comment_events', { post_id: post, seconds }, { get: true });
    const missed = await read<Message[]>(query, undefined, noPost());
    if (seconds > limits.missed_seconds || missed.length === limits.missed_events) outdated = '';
    // What came meanwhile is newer.
    for (const message of [...missed, ...messages.values()]) note(messages, message);
  };

  const readComments = async () => {
    // One that came just now is read at once, and once more.
    const settled = Date.now() - settledMs / 2;
    const isLast = ({ heardAt = 0 }: Message) => heardAt < settled;
    const all = [...messages.values()].filter((message) => !message.isRead || isLast(message));
    while (all.length > 0) {
      const some = all.splice(0, limits.page_size_max);
      const comment_ids = some.map(({ id }) => id);
      const query = supabase.rpc('get_comments', { comment_ids }, { get: true });
      const rows = await read<Comment[]>(query, undefined);
      for (const message of some) {
        message.isRead = true;
        if (isLast(message) && messages.get(message.id) === message) messages.delete(message.id);
        tell(
          message,
          rows.find(({ id }) => id === message.id),
        );
      }
    }
  };

  return {
    refused: noPost(),
    topic: () => `post:${post}`,
    turned(joined) {
      isJoined = joined;
      if (!joined) return;
      // At the last beat but one it stood.
      missedFrom ??= stoodAt - beatMs;
      stoodAt = Date.now();
      areCountsOld = true;
    },
    hear(event, payload) {
      if (event === 'counts') return tellCounts(payload as unknown as PostCounts);
      const message = { ...(payload as unknown as Message), event, heardAt: Date.now() };
      // The app lists the comments when all can be read, and with them those that came before.
      if (event === allChanged) messages.clear();
      note(messages, { ...message, isRead: event === allChanged });
    },
    settled() {
      areCountsOld = true;
    },
    ended() {
      clearInterval(beating);
    },
    // Of the primary: a replica may not have it yet.
    async read() {
      // The connection may be lost again, and the counts change, while this runs.
      const from = missedFrom;
      const withCounts = areCountsOld;
      missedFrom = undefined;
      areCountsOld = false;
      try {
        if (from !== undefined) await readMissed(from);
        await readComments();
        if (withCounts)
          tellCounts(await read<Post>(supabase.rpc('get_post', { post_id: post }, { get: true }), undefined));
      } catch (error) {
        missedFrom = from ?? missedFrom;
        areCountsOld = true;
        throw error;
      }
      if (outdated === undefined) return;
      // The app knows what it lists now.
      for (const id of told.keys()) if (!messages.has(id)) told.delete(id);
      told.set(outdated, null);
      outdated = undefined;
      emit({ type: 'outdated' });
    },
  };
}

/** Adds a message. A comment that was added and edited before it was read is still a new one. */
function note(messages: Messages, message: Message): void {
  const event = message.event === 'comment_changed' && messages.get(message.id)?.event;
  messages.set(message.id, { ...message, event: event || message.event });
}
