import { reply } from './answers.ts';
import { shutDown } from './channel.ts';
import type { Message } from './frames.ts';
import type { Channel, Hub, Tracked } from './hub.ts';
import { isObject } from './join.ts';
import { quotas } from './quotas.ts';
import { mayWrite } from './rights.ts';
import { countPresence, track, untrack } from './tracking.ts';

/** A client's `track` or `untrack`. */
export async function handlePresence(hub: Hub, channel: Channel, message: Message): Promise<void> {
  const { socket, presence } = channel;
  const { event, payload = {} } = isObject(message.payload) ? message.payload : {};
  if (typeof event !== 'string') return reply(socket, message, 'ok');
  if (!takeCall(presence)) return shutDown(hub, channel, 'Client presence rate limit exceeded');
  const verb = event.toLowerCase();
  if (verb === 'untrack') {
    untrack(hub, channel);
    return reply(socket, message, 'ok');
  }
  if (verb !== 'track' || !(await mayTrack(hub, channel))) return reply(socket, message, 'error');
  if (!isObject(payload))
    return reply(socket, message, 'error', { reason: 'Presence track payload must be a map' });
  const text = JSON.stringify(payload);
  if (text === presence.now?.text) return reply(socket, message, 'ok');
  if (Buffer.byteLength(text) > quotas.payloadBytes)
    return shutDown(hub, channel, 'Track message size exceeded');
  if (!countPresence(hub, 1)) return shutDown(hub, channel, 'Too many presence messages per second');
  if (!channel.isOpen) return;
  track(hub, channel, text, payload);
  reply(socket, message, 'ok');
}

/** Whether the client may call once more in this window. */
function takeCall(presence: Tracked): boolean {
  const now = performance.now();
  if (now > presence.windowEnds) {
    presence.calls = 0;
    presence.windowEnds = now + quotas.presenceWindowMs;
  }
  return presence.calls++ < quotas.presenceCalls;
}

/** Asks also what may be read, where presence was off when the channel was joined. */
async function mayTrack(hub: Hub, channel: Channel): Promise<boolean> {
  const { name: topic, claims, socket, reads } = channel;
  if (reads.presence === undefined) {
    const { allowed } = await hub.policies.read({ topic, claims, headers: socket.headers }, ['presence']);
    if (!allowed) return false;
    reads.presence = allowed.has('presence');
  }
  return mayWrite(hub, channel, 'presence');
}
