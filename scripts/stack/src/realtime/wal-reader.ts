import { randomUUID } from 'node:crypto';
import { on } from 'node:events';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { errorCode, isDatabaseAway } from '../errors.ts';
import { report } from '../service-log.ts';
import { createDecoder, type RowChange } from './pgoutput.ts';

/** What PostgreSQL says where the publication is missing. */
const undefinedObject = '42704';

/** How long a reader whose connection was lost waits before it connects again, in milliseconds. */
const retryMs = 250;

/** How long a reader goes on when nobody listens, in milliseconds. */
const restMs = 30_000;

/** How long PostgreSQL may take to end the reading, in seconds. */
const farewell = 1;

/** How often PostgreSQL is told what may be removed from its log, in milliseconds. */
const confirmMs = 1_000;

export interface WalReader {
  /** Resolves when the reader gets everything that is committed from now on; rejects when the database is away. */
  listen(): Promise<void>;
  /** Nobody listens any more. */
  rest(): void;
  close(): Promise<void>;
}

export interface WalReaderOptions {
  url: string;
  /** The publication that is read. */
  publication: string;
  /** Called for each row in the order of the commits, and awaited: the log waits in PostgreSQL. */
  onRow(change: RowChange): Promise<void> | void;
  /** Called when the reader reads again after it lost its connection, before the first row. */
  onResume?(lostAt: Date): Promise<void>;
}

/**
 * Reads the write-ahead log over a temporary replication slot. The slot ends with its connection, so it never keeps PostgreSQL
 * from removing old log.
 */
export function createWalReader({ url, publication, onRow, onResume }: WalReaderOptions): WalReader {
  let current: Promise<Reading> | null = null;
  let lostAt: Date | null = null;
  let resting: NodeJS.Timeout | undefined;
  let wanted = false;

  function start(): Promise<Reading> {
    const starting = open(url, publication).then(async (reading) => {
      try {
        if (lostAt) await onResume?.(lostAt);
      } catch (error) {
        // An open connection would keep its slot, and with it the log.
        await end(reading);
        throw error;
      }
      lostAt = null;
      void follow(reading, () => current === starting);
      return reading;
    });
    current = starting;
    starting.catch(() => {
      if (current === starting) current = null;
    });
    return starting;
  }

  async function follow(reading: Reading, isCurrent: () => boolean): Promise<void> {
    try {
      await consume(reading, onRow);
    } catch (error) {
      // A publication that the project removed may come again.
      if (isCurrent() && !isDatabaseAway(error) && errorCode(error) !== undefinedObject)
        report('realtime', 'The log of the database could not be read:', error);
    }
    await end(reading);
    // It was stopped; another may read by now.
    if (!isCurrent()) return;
    lostAt = new Date();
    current = null;
    while (wanted && !current) {
      await delay(retryMs, undefined, { ref: false });
      if (wanted) await (current ?? start()).catch(() => {});
    }
  }

  async function stop(): Promise<void> {
    wanted = false;
    clearTimeout(resting);
    const stopping = current;
    current = null;
    lostAt = null;
    const reading = await stopping?.catch(() => null);
    if (reading) await end(reading);
  }

  return {
    async listen() {
      clearTimeout(resting);
      wanted = true;
      await (current ?? start());
    },
    rest() {
      clearTimeout(resting);
      resting = setTimeout(stop, restMs);
      resting.unref();
    },
    close: stop,
  };
}

interface Reading {
  sql: Sql;
  stream: Duplex;
}

async function open(url: string, publication: string): Promise<Reading> {
  const sql = postgres(url, {
    max: 1,
    connect_timeout: 5,
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: 'realtime', replication: 'database' },
  });
  try {
    const slot = `realtime_${randomUUID().replaceAll('-', '')}`;
    await sql.unsafe(`CREATE_REPLICATION_SLOT ${slot} TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`);
    const stream = await sql
      .unsafe(
        `START_REPLICATION SLOT ${slot} LOGICAL 0/0 (proto_version '1', publication_names '${publication}')`,
      )
      .writable();
    // The connection may be lost before anybody reads.
    stream.on('error', () => {});
    return { sql, stream: stream as Duplex };
  } catch (error) {
    await sql.end({ timeout: 0 });
    throw error;
  }
}

async function end({ sql, stream }: Reading): Promise<void> {
  // PostgreSQL ends when it is told so, and may first send what is on its way.
  stream.resume().end();
  await sql.end({ timeout: farewell }).catch(() => {});
}

/** Reads until the connection ends. */
async function consume({ stream }: Reading, onRow: WalReaderOptions['onRow']): Promise<void> {
  if (stream.destroyed) return;
  const decode = createDecoder();
  let confirmed = performance.now();
  const confirm = (end: Buffer) => {
    confirmed = performance.now();
    stream.write(standbyStatus(end));
  };
  // Each event is a message; an iterator of the stream itself would join them.
  const messages = on(stream, 'data', { close: ['close'], highWaterMark: 64, lowWaterMark: 16 });
  for await (const [message] of messages as AsyncIterable<[Buffer]>) {
    const kind = String.fromCharCode(message.readUInt8(0));
    if (kind === 'k') {
      confirm(message.subarray(1, 9));
    } else if (kind === 'w') {
      const change = decode(message.subarray(25));
      if (change) await onRow(change);
      // A start position confirms everything before it.
      if (performance.now() - confirmed > confirmMs) confirm(message.subarray(1, 9));
    }
  }
}

/** The message that everything before a position has been read. */
function standbyStatus(end: Buffer): Buffer {
  const message = Buffer.alloc(34);
  message.write('r');
  for (const place of [1, 9, 17]) end.copy(message, place);
  message.writeBigInt64BE(BigInt(Date.now() - Date.UTC(2000, 0, 1)) * 1000n, 25);
  return message;
}
