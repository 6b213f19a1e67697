import { once } from 'node:events';
import net from 'node:net';
import postgres from 'postgres';
import { RefusedError } from './errors.ts';
import { isConnectionError } from './failures.ts';

/** A row as it comes from the wire: each value its text in UTF-8. */
export type Row = readonly (Buffer | null)[];

/** One connection to the database, for one request at a time. */
export interface Lane {
  /** Whether it can serve another request. */
  usable: boolean;
  /**
   * Sends a statement without waiting for those before it. Values are text; PostgreSQL says what type each is. Without
   * a list of them it is a command, such as `commit`, that is never prepared; `anew` leaves what is prepared aside.
   */
  send(text: string, values?: readonly (string | null)[], anew?: boolean): Promise<readonly Row[]>;
  /** Whether a statement is prepared on this connection already, so that sending it takes no round trip of its own. */
  isPrepared(text: string): boolean;
  /** Whether it ever reached the database. */
  connected: boolean;
  /** Ends the connection: no other request may find what this one left. */
  discard(): void;
  end(): Promise<void>;
}

/** A bounded number of connections, each made when it is first needed. */
export interface Lanes {
  /** Lends a connection for as long as `work` takes. Waiting for one ends in PGRST003, a database that is away in PGRST000. */
  use<T>(work: (lane: Lane) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** What the connections are made of. */
export interface LanesOptions {
  url: string;
  /** How many connections there are at most. */
  max: number;
  /** How long a request waits for one, in milliseconds. */
  patience: number;
}

/** A prepared statement costs memory in the database for as long as its connection lives; one with this many is replaced. */
const mostPrepared = 200;

/** How many statements are remembered as seen once: only what comes again is worth preparing. */
const mostSeen = 2000;

const asText = { from: [] as number[], serialize: String, parse: String };

/** Values go to the database as the text they are, whatever type PostgreSQL finds for them. */
const textTypes = {
  boolean: { ...asText, to: 16 },
  bytea: { ...asText, to: 17 },
  json: { ...asText, to: 114 },
  jsonb: { ...asText, to: 3802 },
  date: { ...asText, to: 1184 },
  day: { ...asText, to: 1082 },
  timestamp: { ...asText, to: 1114 },
};

/** Opens the pool; no connection is made before the first request. */
export function createLanes({ url, max, patience }: LanesOptions): Lanes {
  const idle: Lane[] = [];
  const open = new Set<Lane>();
  const waiting: ((lane: Lane) => void)[] = [];
  const seen = new Set<string>();
  let taken = 0;
  let closed = false;

  async function take(): Promise<Lane> {
    for (let lane = idle.pop(); lane; lane = idle.pop()) {
      if (!lane.usable) continue;
      taken++;
      return lane;
    }
    if (taken < max) {
      taken++;
      return connect();
    }
    return new Promise((resolve, reject) => {
      const served = (lane: Lane) => {
        clearTimeout(timer);
        resolve(lane);
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(served), 1);
        reject(new RefusedError(timedOut));
      }, patience);
      waiting.push(served);
    });
  }

  /** Hands the connection to whoever waits longest; a place whose connection is gone gets a new one. */
  function give(lane: Lane): void {
    const next = waiting.shift();
    const reusable = lane.usable && !closed;
    if (!reusable) lane.discard();
    if (next) next(reusable ? lane : connect());
    else {
      taken--;
      if (reusable) idle.push(lane);
    }
  }

  function connect(): Lane {
    const lane = openLane(url, seen, () => open.delete(lane));
    open.add(lane);
    return lane;
  }

  return {
    async use(work) {
      const lane = await take();
      try {
        return await work(lane);
      } catch (error) {
        if (!isConnectionError(error)) throw error;
        lane.discard();
        throw new RefusedError(lane.connected ? connectionLost : unreachable(error));
      } finally {
        give(lane);
      }
    },
    async close() {
      closed = true;
      await Promise.all([...open].map((lane) => lane.end()));
    },
  };
}

const timedOut = {
  status: 504,
  code: 'PGRST003',
  message: 'Timed out acquiring connection from connection pool.',
};
const connectionLost = {
  status: 503,
  code: 'PGRST001',
  message: 'Database client error. Retrying the connection.',
};
function unreachable(error: unknown) {
  const message = 'Database connection error. Retrying the connection.';
  return { status: 503, code: 'PGRST000', message, details: error instanceof Error ? error.message : null };
}

