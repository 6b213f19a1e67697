import pg from 'pg';
import type { Caller } from '../caller.ts';
import { isPostgresError, RefusedError } from './refusals.ts';

/** A connection to the database, for one request at a time. */
export type Connection = pg.PoolClient;

/** A bounded number of connections, each made when it is first needed. */
export interface Connections {
  /** Lends a connection to a caller's request. PGRST003 after too long a wait, PGRST000 and PGRST001 for a database that is away. */
  use<T>(caller: Caller, work: (connection: Connection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** How many connections there are, and who may have them for how long. */
export interface ConnectionsOptions {
  url: string;
  max: number;
  /** How many of them one user, or everybody without an account, may use at once. Secret keys have no limit. */
  maxPerUser: number;
  /** How long a request waits for a connection, in milliseconds. */
  patience: number;
}

/** Opens the pool; no connection is made before the first request. */
export function openConnections({ url, max, maxPerUser, patience }: ConnectionsOptions): Connections {
  const lost = new WeakSet<Connection>();
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: patience,
    idleTimeoutMillis: 30_000,
    // PostgREST's default, in seconds: what sessions accumulate goes with them.
    maxLifetimeSeconds: 1800,
    application_name: 'data-api',
    // A request's statements are sent at once; PostgreSQL runs them in order.
    pipeline: true,
    // Values stay the text that PostgreSQL writes.
    types: { getTypeParser: () => String },
  });
  // The pool replaces a lost connection by itself. Requests on it learn of the loss from their own statements.
  pool.on('error', () => {});
  pool.on('connect', (connection) => connection.on('error', () => lost.add(connection)));
  const inTurn = createTurns(maxPerUser, patience);

  return {
    use: (caller, work) =>
      inTurn(caller, async () => {
        const connection = await pool.connect().catch(refuseConnection);
        try {
          return await work(connection);
        } catch (error) {
          if (lost.has(connection) && !isPostgresError(error)) throw new RefusedError(connectionLost);
          throw error;
        } finally {
          connection.release();
        }
      }),
    close: () => pool.end(),
  };
}

/** Bounds how many requests of one user run at once; the others wait in turn, without a connection. */
function createTurns(most: number, patience: number) {
  const users = new Map<string, { running: number; waiting: (() => void)[] }>();
  return async <T>({ role, claims }: Caller, work: () => Promise<T>): Promise<T> => {
    if (role === 'service_role') return work();
    const name = claims.sub ?? role;
    const user = users.get(name) ?? { running: 0, waiting: [] };
    users.set(name, user);
    if (user.running < most) user.running++;
    else await waitInTurn(user.waiting, patience);
    try {
      return await work();
    } finally {
      const next = user.waiting.shift();
      if (next) next();
      else if (--user.running === 0) users.delete(name);
    }
  };
}

function waitInTurn(waiting: (() => void)[], patience: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const start = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(start), 1);
      reject(new RefusedError(timedOut));
    }, patience);
    waiting.push(start);
  });
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

function refuseConnection(error: Error): never {
  // PostgreSQL said why itself: it is starting, or has no connection left.
  if (isPostgresError(error)) throw error;
  if (error.message === 'timeout exceeded when trying to connect') throw new RefusedError(timedOut);
  const message = 'Database connection error. Retrying the connection.';
  throw new RefusedError({ status: 503, code: 'PGRST000', message, details: error.message });
}
