import type { RealtimeChannel } from '@supabase/supabase-js';
import { attempt, type Context, type Result, requireCaller } from './calls.ts';
import type { NoctraSupabaseClient } from './client.ts';
import { type NoctraError, toNoctraError, unanswered } from './errors.ts';

/** What `subscribe` returns. */
export interface Subscription {
  /**
   * Waits until the connection stands. From then on nothing is missed, whatever happens to the connection. An error says
   * that the handler will never be called.
   */
  ready: Promise<Result<null>>;
  /** Waits until the subscription is over, and says why: `aborted` if you ended it, else for example `post_not_found`. */
  ended: Promise<{ data: null; error: NoctraError }>;
  /** Ends the subscription. The handler is not called any more. */
  unsubscribe(): void;
}

/** The callbacks of a listener to a topic. */
interface Listener {
  hear(event: string, payload: Record<string, unknown>): void;
  /** The channel stands, for the first time or again, so that something may have been missed; or not any more. */
  turned(isJoined: boolean): void;
  refused(): void;
}

interface Topic {
  listeners: Set<Listener>;
  channel?: RealtimeChannel;
}

/** Adds a listener to a topic; returns what removes it. */
export type Listen = (topic: string, listener: Listener) => () => void;

/** After a failure, until the next attempt. Random, as in `withRetries`. */
const retryMs = () => 5_000 * (0.5 + Math.random() / 2);

/**
 * After the last message, until all is read once more: PostgreSQL logs a commit, and shows it a moment later; and the
 * server sends counts at most once a second, which lack what others are committing just then.
 */
export const settledMs = 2_000;

/** For how long a transaction may have been open whose rows are new: no request takes half a minute. */
export const openMs = 30_000;

/** Opens one private channel for each topic, however many listen to it: supabase-js has one channel for a topic. */
export function createListen(supabase: NoctraSupabaseClient): Listen {
  const topics = new Map<string, Topic>();
  /** The end of the channels that were closed. Until then supabase-js would give the old one of a topic. */
  let left: Promise<unknown> | undefined;

  const open = async (name: string, topic: Topic) => {
    await left;
    // A channel joins with the token that is there.
    await supabase.realtime.setAuth();
    if (topics.get(name) !== topic) return;
    const channel = supabase.channel(name, { config: { private: true } });
    topic.channel = channel;
    channel.on('broadcast', { event: '*' }, ({ event, payload }) => {
      for (const { hear } of topic.listeners) hear(event, payload);
    });
    channel.subscribe((status, error) => {
      if (topics.get(name) !== topic) return;
      for (const { turned } of topic.listeners) turned(status === 'SUBSCRIBED');
      if (error?.message.startsWith('Unauthorized')) {
        close(name, topic);
        for (const { refused } of topic.listeners) refused();
      } else if (status === 'CLOSED') {
        // The server closes a channel whose token has expired. After all other failures supabase-js joins again.
        setTimeout(() => void open(name, topic), retryMs());
      }
    });
  };

  const close = (name: string, { channel }: Topic) => {
    topics.delete(name);
    if (!channel) return;
    const others = left;
    left = supabase.removeChannel(channel).then(() => others);
  };

  return (name, listener) => {
    const known = topics.get(name);
    const topic = known ?? { listeners: new Set() };
    topic.listeners.add(listener);
    if (!known) {
      topics.set(name, topic);
      void open(name, topic);
    } else if (topic.channel?.state === 'joined') listener.turned(true);
    return () => {
      topic.listeners.delete(listener);
      if (topic.listeners.size === 0 && topics.get(name) === topic) close(name, topic);
    };
  };
}

/** What a subscription does. */
export interface Source {
  /** The error where the caller may not listen. */
  refused: NoctraError;
  topic(userId: string): string;
  /**
   * Reads what is new and hands it over. It runs at once, at each join, after each message, and once more when no other
   * has come for a moment, but never twice at a time.
   */
  read(): Promise<void>;
  hear?(event: string, payload: Record<string, unknown>): void;
  /** Called before it reads once more. */
  settled?(): void;
  turned?(isJoined: boolean): void;
  ended?(): void;
}

/** Makes a subscription. */
export function subscribe<Event>(
  context: Context,
  handler: (event: Event) => void,
  signal: AbortSignal | undefined,
  make: (emit: (event: Event) => void) => Source,
): Subscription {
  let isOver = false;
  let userId = '';
  let settling: ReturnType<typeof setTimeout> | undefined;
  let leave = () => {};
  let tellReady: (result: Result<null>) => void;
  let tellEnd: (result: { data: null; error: NoctraError }) => void;
  const ended = new Promise<{ data: null; error: NoctraError }>((resolve) => {
    tellEnd = resolve;
  });
  const ready = new Promise<Result<null>>((resolve) => {
    tellReady = resolve;
    void ended.then(resolve);
  });

  let isWoken = false;
  let running: Promise<void> | undefined;
  const run = async () => {
    while (isWoken && !isOver) {
      isWoken = false;
      try {
        // Not as a guest while the session cannot be renewed, and not as another user.
        if ((await requireCaller(context)).id !== userId) throw source.refused;
        await source.read();
      } catch (cause) {
        const error = toNoctraError(cause);
        // A refused request would be refused again, but for one too many.
        if (/^4(?!29)/.test(String(error.status))) end(error);
        else {
          isWoken = true;
          await new Promise((resolve) => setTimeout(resolve, retryMs()));
        }
      }
    }
    running = undefined;
  };
  const wake = () => {
    isWoken = true;
    running ??= run();
    return running;
  };
  const end = (error: NoctraError) => {
    isOver = true;
    tellEnd({ data: null, error });
    signal?.removeEventListener('abort', unsubscribe);
    clearTimeout(settling);
    source.ended?.();
    leave();
  };
  const unsubscribe = () => end(unanswered('aborted', signal?.reason ?? 'unsubscribed'));
  const source = make((event) =>
    // An error of the handler is the app's, and does not stop what follows.
    queueMicrotask(() => {
      if (!isOver) handler(event);
    }),
  );

  const begin = async () => {
    signal?.addEventListener('abort', unsubscribe);
    userId = (await requireCaller(context)).id;
    if (isOver) return;
    // The first read finds what exists already, which is not reported.
    void wake();
    leave = context.listen(source.topic(userId), {
      hear(event, payload) {
        source.hear?.(event, payload);
        void wake();
        clearTimeout(settling);
        settling = setTimeout(() => {
          source.settled?.();
          void wake();
        }, settledMs);
      },
      turned(isJoined) {
        source.turned?.(isJoined);
        if (isJoined) void wake().then(() => tellReady({ data: null, error: null }));
      },
      refused: () => end(source.refused),
    });
  };
  void attempt(begin, signal).then(({ error }) => error && end(error));
  return { ready, ended, unsubscribe };
}
