import { randomInt } from 'node:crypto';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { errorCode, StackError } from './errors.ts';
import type { Functions } from './functions/index.ts';
import type { Gateway } from './gateway.ts';
import type { Realtime } from './realtime/index.ts';
import { askInstance } from './run.ts';

/** The ports of a stack; 0 takes any that is free. */
export interface Ports {
  api: number;
  database: number;
  mailbox: number;
  studio: number;
}

/** The name of each port, and the option that chooses another. */
const names: Record<keyof Ports, [purpose: string, option: string]> = {
  api: ['the API', '--port'],
  database: ['the database', '--db-port'],
  mailbox: ['the mailbox', '--mail-port'],
  studio: ['the studio', '--studio-port'],
};

/**
 * Takes a port until `listen` serves on it: no other program can take it while the stack starts. Connections end at once
 * until then. A taken port is a StackError that says by whom, if that can be found out.
 */
export async function holdPort(part: keyof Ports, port: number, host = '127.0.0.1'): Promise<Server> {
  for (;;) {
    try {
      return await hold(port || randomInt(freePorts.first, freePorts.last), host);
    } catch (error) {
      const isOthers = port === 0 && errorCode(error) === 'EADDRINUSE';
      if (!isOthers) throw await cannotListen(port, part, error as Error);
    }
  }
}

/** Below the ports of outgoing connections: what was free stays free for a stack that is started again on it. */
const freePorts = { first: 10_000, last: 32_000 };

/** Checks that the port is free, or finds one that is. It is not held: for PostgreSQL, which takes no open port. */
export async function freePort(part: keyof Ports, port: number): Promise<number> {
  const server = await holdPort(part, port);
  const found = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return found;
}

/** The port of a server that listens. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function hold(port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('listening', () => resolve(server));
    server.once('error', reject);
    server.listen(port, host);
  });
}

async function cannotListen(port: number, part: keyof Ports, error: Error): Promise<StackError> {
  const [purpose, option] = names[part];
  const taken = errorCode(error) === 'EADDRINUSE';
  const why = taken ? `is taken by ${await holder(port)}` : `cannot be used (${error.message})`;
  return new StackError(
    `Port ${port}, for ${purpose}, ${why}.`,
    `End that, or choose other ports: ${option} for this one, --port 0 for free ones everywhere.`,
    { cause: error },
  );
}

async function holder(port: number): Promise<string> {
  const other = await askInstance(`http://127.0.0.1:${port}`);
  // Quoted as JSON: the answer of an unknown program must not control this terminal.
  return other ? `the stack of the project ${JSON.stringify(other.project)}` : 'another program';
}

/** URLs may be long, with lists of ids for example. Node's default for all headers together is 16 kB. */
const maxHeaderBytes = 128 * 1024;

/** As long as the platform's gateway: a client that reuses a connection while it is closed loses its request. */
const idleMs = 75_000;

/**
 * Serves on a port that was held. Requests for functions are forwarded as raw bytes, past the gateway's Request and
 * Response; Realtime takes WebSockets of its own.
 */
export function listen(
  serve: Gateway,
  held: Server,
  functions?: Functions,
  realtime?: Realtime,
): Promise<HttpServer> {
  const listener = getRequestListener((request, { incoming }) =>
    serve(request, ('socket' in incoming ? incoming.socket.remoteAddress : undefined) ?? null),
  );
  const upgrades = [realtime, functions];
  const server = createHttpServer(
    {
      maxHeaderSize: maxHeaderBytes,
      keepAliveTimeout: idleMs,
      shouldUpgradeCallback: ({ url }) => upgrades.some((part) => part?.serves(url)),
    },
    (incoming, outgoing) => {
      if (functions?.serves(incoming.url)) functions.serve(incoming, outgoing);
      else listener(incoming, outgoing);
    },
  );
  server.on('upgrade', (incoming, socket, head) =>
    upgrades.find((part) => part?.serves(incoming.url))?.upgrade(incoming, socket, head),
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // It takes the open socket over: the port is free at no time.
    server.listen(held, () => resolve(server));
  });
}

/** Closes a server: requests in flight have two seconds to finish, then their connections are cut. */
export async function close(server: HttpServer): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), 2_000);
  await closed;
  clearTimeout(timer);
}
