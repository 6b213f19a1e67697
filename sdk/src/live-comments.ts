import type { Comment, Post } from './api.types.ts';
import { type CallOptions, type Context, read } from './calls.ts';
import { limits } from './limits.ts';
import type { Source, Tools } from './live.ts';
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

interface Options extends CallOptions {
  post: string;
  handler: (event: CommentEvent) => void;
}

/** A message about a comment or about all of them, as `list_comment_events` has it. */
interface Message {
  event: string;
  id: string;
  parent: string | null;
}

type Messages = Map<string, Message>;

/** The event of many comments at once: it has an id of its own. */
const allChanged = 'comments_outdated';

/** The server sends counts at most once a second, and they lack what others are committing just then. */
const settledMs = 2_000;

/** How often a connection that stands is noted. Supabase-js notices within twice as long that one is dead. */
const beatMs = 30_000;

/** A transaction that was open when the connection was lost may have ended since: no request takes half a minute. */
const openMs = 30_000;

/** The source of `comments.subscribe`. */
export function commentSource(
  { supabase, url }: Context,
  { post, handler, signal }: Options,
  { emit, wake }: Tools<CommentEvent>,
): Source<CommentEvent> {
  const messages: Messages = new Map();
  /** Those that are read once more. */
  const latest: Messages = new Map();
  /** What the handler knows: the text of a comment, or null where it is removed. */
  const told = new Map<string, string | null>();
  /** Why the comments have to be listed again: the id of a message, or '' after a long absence. */
  let outdated: string | undefined;
  const beganAt = Date.now();
  let heardAt = beganAt;
  /** The last two times at which the connection stood. A device that slept does not count on. */
  let beats: [number, number] = [beganAt, beganAt];
  let isJoined = false;
  const beating = setInterval(() => {
    const now = Date.now();
    if (isJoined && now - beats[1] < 2 * beatMs) beats = [beats[1], now];
  }, beatMs);
  /** Since when something may have been missed. */
  let missedFrom: number | undefined;
  let areCountsOld = false;
  let counts = '';
  let settled: ReturnType<typeof setTimeout> | undefined;

  const tellCounts = ({ like_count, comment_count, repost_count }: PostCounts) => {
    const event = { type: 'counts' as const, like_count, comment_count, repost_count };
    const text = JSON.stringify(event);
    if (text !== counts) emit(event);
    counts = text;
  };

  const tell = ({ id, event, parent }: Message, row: Comment | undefined) => {
    const text = row ? JSON.stringify([row.text, row.hidden_at]) : null;
    if (told.get(id) === text) return;
    if (event === allChanged) outdated = id;
    else if (row) {
      const isNew = event === 'comment_added' && typeof told.get(id) !== 'string';
      emit({ type: isNew ? 'added' : 'changed', comment: withUrls(url, row) });
    } else if (event === 'comment_removed' || told.has(id)) emit({ type: 'removed', id, parent });
    // A new comment that is not there is one that the caller may not see.
    else return;
    told.set(id, text);
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
    while (messages.size > 0) {
      const some = [...messages.values()].slice(0, limits.page_size_max);
      const comment_ids = some.map(({ id }) => id);
      const query = supabase.rpc('get_comments', { comment_ids }, { get: true });
      const rows = await read<Comment[]>(query, undefined);
      for (const message of some) {
        // One that came meanwhile is read in the next round.
        if (messages.get(message.id) === message) messages.delete(message.id);
        tell(
          message,
          rows.find(({ id }) => id === message.id),
        );
      }
    }
  };

  return {
    handler,
    signal,
    refused: noPost(),
    topic: () => `post:${post}`,
    joined() {
      missedFrom ??= Math.max(heardAt, beats[0]);
      heardAt = Date.now();
      beats = [heardAt, heardAt];
      isJoined = true;
      areCountsOld = true;
    },
    hear(event, payload) {
      heardAt = Date.now();
      clearTimeout(settled);
      settled = setTimeout(() => {
        areCountsOld = true;
        wake();
      }, settledMs);
      if (event === 'counts') return tellCounts(payload as unknown as PostCounts);
      const message = { event, ...(payload as unknown as Omit<Message, 'event'>) };
      note(latest, message);
      // The app lists the comments when all can be read.
      if (event !== allChanged) note(messages, message);
    },
    shown() {
      for (const message of latest.values()) note(messages, message);
      latest.clear();
    },
    lost() {
      isJoined = false;
    },
    ended() {
      clearTimeout(settled);
      clearInterval(beating);
    },
    // Of the primary: a replica may not have it yet.
    async read() {
      // The connection may be lost again, and the counts change, while this runs.
      const [from, withCounts] = [missedFrom, areCountsOld];
      missedFrom = undefined;
      areCountsOld = false;
      try {
        if (from !== undefined) await readMissed(from);
        await readComments();
        if (withCounts)
          tellCounts(await read<Post>(supabase.rpc('get_post', { post_id: post }, { get: true }), undefined));
      } catch (error) {
        missedFrom = from ?? missedFrom;
        areCountsOld ||= withCounts;
        throw error;
      }
      if (outdated === undefined) return;
      // What the app knows is what it lists now.
      told.clear();
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
