import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Caller } from '../caller.ts';
import type { Keys } from '../keys.ts';
import { broadcastTo } from './broadcast.ts';
import { serveBroadcast } from './broadcast-api.ts';
import type { RealtimeDatabase } from './database.ts';
import { createHub } from './hub.ts';
import type { Policies } from './policies.ts';
import { quotas } from './quotas.ts';
import { createSessions } from './session.ts';
import { headersForPolicies, type OpenSocket, openSocket } from './socket.ts';
import { deliverChange } from './subscriptions.ts';

/** What Realtime needs. */
export interface RealtimeOptions {
  database: RealtimeDatabase;
  policies: Policies;
  keys: Keys;
  /** `realtime.max_header_length` of config.toml: the longest value of a header of a handshake. */
  maxHeaderLength: number;
}

/** The service Realtime. */
export interface Realtime {
  /** Whether an address is that of the sockets. */
  serves(url: string | undefined): boolean;
  /** Serves a request to become a WebSocket. */
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Serves a request over HTTP; its path is that under `/realtime/v1`. */
  fetch(request: Request, caller: Caller | null): Promise<Response>;
  /** Closes all sockets: their clients come again. */
  hangUp(): Promise<void>;
  close(): Promise<void>;
}

const socketPath = '/realtime/v1/websocket';

/** How often silent sockets are looked for, in milliseconds. */
const sweepMs = 5_000;

/** How long a stop waits for clients to close, in milliseconds. */
const farewellMs = 1_000;

export function createRealtime({ database, policies, keys, maxHeaderLength }: RealtimeOptions): Realtime {
  const sessions = createSessions(keys);
  const hub = createHub({ database, sessions, policies });
  database.onMessage(({ id, topic, private: isPrivate, event, payload }) =>
    broadcastTo(hub, topic, isPrivate, { event, payload, meta: { id } }, id),
  );
  database.onChange((change) => deliverChange(hub, change));
  const sockets = new Set<OpenSocket>();
  let stopping = false;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: quotas.frameBytes,
    // Only JSON is read, which is checked then.
    skipUTF8Validation: true,
    // A client that sends pings and reads nothing must not fill the memory: the socket answers them.
    autoPong: false,
  });
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const socket of sockets) socket.endIfIdle(now);
  }, sweepMs);
  sweep.unref();

  async function upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => {});
    const { searchParams } = new URL(incoming.url ?? '', 'http://localhost');
    const refuse = (status: string, error: string) => refuseHandshake(socket, status, error);
    const long = Object.values(incoming.headers).some((value) => String(value).length > maxHeaderLength);
    if (long) return refuse('431 Request Header Fields Too Large', 'A header is too long');
    const version = (searchParams.get('vsn') ?? '1.0.0').split('.')[0];
    if (version !== '1' && version !== '2') return refuse('403 Forbidden', 'Unsupported version');
    const key = String(incoming.headers['x-api-key'] ?? searchParams.get('apikey') ?? '');
    if (!key) return refuse('401 Unauthorized', 'API key is missing');
    const token = sessions.tokenOf(key);
    const { refusal } = await sessions.confirm(token);
    if (refusal) return refuse('401 Unauthorized', refusal.handshake);
    // A client that comes again at once is too early.
    if (stopping) return refuse('503 Service Unavailable', 'Realtime is restarting, please standby');
    if (sockets.size >= quotas.sockets) return refuse('429 Too Many Requests', 'Too many connected users');
    if (hub.rates.joins.average() > quotas.joinsPerSecond)
      return refuse('429 Too Many Requests', 'Too many joins per second');
    server.handleUpgrade(incoming, socket, head, (ws) => {
      const open = openSocket(hub, ws, version === '1' ? 1 : 2, token, headersForPolicies(incoming));
      sockets.add(open);
      ws.on('close', () => sockets.delete(open));
    });
  }

  return {
    serves: (address) => address?.split('?')[0] === socketPath,
    upgrade,
    async fetch(request, caller) {
      const path = new URL(request.url).pathname.slice('/realtime/v1'.length);
      if (path === '/api/ping')
        return Response.json({ message: 'Success' }, { status: (await database.health()) ? 200 : 503 });
      if (!caller) return Response.json({ message: 'Unauthorized' }, { status: 401 });
      const answer = request.method === 'POST' ? await serveBroadcast(hub, request, path, caller) : null;
      return answer ?? Response.json({ message: 'Not Found' }, { status: 404 });
    },
    async hangUp() {
      stopping = true;
      for (const socket of sockets) socket.restart();
      const end = performance.now() + farewellMs;
      while (sockets.size > 0 && performance.now() < end)
        await new Promise((resolve) => setTimeout(resolve, 20));
      for (const socket of sockets) socket.destroy();
    },
    close() {
      clearInterval(sweep);
      return database.close();
    },
  };
}

/** Answers a handshake as a request, and ends the connection. */
function refuseHandshake(socket: Duplex, status: string, error: string): void {
  const body = JSON.stringify({ error });
  // The client may leave its half open.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
