import postgres from 'postgres';
import { afterEach, expect, test } from 'vitest';
import type { ApiRole, Caller } from '../../src/caller.ts';
import { type Connection, type Connections, openConnections } from '../../src/data-api/connections.ts';
import { RefusedError } from '../../src/data-api/refusals.ts';
import { target } from '../answers/asking.ts';

const opened: Connections[] = [];

function open(options: Partial<Parameters<typeof openConnections>[0]> = {}): Connections {
  const { databaseUrl: url } = target;
  const connections = openConnections({ url, max: 1, maxPerUser: 100, patience: 5_000, ...options });
  opened.push(connections);
  return connections;
}

afterEach(async () => {
  for (const connections of opened.splice(0)) await connections.close();
});

const caller = (sub: string, role: ApiRole = 'authenticated'): Caller => ({ role, claims: { role, sub } });
const ann = caller('ann');
const ask = async (connection: Connection, text: string) =>
  (await connection.query<string[]>({ text, rowMode: 'array' })).rows[0]?.[0];
const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => (error instanceof RefusedError ? error.refusal : error),
  );

test.each([
  ['for a connection', { max: 1, maxPerUser: 2 }],
  ['in turn with other requests of its user', { max: 2, maxPerUser: 1 }],
])('refuses a request that waited too long %s, and serves the next', async (_, limits) => {
  const connections = open({ patience: 1_500, ...limits });
  const busy = Promise.withResolvers<void>();
  const first = connections.use(ann, () => busy.promise);
  expect(await failure(connections.use(ann, async () => {}))).toMatchObject({
    status: 504,
    code: 'PGRST003',
  });
  busy.resolve();
  await first;
  expect(await connections.use(ann, (connection) => ask(connection, "select 'there'"))).toBe('there');
});

test('serves all requests that wait, on no more connections than allowed', async () => {
  const connections = open({ max: 2 });
  let running = 0;
  let most = 0;
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, number) =>
      connections.use(ann, async (connection) => {
        most = Math.max(most, ++running);
        const answer = await ask(connection, `select ${number}`);
        running--;
        return Number(answer);
      }),
    ),
  );
  expect(most).toBeLessThanOrEqual(2);
  expect(answers).toEqual(Array.from({ length: 20 }, (_, number) => number));
});

test('leaves connections to others while one user has many slow requests', async () => {
  const connections = open({ max: 4, maxPerUser: 2 });
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const slow = () =>
    connections.use(ann, async () => {
      most = Math.max(most, ++running);
      await gate.promise;
      running--;
    });
  const flood = Promise.all(Array.from({ length: 6 }, slow));
  try {
    await expect.poll(() => running).toBe(2);
    // Would wait for the gate if the flood held all connections.
    expect(await connections.use(caller('bob'), (connection) => ask(connection, "select 'there'"))).toBe(
      'there',
    );
  } finally {
    gate.resolve();
  }
  expect(await flood).toHaveLength(6);
  expect(most).toBe(2);
});

test('gives a secret key all connections', async () => {
  const connections = open({ max: 4, maxPerUser: 1 });
  const gate = Promise.withResolvers<void>();
  let running = 0;
  // Each waits until all four run at once.
  const held = Promise.all(
    Array.from({ length: 4 }, () =>
      connections.use(caller('service', 'service_role'), async () => {
        if (++running === 4) gate.resolve();
        await gate.promise;
      }),
    ),
  );
  try {
    await held;
  } finally {
    gate.resolve();
  }
  expect(running).toBe(4);
});

test('reports a database that cannot be reached, each time', async () => {
  const connections = open({ url: 'postgresql://nobody@127.0.0.1:1/none' });
  for (let round = 0; round < 2; round++) {
    const refused = failure(connections.use(ann, async () => {}));
    expect(await refused).toMatchObject({ status: 503, code: 'PGRST000' });
  }
});

test('fails the statements of a connection that is lost, and runs none of them on another', async () => {
  const connections = open();
  const admin = postgres(target.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const broken = connections.use(ann, async (connection) => {
      const pid = await ask(connection, 'select pg_backend_pid()');
      await ask(connection, 'begin');
      await admin`select pg_terminate_backend(${Number(pid)}, 5000)`;
      const sent = await Promise.allSettled(
        ["set application_name to 'leaked'", 'select 2', 'commit'].map((text) => ask(connection, text)),
      );
      expect(sent.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      await ask(connection, 'select 3');
    });
    expect(await failure(broken)).toMatchObject({ status: 503, code: 'PGRST001' });
    const next = connections.use(ann, (connection) => ask(connection, 'show application_name'));
    expect(await next).toBe('data-api');
  } finally {
    await admin.end();
  }
});
