import fs from 'node:fs';
import { isDatabaseAway } from '../errors.ts';
import { openPool } from '../postgres/pool.ts';
import { report } from '../service-log.ts';
import { createChanges } from './changes.ts';
import type { RowChange } from './pgoutput.ts';
import { quotas } from './quotas.ts';
import { createSettled } from './settled.ts';
import { createWalReader } from './wal-reader.ts';

/** A message that `realtime.send` or a function like it wrote. */
export interface RealtimeMessage {
  id: string;
  /** Without the prefix `realtime:`. */
  topic: string;
  event: string;
  private: boolean;
  /** JSON text as it is stored, or the bytes of a binary message. */
  payload: string | Uint8Array;
}

/** Who subscribes. */
export interface Subscriber {
  role: string;
  claims: object;
}

/** A subscription to changes of tables. */
export interface Subscription {
  id: number;
  unsubscribe(): void;
  /** From now on changes are shown by the rights of this caller. */
  update(caller: Subscriber): Promise<void>;
}

/** A change of a row, for the subscriptions that may see it. */
export interface Change {
  ids: number[];
  type: 'INSERT' | 'UPDATE' | 'DELETE';
  /** JSON text. */
  data: string;
}

/** What the sockets need of the database. */
export interface RealtimeDatabase {
  /** Sets the listener for messages, which get them in the order of their commits. */
  onMessage(listener: (message: RealtimeMessage) => void): void;
  /** Sets the listener for changes. */
  onChange(listener: (change: Change) => void): void;
  /** Resolves when everything that is committed from now on will be delivered; rejects when the database is away. */
  listen(): Promise<void>;
  /** Nobody listens any more. */
  rest(): void;
  /** Messages of a private topic since a time, the newest of them, oldest first. */
  replay(topic: string, since: Date, limit: number): Promise<RealtimeMessage[]>;
  /** Subscribes to changes. `wanted` is the client's JSON; rejects with a message for the client. */
  subscribe(wanted: Record<string, unknown>, caller: Subscriber): Promise<Subscription>;
  health(): Promise<boolean>;
  close(): Promise<void>;
}

/** How long messages are remembered that were delivered, in milliseconds: more than a reader needs to be back. */
const rememberedMs = 60_000;

const hourMs = 3_600_000;

const partitions = fs.readFileSync(new URL('./partitions.sql', import.meta.url), 'utf8');

/** Opens the side of the database. `url` is the database as the superuser, who reads the log and makes partitions. */
export function openRealtimeDatabase({ url }: { url: string }): RealtimeDatabase {
  // A filter of a subscriber runs there, such as a regular expression.
  const sql = openPool(`${url}&statement_timeout=10000`, 4);
  // Messages do not wait for policies, which are asked in the pool above.
  const ownSql = openPool(url, 1);
  const stored = () => sql`
    select id, topic, event, private, payload::text, binary_payload, inserted_at from realtime.messages
    where extension = 'broadcast'
  `;
  let deliver: (message: RealtimeMessage) => void = () => {};
  let deliverChange: (change: Change) => void = () => {};
  const settled = createSettled(ownSql);
  let listeningSince: Date | undefined;
  const remembered = createMemory(rememberedMs);
  const deliverOnce = (message: RealtimeMessage) => {
    if (remembered.add(message.id)) deliver(message);
  };
  // Messages do not wait for changes, whose rows are looked up for each subscriber.
  const messages = createWalReader({
    url,
    publication: 'supabase_realtime_messages_publication',
    async onRow(row) {
      const message = messageOf(row);
      if (!message) return;
      await settled(row.transaction);
      deliverOnce(message);
    },
    // Clients stay connected while the database restarts: they get what was sent meanwhile.
    async onResume(lostAt) {
      const since = new Date(Math.max(lostAt.getTime() - rememberedMs / 2, listeningSince?.getTime() ?? 0));
      // No more than are remembered, and a few at a time: they may be large.
      const missed = sql<StoredMessage[]>`
        select * from (
          ${stored()} and event is not null and inserted_at >= ${since}
          order by inserted_at desc
          limit ${quotas.rememberedMessages}
        ) newest
        order by inserted_at
      `.cursor(20);
      for await (const rows of missed) for (const row of rows) deliverOnce(fromStored(row));
    },
  });
  const changes = createChanges(sql, settled, (change) => deliverChange(change));
  const changedRows = createWalReader({ url, publication: 'supabase_realtime', onRow: changes.handle });
  const hourly = setInterval(() => {
    sql.unsafe(partitions).catch((error) => {
      if (!isDatabaseAway(error)) report('realtime', 'Partitions could not be made:', error);
    });
  }, hourMs);
  hourly.unref();

  return {
    onMessage(listener) {
      deliver = listener;
    },
    onChange(listener) {
      deliverChange = listener;
    },
    listen() {
      listeningSince ??= new Date();
      return messages.listen();
    },
    rest: messages.rest,
    async replay(topic, since, limit) {
      const rows = await sql<StoredMessage[]>`
        ${stored()} and private and topic = ${topic} and inserted_at >= ${since}
        -- Later partitions are empty.
        and inserted_at < now() + interval '1 minute'
        order by inserted_at desc
        limit ${limit}
      `;
      return rows.map(fromStored).reverse();
    },
    async subscribe(wanted, caller) {
      const subscription = await changes.subscribe(wanted, caller);
      const unsubscribe = () => {
        subscription.unsubscribe();
        if (changes.isEmpty()) changedRows.rest();
      };
      try {
        await changedRows.listen();
      } catch (error) {
        unsubscribe();
        throw error;
      }
      return { ...subscription, unsubscribe };
    },
    health: () =>
      sql`select`.then(
        () => true,
        () => false,
      ),
    async close() {
      clearInterval(hourly);
      await Promise.all([messages.close(), changedRows.close()]);
      await Promise.all([sql.end({ timeout: 5 }), ownSql.end({ timeout: 5 })]);
    },
  };
}

interface StoredMessage {
  id: string;
  topic: string;
  event: string;
  private: boolean;
  payload: string | null;
  binary_payload: Uint8Array | null;
}

function fromStored({
  id,
  topic,
  event,
  private: isPrivate,
  payload,
  binary_payload,
}: StoredMessage): RealtimeMessage {
  return { id, topic, event, private: isPrivate, payload: binary_payload ?? payload ?? 'null' };
}

/** A message from its row in the log; null where the row is no message to send. */
function messageOf({ relation, new: values }: RowChange): RealtimeMessage | null {
  const row = Object.fromEntries(relation.columns.map(({ name }, place) => [name, values?.[place]]));
  const { id, topic, event, payload, extension, binary_payload: bytes } = row;
  if (extension !== 'broadcast' || !id || !topic || !event) return null;
  return {
    id,
    topic,
    event,
    private: row.private === 't',
    // Bytes are written as \x and hexadecimal digits.
    payload: bytes ? Buffer.from(bytes.slice(2), 'hex') : (payload ?? 'null'),
  };
}

/** Remembers ids for a while. `add` says whether an id is new. */
function createMemory(ms: number) {
  const added = new Map<string, number>();
  return {
    add(id: string): boolean {
      if (added.has(id)) return false;
      const now = Date.now();
      added.set(id, now);
      // The oldest come first.
      for (const [old, at] of added) {
        if (now - at < ms && added.size < quotas.rememberedMessages) break;
        added.delete(old);
      }
      return true;
    },
  };
}
