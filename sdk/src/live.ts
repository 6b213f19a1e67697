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
  /** The channel stands, for the first time or again: something may have been missed. */
  joined(): void;
  /** The channel does not stand any more. */
  lost(): void;
  refused(): void;
}

interface Topic {
  listeners: Set<Listener>;
  isJoined: boolean;
  channel?: RealtimeChannel;
}

/** Adds a listener to a topic; returns what removes it. */
export type Listen = (topic: string, listener: Listener) => () => void;

/** After a failure, until the next attempt. Random, as in `withRetries`. */
const retryMs = () => 5_000 * (0.5 + Math.random() / 2);

/** A message may come before its rows can be read: PostgreSQL logs a commit, and shows it a moment later. */
const shownMs = 1_000;

/** Opens one private channel for each topic, however many listen to it: supabase-js has one channel for a topic. */
export function createListen(supabase: NoctraSupabaseClient): Listen {
  const topics = new Map<string, Topic>();
  /** The end of the last channel of a topic. Until then supabase-js would give the old one. */
  const left = new Map<string, Promise<unknown>>();

  const open = async (name: string, topic: Topic) => {
    await left.get(name);
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
      topic.isJoined = status === 'SUBSCRIBED';
      if (topic.isJoined) for (const { joined } of topic.listeners) joined();
      else for (const { lost } of topic.listeners) lost();
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
    const leaving = supabase.removeChannel(channel).finally(() => {
      if (left.get(name) === leaving) left.delete(name);
    });
    left.set(name, leaving);
  };

  return (name, listener) => {
    const known = topics.get(name);
    const topic = known ?? { listeners: new Set(), isJoined: false };
    topic.listeners.add(listener);
    if (!known) {
      topics.set(name, topic);
      void open(name, topic);
    } else if (topic.isJoined) listener.joined();
    return () => {
      topic.listeners.delete(listener);
      if (topic.listeners.size === 0 && topics.get(name) === topic) close(name, topic);
    };
  };
}

/** What a subscription does. */
export interface Source<Event> {
  handler: (event: Event) => void;
  signal: AbortSignal | undefined;
  /** The error where the caller may not listen. */
  refused: NoctraError;
  topic(userId: string): string;
  /**
   * Reads what is new and hands it over. It runs at once, at each join, after each message and a moment later, and when
   * it is woken, never twice at a time.
   */
  read(): Promise<void>;
  hear?(event: string, payload: Record<string, unknown>): void;
  /** Called a moment after messages: their rows can be read by now. */
  shown?(): void;
  joined?(): void;
  lost?(): void;
  ended?(): void;
}

/** What a source hands over to. */
export interface Tools<Event> {
  /** Calls the handler. */
  emit(event: Event): void;
  /** Has the source read. */
  wake(): void;
}

type Resolver<T> = (value: T) => void;

/** Makes a subscription. */
export function subscribe<Event>(
  context: Context,
  make: (tools: Tools<Event>) => Source<Event>,
): Subscription {
  let isOver = false;
  let userId = '';
  let shown: ReturnType<typeof setTimeout> | undefined;
  let leave = () => {};
  let settle: Resolver<Result<null>>;
  let tellEnd: Resolver<{ data: null; error: NoctraError }>;
  const ready = new Promise<Result<null>>((resolve) => {
    settle = resolve;
  });
  const ended = new Promise<{ data: null; error: NoctraError }>((resolve) => {
    tellEnd = resolve;
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
        const { status } = error;
        // A refused request would be refused again.
        if (status >= 400 && status < 500 && status !== 429) end(error);
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
    const result = { data: null, error };
    settle(result);
    tellEnd(result);
    source.signal?.removeEventListener('abort', unsubscribe);
    clearTimeout(shown);
    source.ended?.();
    leave();
  };
  const unsubscribe = () => end(unanswered('aborted', source.signal?.reason ?? 'unsubscribed'));
  const source = make({
    // An error of the handler is the app's, and does not stop what follows.
    emit: (event) =>
      queueMicrotask(() => {
        if (!isOver) source.handler(event);
      }),
    wake: () => void wake(),
  });

  const begin = async () => {
    source.signal?.addEventListener('abort', unsubscribe);
    userId = (await requireCaller(context)).id;
    if (isOver) return;
    // The first read finds what exists already, which is not reported.
    void wake();
    leave = context.listen(source.topic(userId), {
      hear(event, payload) {
        source.hear?.(event, payload);
        void wake();
        shown ??= setTimeout(() => {
          shown = undefined;
          source.shown?.();
          void wake();
        }, shownMs);
      },
      joined: () => {
        source.joined?.();
        void wake().then(() => settle({ data: null, error: null }));
      },
      lost: () => source.lost?.(),
      refused: () => end(source.refused),
    });
  };
  void attempt(begin, source.signal).then(({ error }) => error && end(error));
  return { ready, ended, unsubscribe };
}
