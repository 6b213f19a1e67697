import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { SignJWT } from 'jose';
import { WebSocket } from 'ws';
import type { ApiRole } from '../../src/caller.ts';
import { type Keys, loadKeys } from '../../src/keys.ts';
import type { Change, RealtimeDatabase, RealtimeMessage } from '../../src/realtime/database.ts';
import { createRealtime } from '../../src/realtime/index.ts';
import type { Asking, Extension } from '../../src/realtime/policies.ts';

/** Realtime on a port of its own, over a database and policies that the test plays. */
export interface Serving {
  url: string;
  keys: Keys;
  /** What the policies answer; replaced by tests. */
  may: { read: Decide; write: Decide };
  /** What the database does; its methods are replaced by tests. */
  database: RealtimeDatabase & { send(message: RealtimeMessage): void; change(change: Change): void };
  /** Posts to Realtime over HTTP as a role, or as nobody. */
  post(path: string, body: BodyInit, role?: ApiRole | null, headers?: HeadersInit): Promise<Response>;
  /** Signs a token with the project's secret. */
  sign(claims: object): Promise<string>;
  stop(): Promise<void>;
}

type Decide = (asking: Asking, extension: Extension) => boolean | Promise<boolean>;

export async function serveRealtime(): Promise<Serving> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stack-realtime-'));
  const keys = await loadKeys(folder);
  const may: Serving['may'] = { read: () => true, write: () => true };
  let listeners: { message?(message: RealtimeMessage): void; change?(change: Change): void } = {};
  const database: Serving['database'] = {
    onMessage: (message) => (listeners = { ...listeners, message }),
    onChange: (change) => (listeners = { ...listeners, change }),
    listen: async () => {},
    rest() {},
    replay: async () => [],
    subscribe: () => Promise.reject(new Error('not in this test')),
    health: async () => true,
    close: async () => {},
    send: (message) => listeners.message?.(message),
    change: (change) => listeners.change?.(change),
  };
  const realtime = createRealtime({
    database,
    keys,
    maxHeaderLength: 4096,
    policies: {
      read: async (asking, extensions) => {
        const answers = await Promise.all(extensions.map((extension) => may.read(asking, extension)));
        return { allowed: new Set(extensions.filter((_, at) => answers[at])) };
      },
      write: async (asking, extension) => ({
        allowed: new Set((await may.write(asking, extension)) ? [extension] : []),
      }),
    },
  });
  const server = createServer((_, answer) => answer.writeHead(404).end());
  server.on('upgrade', realtime.upgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/realtime/v1/websocket`,
    keys,
    may,
    database,
    post: (address, body, role = 'anon', headers = { 'content-type': 'application/json' }) =>
      realtime.fetch(
        new Request(`http://127.0.0.1/realtime/v1${address}`, {
          method: 'POST',
          body,
          headers,
          duplex: 'half',
        } as RequestInit),
        role && { role, claims: { role } },
      ),
    sign: (claims) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(keys.jwtSecret)),
    async stop() {
      await realtime.hangUp();
      await realtime.close();
      server.close();
      fs.rmSync(folder, { recursive: true });
    },
  };
}

/** A message of the server, as version 2 writes it. */
export type Said = [
  joinRef: string | null,
  ref: string | null,
  topic: string,
  event: string,
  payload: Payload,
];

interface Payload {
  status?: string;
  message?: string;
  response?: { reason?: string; postgres_changes?: object[] } | string;
  [field: string]: unknown;
}

/** A client that speaks the protocol itself. */
export interface Client {
  ws: WebSocket;
  /** Sends a message of version 2. */
  say(topic: string, event: string, payload?: unknown, ref?: string | null): void;
  /** The next message with this event; messages before it are passed over. */
  hear(event: string): Promise<Said>;
  /** Messages that came and were not heard. */
  heard: Said[];
  /** Binary frames that came. */
  frames: Buffer[];
  /** Joins a topic, and returns the answer. */
  join(topic: string, config?: object, more?: object): Promise<Payload>;
  /** The code of the end of the connection. */
  closed: Promise<number>;
}

/** Connects with a key, which is the publishable key by default; rejects with the answer to a handshake that is refused. */
export async function connect(
  serving: Serving,
  key = serving.keys.publishableKey,
  version = '2.0.0',
  headers: Record<string, string> = {},
): Promise<Client> {
  const ws = new WebSocket(`${serving.url}?${new URLSearchParams({ apikey: key, vsn: version })}`, {
    headers,
  });
  const heard: Said[] = [];
  const frames: Buffer[] = [];
  const listeners = new Set<() => void>();
  ws.on('message', (data: Buffer, binary) => {
    if (binary) frames.push(data);
    else heard.push(JSON.parse(String(data)));
    for (const listener of listeners) listener();
  });
  await new Promise<void>((resolve, reject) => {
    ws.once('open', resolve);
    ws.once('error', reject);
    ws.once('unexpected-response', async (_, answer) => {
      const body = Buffer.concat(await answer.toArray()).toString();
      reject(new Error(`${answer.statusCode} ${body}`));
    });
  });
  ws.on('error', () => {});
  const client: Client = {
    ws,
    heard,
    frames,
    closed: once(ws, 'close').then(([code]) => code as number),
    say: (topic, event, payload = {}, ref = null) =>
      ws.send(JSON.stringify(['1', ref, topic, event, payload])),
    async hear(event) {
      for (;;) {
        const at = heard.findIndex((said) => said[3] === event);
        if (at >= 0) return heard.splice(0, at + 1).at(-1) as Said;
        await new Promise<void>((resolve) => {
          const listener = () => {
            listeners.delete(listener);
            resolve();
          };
          listeners.add(listener);
        });
      }
    },
    async join(topic, config = {}, more = {}) {
      client.say(topic, 'phx_join', { config, ...more }, 'join');
      return (await client.hear('phx_reply'))[4];
    },
  };
  return client;
}
