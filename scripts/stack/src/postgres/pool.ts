import postgres, { type Sql } from 'postgres';

/** How long statements that run may go on where another connection of the pool was lost, in seconds. */
const farewell = 5;

/**
 * Opens up to `max` connections of postgres.js that outlive the server. postgres.js itself makes a lost connection anew,
 * but may keep what it had not sent yet, which then goes before its greeting; and it waits longer after each failure,
 * up to twenty seconds. Here a lost connection ends the whole pool, and the next statement opens a new one.
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
 * Whether postgres.js threw, where nobody can catch it, since a connection was gone before it had written. Whoever
 * waits for that statement is told by the end of the connection.
 */
export function isWriteAfterEnd(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    error.message.includes("reading 'write'") &&
    /postgres[\\/](src|cjs[\\/]src)[\\/]connection\.js/.test(error.stack ?? '')
  );
}
