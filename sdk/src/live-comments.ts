import type { Comment, Post } from './api.types.ts';
import { type CallOptions, read } from './calls.ts';
import type { NoctraSupabaseClient } from './client.ts';
import { limits } from './limits.ts';
import type { Source, Tools } from './live.ts';
import { noPost } from './posts.ts';

/** The counts of a post. */
export type PostCounts = Pick<Post, 'like_count' | 'comment_count' | 'repost_count'>;

/** What happens on a post. */
export type CommentEvent =
  /** A comment or a reply is new, or was edited; or it was deleted and has replies, and stays without text. */
  | { type: 'added' | 'changed'; comment: Comment }
  /** A comment or a reply is not there any more. */
  | { type: 'removed'; id: string; parent: string | null }
  | ({ type: 'counts' } & PostCounts)
  /** The connection was lost for so long that you have to list the comments again. */
  | { type: 'outdated' };

interface Options extends CallOptions {
  supabase: NoctraSupabaseClient;
  post: string;
  handler: (event: CommentEvent) => void;
  /** Makes a comment of a row. */
  complete: (comment: Comment) => Comment;
}

/** A message about a comment, as `list_comment_events` has it. */
interface Message {
  event: string;
  id: string;
  parent: string | null;
}

/** The server sends counts at most once a second, and they lack what others are committing just then. */
const settledMs = 2_000;

/** How often a connection that stands is noted. Supabase-js notices within twice as long that one is dead. */
const beatMs = 30_000;

/** A transaction that was open when the connection was lost may have ended since: no request takes half a minute. */
const openMs = 30_000;

/** The source of `comments.subscribe`. */
export function commentSource(
  { supabase, post, handler, signal, complete }: Options,
  { emit, wake }: Tools<CommentEvent>,
): Source<CommentEvent> {
  const messages = new Map<string, Message>();
  /** Those that are read once more. */
  const latest = new Map<string, Message>();
  /** What the handler knows: the text of a comment, or null where it is removed. */
  const told = new Map<string, string | null>();
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

  const note = (message: Message) => messages.set(message.id, message);

  const tellCounts = ({ like_count, comment_count, repost_count }: PostCounts) => {
    const event = { type: 'counts' as const, like_count, comment_count, repost_count };
    const text = JSON.stringify(event);
    if (text !== counts) emit(event);
    counts = text;
  };

  const tell = ({ id, event, parent }: Message, row: Comment | undefined) => {
    const text = row ? JSON.stringify([row.text, row.is_deleted]) : null;
    // A new comment that is not there is one that the caller may not see.
    if (told.get(id) === text || (!row && !told.has(id) && event !== 'comment_removed')) return;
    if (!row) emit({ type: 'removed', id, parent });
    else {
      const isNew = event === 'comment_added' && typeof told.get(id) !== 'string';
      emit({ type: isNew ? 'added' : 'changed', comment: complete(row) });
    }
    told.set(id, text);
  };

  const readMissed = async (from: number) => {
    // A second more, for the way of the request.
    const seconds = Math.ceil((Date.now() - Math.max(beganAt, from - openMs)) / 1000) + 1;
    const query = supabase.rpc('list_comment_events', { post_id: post, seconds }, { get: true });
    const missed = await read<Message[]>(query, undefined, noPost());
    if (seconds > limits.missed_seconds || missed.length === limits.missed_events) emit({ type: 'outdated' });
    for (const message of missed) if (!messages.has(message.id)) note(message);
    missedFrom = undefined;
  };

  const readCounts = async () => {
    areCountsOld = false;
    try {
      tellCounts(await read<Post>(supabase.rpc('get_post', { post_id: post }, { get: true }), undefined));
    } catch (error) {
      areCountsOld = true;
      throw error;
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
      if (event === 'counts') {
        tellCounts(payload as unknown as PostCounts);
        clearTimeout(settled);
        settled = setTimeout(() => {
          areCountsOld = true;
          wake();
        }, settledMs);
      } else {
        const message = { event, ...(payload as unknown as Omit<Message, 'event'>) };
        note(message);
        latest.set(message.id, message);
      }
    },
    shown() {
      for (const message of latest.values()) note(message);
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
      if (missedFrom !== undefined) await readMissed(missedFrom);
      if (areCountsOld) await readCounts();
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
    },
  };
}
