/**
 * The limits of hosted Realtime without a spend cap. `supabase start` has the smallest plan's (200 sockets, 100 messages a
 * second); config.toml has no keys for them. Source: Supabase, Realtime, Limits; supabase/realtime's defaults.
 */
export const quotas = {
  sockets: 10_000,
  channelsPerSocket: 100,
  joinsPerSecond: 2_500,
  /** Messages that come in, and each delivery to a channel. */
  eventsPerSecond: 2_500,
  presenceEventsPerSecond: 1_000,
  /** A kilobyte is 1,000 bytes here, with some room for what surrounds a payload. */
  payloadBytes: 3_000 * 1_000 + 500,
  frameBytes: 5_000_000,
  /** Of a join, since a channel keeps its topic and its wishes. The real service bounds the memory of a channel. */
  joinBytes: 256 * 1024,
  /** Subscriptions to changes of tables. */
  changesPerChannel: 100,
  /** How often one channel may change its presence in a window. */
  presenceCalls: 5,
  presenceWindowMs: 30_000,
  /** A socket that sends nothing for so long is closed; clients send a heartbeat every 25 seconds. */
  idleMs: 60_000,
  /** A socket that is in no channel for so long is closed. */
  noChannelMs: 10 * 60_000,
  /** A client that reads so much too slowly is cut: the largest frame fits in any case. */
  bufferedBytes: 16 * 1024 * 1024,
  /** When all clients together let so much wait, those that let more than `echoBytes` wait are cut. */
  waitingBytes: 256 * 1024 * 1024,
  /** While so much waits for a client to read, nothing is read of it: its own messages may come back to it. */
  echoBytes: 1024 * 1024,
  /** A token is checked again after so long, or when it expires. */
  confirmMs: 5 * 60_000,
  /** Messages of the database that are remembered, and the most that are read again when their reader was away. */
  rememberedMessages: 50_000,
} as const;
