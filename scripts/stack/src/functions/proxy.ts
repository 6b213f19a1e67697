import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorCode } from '../errors.ts';
import type { FunctionProcess } from './function-process.ts';
import { answers, idleTimeout, send } from './platform-answers.ts';
import type { Runner } from './runner.ts';

/** How long a request may take, in milliseconds. */
export interface RequestTimes {
  /** Until the answer begins. */
  idleMs: number;
  /** From then until it has ended. */
  wallClockMs: number;
}

/** Request headers of a single connection, and headers that the gateway sets. */
const notForwarded = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'expect', 'host'],
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'],
]);

const notAnswered = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'trailer']);

/** Requests have long addresses, and answers may have long headers: the same limit as the gateway's. */
const maxHeaderSize = 128 * 1024;

/** How long to wait for the reason when a connection to a process breaks. */
const causeMs = 2_000;

/**
 * Forwards a request to a function and its answer back, byte for byte and with backpressure. A client that disconnects
 * cancels the function's request. `path` is the path from the function's name on.
 */
export function forward(
  runner: Runner,
  times: RequestTimes,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  path: string,
): void {
  const target = runner.current;
  if (target) attempt(runner, target, times, incoming, outgoing, path);
  else {
    runner.wait().then((found) => {
      if (typeof found !== 'string') attempt(runner, found, times, incoming, outgoing, path);
      else send(outgoing, found === 'broken' ? answers.bootError : answers.restarting);
    });
  }
}

function attempt(
  runner: Runner,
  target: FunctionProcess,
  times: RequestTimes,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  path: string,
): void {
  if (outgoing.destroyed) return;
  const release = target.hold();
  const upstream = request(requestOptions(target, incoming, path));
  let answered = false;
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    upstream.destroy();
  }, times.idleMs);

  upstream.on('response', (response) => {
    answered = true;
    clearTimeout(timer);
    const cut = setTimeout(() => outgoing.destroy(), times.wallClockMs);
    outgoing.once('close', () => clearTimeout(cut));
    outgoing.writeHead(
      response.statusCode ?? 502,
      response.statusMessage ?? '',
      kept(response.rawHeaders, notAnswered),
    );
    // An answer of unknown length may stream: its headers do not wait for the first byte. Others go out in one piece.
    if (response.headers['content-length'] === undefined) outgoing.flushHeaders();
    response.on('error', () => outgoing.destroy());
    response.pipe(outgoing);
  });
  upstream.on('error', async (error) => {
    clearTimeout(timer);
    incoming.unpipe(upstream);
    if (answered || outgoing.destroyed) return;
    if (timedOut) {
      incoming.resume();
      send(outgoing, idleTimeout(times.idleMs));
      return;
    }
    release();
    // Nothing was sent, since no process listened: the request may go to the next process.
    if (errorCode(error) === 'ECONNREFUSED') {
      await Promise.race([target.ended, pause(causeMs)]);
      if (runner.current !== target) forward(runner, times, incoming, outgoing, path);
      else send(outgoing, answers.restarting);
      return;
    }
    incoming.resume();
    send(outgoing, await answerFor(target));
  });
  upstream.on('close', () => {
    release();
    // Read the rest of a body that the function left: the client's next request follows on the connection.
    if (!answered) return;
    incoming.unpipe(upstream);
    incoming.resume();
  });
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) upstream.destroy();
    clearTimeout(timer);
    release();
  });
  sendBody(incoming, upstream);
}

/** Sends a body once the connection exists: a connection that fails must not have consumed it. */
function sendBody(incoming: IncomingMessage, upstream: ClientRequest): void {
  if (!hasBody(incoming)) {
    upstream.end();
    return;
  }
  upstream.on('socket', (socket) => {
    if (socket.connecting) socket.once('connect', () => incoming.pipe(upstream));
    else incoming.pipe(upstream);
  });
}

/** Passes a connection that asks to become a WebSocket on to a function. */
export function forwardUpgrade(
  runner: Runner,
  times: RequestTimes,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  path: string,
): void {
  socket.on('error', () => {});
  const target = runner.current;
  if (!target) {
    const { status, body } = answers.restarting;
    socket.end(`HTTP/1.1 ${status} Service Unavailable\r\nconnection: close\r\n\r\n${JSON.stringify(body)}`);
    return;
  }
  const release = target.hold();
  const options = requestOptions(target, incoming, path);
  options.headers.push('Connection', 'Upgrade', 'Upgrade', incoming.headers.upgrade ?? '');
  const upstream = request({ ...options, agent: false });
  const timer = setTimeout(() => socket.destroy(), times.wallClockMs);
  upstream.on('upgrade', (response, other, otherHead) => {
    other.on('error', () => socket.destroy());
    writeHead(socket, response);
    socket.write(otherHead);
    other.write(head);
    socket.pipe(other).pipe(socket);
    other.on('close', () => socket.destroy());
    socket.on('close', () => other.destroy());
  });
  // The function refused: it answers as to any request, and the connection ends.
  upstream.on('response', (response) => {
    writeHead(socket, response, ['connection', 'close']);
    response.pipe(socket);
  });
  upstream.on('error', () => socket.destroy());
  socket.on('close', () => {
    clearTimeout(timer);
    release();
    upstream.destroy();
  });
  upstream.end();
}

function writeHead(socket: Duplex, response: IncomingMessage, more: string[] = []): void {
  const closing = more.length > 0;
  const headers = closing ? [...kept(response.rawHeaders, notAnswered), ...more] : response.rawHeaders;
  const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`];
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function requestOptions(target: FunctionProcess, incoming: IncomingMessage, path: string) {
  const host = incoming.headers.host ?? '';
  const headers = kept(incoming.rawHeaders, notForwarded);
  // The function sees the address that the client used, if it is one.
  headers.push('Host', /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host) ? host : '127.0.0.1');
  headers.push('X-Forwarded-For', incoming.socket.remoteAddress ?? '');
  headers.push('X-Forwarded-Host', host, 'X-Forwarded-Proto', 'http');
  headers.push('X-Forwarded-Port', /:(\d+)$/.exec(host)?.[1] ?? '80');
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
  // Node would announce a body in chunks for these, even where there is none.
  if (length === undefined && encoding === undefined && /^(POST|PUT|PATCH)$/.test(incoming.method ?? ''))
    headers.push('Content-Length', '0');
  const { port, agent } = target;
  return { host: '127.0.0.1', port, agent, method: incoming.method, path, headers, maxHeaderSize };
}

function hasBody(incoming: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/** The headers, names and values in turn, without some; also without those that `Connection` names. */
function kept(raw: string[], without: ReadonlySet<string>): string[] {
  const result: string[] = [];
  let named: Set<string> | null = null;
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() !== 'connection' || /^(keep-alive|close|upgrade)$/i.test(raw[i + 1] ?? ''))
      continue;
    named = new Set((raw[i + 1] ?? '').toLowerCase().split(/\s*,\s*/));
  }
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase() ?? '';
    if (!without.has(name) && !named?.has(name)) result.push(raw[i] ?? '', raw[i + 1] ?? '');
  }
  return result;
}

/** A connection broke before the answer began: because the process ended, or the function broke it. */
async function answerFor(target: FunctionProcess) {
  const ending = await Promise.race([target.ended, pause(causeMs)]);
  if (ending === 'limit') return answers.workerLimit;
  if (ending === 'error') return answers.workerError;
  return ending === 'other' ? answers.restarting : answers.badResponse;
}

function pause(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, ms, null).unref());
}
