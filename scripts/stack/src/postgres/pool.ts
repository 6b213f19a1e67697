import postgres, { type Sql } from 'postgres';

/** Seconds for running statements after another connection of the pool was lost. */
const farewell = 5;

/**
 * Opens a pool of up to `max` connections that survives a restart of the server. postgres.js reconnects by itself, but may
 * send statements that it had buffered before the new connection's greeting, and backs off for up to 20 seconds. Here a
 * lost connection ends the whole pool, and the next statement opens a new one.
 */
export function openPool(url: string, max: number): Sql {
  let closed = false;
  let current = open();

  function open(): Sql {
    const pool: Sql = postgres(url, {
      max,
      connect_timeout: 5,
      max_lifetime: null,
      onnotice: () => {},
      onclose: () => {
        if (closed || pool !== current) return;
        current = open();
        void pool.end({ timeout: farewell });
      },
    });
    return pool;
  }

  const end: Sql['end'] = (options) => {
    closed = true;
    return current.end(options);
  };
  return new Proxy(current, {
    apply: (_, self, values) => Reflect.apply(current, self, values),
    get: (_, name) => (name === 'end' ? end : Reflect.get(current, name)),
  });
}

/**
 * Whether postgres.js threw outside any promise because a connection ended before it had written. The statement itself is
 * rejected by the end of the connection.
 */
export function isWriteAfterEnd(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    error.message.includes("reading 'write'") &&
    /postgres[\\/](src|cjs[\\/]src)[\\/]connection\.js/.test(error.stack ?? '')
  );
}
