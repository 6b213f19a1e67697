import { encode, type Message } from './frames.ts';
import type { Channel, Socket } from './hub.ts';

/** Sends a message of the server's own to a channel's client. */
export function push({ socket, topic, joinRef }: Channel, event: string, payload: object): void {
  socket.send(encode(socket.version, { joinRef, topic, event, payload: JSON.stringify(payload) }));
}

/** Tells the client about the state of a part of its channel. */
export function pushSystem(
  channel: Channel,
  extension: string,
  status: 'ok' | 'error',
  message: string,
): void {
  push(channel, 'system', { extension, status, message, channel: channel.name });
}

/** Answers a client's message. */
export function reply(
  socket: Socket,
  { joinRef, ref, topic }: Message,
  status: 'ok' | 'error',
  response: unknown = {},
): void {
  const payload = JSON.stringify({ status, response });
  socket.send(encode(socket.version, { joinRef, ref, topic, event: 'phx_reply', payload }));
}
