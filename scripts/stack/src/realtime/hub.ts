import type { RealtimeDatabase, Subscription } from './database.ts';
import type { Frame, Version } from './frames.ts';
import type { Join } from './join.ts';
import type { Extension, Policies } from './policies.ts';
import { createRate, type Rate } from './rate.ts';
import type { Claims, Sessions } from './session.ts';

/** A client's WebSocket. */
export interface Socket {
  version: Version;
  /** The token that stands for the API key of the connection. */
  token: string;
  /** The headers that policies may read. */
  headers: Record<string, string>;
  readonly isOpen: boolean;
  /** The channels that it has joined, by topic. */
  channels: Map<string, Channel>;
  send(frame: Frame | null): void;
  /** Ends the connection, as the server's wish. */
  disconnect(): void;
}

/** A topic that a socket has joined. */
export interface Channel {
  socket: Socket;
  /** With the prefix `realtime:`. */
  topic: string;
  name: string;
  joinRef: unknown;
  join: Join;
  token: string;
  claims: Claims;
  /** What the policies said; undefined where they were not asked yet. On a public channel everything is allowed. */
  reads: Partial<Record<Extension, boolean>>;
  writes: Partial<Record<Extension, boolean>>;
  presence: Tracked;
  /** Messages that were replayed: they are not delivered once more. */
  replayed: ReadonlySet<string>;
  subscriptions: { wishId: number; subscription: Subscription }[];
  /** The last attempt to subscribe: earlier ones end. */
  attempt: symbol | undefined;
  /** The next check of the token. */
  timer: NodeJS.Timeout | undefined;
  isOpen: boolean;
}

/** What a channel says of itself to the others of its topic. */
export interface Tracked {
  key: string;
  enabled: boolean;
  /** What the client sent, as text, and what others see. */
  now: { text: string; meta: Record<string, unknown> } | null;
  /** How often the client has called since the window began. */
  calls: number;
  windowEnds: number;
}

/** What all sockets share. */
export interface Hub {
  database: RealtimeDatabase;
  policies: Policies;
  sessions: Sessions;
  /** The channels of each topic that has any. */
  topics: Map<string, Set<Channel>>;
  /** The channel of each subscription to changes. */
  subscribers: Map<number, { channel: Channel; wishId: number }>;
  rates: Record<'joins' | 'events' | 'presence', Rate>;
}

export function createHub(parts: Pick<Hub, 'database' | 'policies' | 'sessions'>): Hub {
  return {
    ...parts,
    topics: new Map(),
    subscribers: new Map(),
    rates: { joins: createRate(), events: createRate(), presence: createRate() },
  };
}

/** Public and private channels of one name are apart. */
export function topicKey(name: string, isPrivate: boolean): string {
  return `${isPrivate ? 'private' : 'public'}:${name}`;
}

export function keyOf({ name, join }: Channel): string {
  return topicKey(name, join.isPrivate);
}

/** The channels of a topic. */
export function membersOf(hub: Hub, key: string): Iterable<Channel> {
  return hub.topics.get(key) ?? [];
}

export function enter(hub: Hub, channel: Channel): void {
  const key = keyOf(channel);
  const members = hub.topics.get(key) ?? new Set();
  hub.topics.set(key, members.add(channel));
}

export function leave(hub: Hub, channel: Channel): void {
  const key = keyOf(channel);
  const members = hub.topics.get(key);
  members?.delete(channel);
  if (members?.size === 0) hub.topics.delete(key);
  if (hub.topics.size === 0) hub.database.rest();
}

/** Makes a frame once for each version that asks for it. */
export function onceForEachVersion(
  make: (version: Version) => Frame | null,
): (version: Version) => Frame | null {
  const made = new Map<Version, Frame | null>();
  return (version) => {
    const known = made.get(version);
    if (known !== undefined) return known;
    const frame = make(version);
    made.set(version, frame);
    return frame;
  };
}