/**
 * One connection by postgres.js. It is never made anew behind our back: what was meant for a transaction that died with
 * its connection would run outside of any, as another role.
 */
function openLane(url: string, seen: Set<string>, gone: () => void): Lane {
  const prepared = new Set<string>();
  /** Told when the connection is gone: postgres.js keeps what it could not send yet, and never answers it. */
  const unanswered = new Set<(error: Error) => void>();
  let ended: Error | null = null;
  const abandon = (error: Error) => {
    ended ??= error;
    lane.usable = false;
    for (const reject of unanswered) reject(ended);
    unanswered.clear();
  };
  const line = connectOnce(abandon);
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    max_lifetime: null,
    onnotice: () => {},
    types: textTypes,
    connection: { application_name: 'data-api' },
    socket: line.connect,
    onclose: () => {
      abandon(connectionEnded());
      gone();
    },
  } as unknown as postgres.Options<Record<string, never>>);

  function worthPreparing(text: string): boolean {
    if (prepared.has(text)) return true;
    if (!seen.has(text)) {
      if (seen.size >= mostSeen) seen.clear();
      seen.add(text);
      return false;
    }
    prepared.add(text);
    if (prepared.size >= mostPrepared) lane.usable = false;
    return true;
  }

  const lane: Lane = {
    usable: true,
    connected: false,
    isPrepared: (text) => prepared.has(text),
    send(text, values, anew = false) {
      if (ended) return rejected(ended);
      line.gather();
      const simple = values === undefined;
      const prepare = !simple && !anew && worthPreparing(text);
      const query = sql.unsafe(text, [...(values ?? [])], { prepare, simple } as { prepare: boolean }).raw();
      refuseRepetition(query);
      const answer = new Promise<readonly Row[]>((resolve, reject) => {
        unanswered.add(reject);
        query
          .then((rows) => {
            lane.connected = true;
            resolve(rows as unknown as Row[]);
          }, reject)
          .finally(() => unanswered.delete(reject));
      });
      // Whoever awaits it sees the failure; one that nobody awaits, after an earlier failure, must not end the process.
      answer.catch(() => {});
      return answer;
    },
    discard() {
      lane.usable = false;
      void lane.end();
    },
    end: () => sql.end({ timeout: 0 }),
  };
  return lane;
}

/**
 * postgres.js sends a statement again by itself when the database has it prepared no longer. By then the transaction may
 * be over, and what else was sent along comes out of step. It notes the failure on the query before it sends: that is
 * taken as the answer, and the query as one that is not to be sent.
 */
function refuseRepetition(query: object): void {
  const sent = query as { cancelled: unknown; reject(error: unknown): void };
  Object.defineProperty(query, 'retried', {
    get: () => undefined,
    set(error: unknown) {
      sent.cancelled = true;
      sent.reject(error);
    },
  });
}

/** A failure that nobody needs to await. */
function rejected(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}

function connectionEnded(): Error {
  return Object.assign(new Error('The connection to the database ended.'), { code: 'CONNECTION_CLOSED' });
}

/** The line to the database: a socket that postgres.js can have once. */
interface Line {
  connect(options: { host: string[]; port: number[] }): Promise<net.Socket>;
  /** Holds back what is written until all that is sent in this moment is there: one system call for a whole request. */
  gather(): void;
}

/** `failed` is told why there is no connection. */
function connectOnce(failed: (error: Error) => void): Line {
  let socket: net.Socket | null = null;
  let used = false;
  let gathering = false;
  return {
    async connect({ host, port }) {
      if (used) throw connectionEnded();
      used = true;
      // Nagle's algorithm would hold the second half of a request back.
      const opened = net.connect({ host: host[0], port: port[0] ?? 5432, noDelay: true });
      await once(opened, 'connect').catch((error: Error) => {
        failed(error);
        throw error;
      });
      socket = opened;
      return opened;
    },
    gather() {
      if (!socket || gathering) return;
      gathering = true;
      const held = socket;
      held.cork();
      // postgres.js writes its last bytes in an immediate that it asks for a few promises later.
      void Promise.resolve()
        .then(() => {})
        .then(() => {})
        .then(() =>
          setImmediate(() => {
            gathering = false;
            held.uncork();
          }),
        );
    },
  };
}
