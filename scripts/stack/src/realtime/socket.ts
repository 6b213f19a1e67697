import type { IncomingMessage } from 'node:http';
import type { RawData, WebSocket } from 'ws';
import { report } from '../service-log.ts';
import { reply } from './answers.ts';
import { handleBroadcast } from './broadcast.ts';
import { close, drop, renewToken } from './channel.ts';
import { decode, type Message, type Version } from './frames.ts';
import type { Hub, Socket } from './hub.ts';
import { isObject } from './join.ts';
import { handleJoin } from './joining.ts';
import { handlePresence } from './presence.ts';
import { quotas } from './quotas.ts';

/** A socket that is open. */
export interface OpenSocket {
  /** Ends it where its client is silent, or is in no channel for long. */
  endIfIdle(now: number): void;
  /** Asks the client to come again: the server stops. */
  restart(): void;
  destroy(): void;
}

/** Serves a WebSocket: its frames are handled one after the other. */
export function openSocket(
  hub: Hub,
  ws: WebSocket,
  version: Version,
  token: string,
  headers: Socket['headers'],
): OpenSocket {
  let heard = performance.now();
  let inChannel = heard;
  const waiting: Message[] = [];
  let busy = false;
  const socket: Socket = {
    version,
    token,
    headers,
    get isOpen() {
      return ws.readyState === ws.OPEN;
    },
    channels: new Map(),
    send(frame) {
      if (!frame || !socket.isOpen) return;
      // A client that does not read would make the queue grow for ever.
      const waits = ws.bufferedAmount;
      if (waits > quotas.bufferedBytes || (waits > quotas.echoBytes && isMemoryTight())) ws.terminate();
      else ws.send(frame.data, { binary: frame.binary }, readOn);
    },
    disconnect: () => ws.close(1000),
  };

  async function work(): Promise<void> {
    busy = true;
    for (let message = waiting.shift(); message; message = waiting.shift()) {
      try {
        const work = handle(hub, socket, message);
        if (work) await work;
      } catch (error) {
        // JSON that is nested too deeply to be written again is the client's own problem.
        if (!(error instanceof RangeError)) report('realtime', 'A message could not be handled:', error);
      }
    }
    busy = false;
    readOn();
  }

  /** Reads on when all that came is handled, and the client has read most of what it was sent. */
  function readOn(): void {
    if (ws.isPaused && !busy && ws.bufferedAmount < quotas.echoBytes) ws.resume();
  }

  ws.on('message', (data: RawData, binary: boolean) => {
    heard = performance.now();
    const message = socket.isOpen ? decode(version, data as Buffer, binary) : null;
    if (!message) return;
    waiting.push(message);
    if (!busy) void work();
    // The client waits as well: nothing more is read until this is done.
    if (busy || ws.bufferedAmount >= quotas.echoBytes) ws.pause();
  });
  ws.on('ping', (data: Buffer) => {
    heard = performance.now();
    ws.pong(data, false, readOn);
    if (ws.bufferedAmount >= quotas.echoBytes) ws.pause();
  });
  ws.on('close', () => {
    waiting.length = 0;
    for (const channel of [...socket.channels.values()]) drop(hub, channel);
  });
  // Frames that break the protocol: ws closes the connection.
  ws.on('error', () => {});

  return {
    endIfIdle(now) {
      if (socket.channels.size > 0) inChannel = now;
      if (now - heard < quotas.idleMs && now - inChannel < quotas.noChannelMs) return;
      ws.close(1000);
      ws.terminate();
    },
    restart: () => ws.close(1012),
    destroy: () => ws.terminate(),
  };
}

let askedAt = 0;
let isTight = false;

/** Whether all that waits for clients takes much memory. Frames for many clients count once, so their sizes do not tell. */
function isMemoryTight(): boolean {
  const now = performance.now();
  if (now - askedAt > 100) {
    askedAt = now;
    isTight = process.memoryUsage().arrayBuffers > quotas.waitingBytes;
  }
  return isTight;
}

function handle(hub: Hub, socket: Socket, message: Message): Promise<void> | void {
  const { topic, event, payload } = message;
  if (topic === 'phoenix' && event === 'heartbeat') return reply(socket, { ...message, joinRef: null }, 'ok');
  if (event === 'phx_join') return handleJoin(hub, socket, message);
  const channel = socket.channels.get(topic);
  if (event === 'phx_leave') {
    reply(socket, message, 'ok');
    if (channel) close(hub, channel);
  } else if (!channel) reply(socket, message, 'error', { reason: 'unmatched topic' });
  else if (event === 'broadcast') return handleBroadcast(hub, channel, message);
  else if (event === 'presence') return handlePresence(hub, channel, message);
  else if (event === 'access_token')
    return renewToken(hub, channel, isObject(payload) ? payload.access_token : undefined);
  // As the real service: what it does not know counts, and is not answered.
  else hub.rates.events.add();
}

/** The headers of a request that policies may read: those with `x-`. */
export function headersForPolicies({ headers }: IncomingMessage): Record<string, string> {
  const ours = Object.entries(headers).filter(([name]) => name.startsWith('x-'));
  return Object.fromEntries(ours.map(([name, value]) => [name, String(value)]));
}
