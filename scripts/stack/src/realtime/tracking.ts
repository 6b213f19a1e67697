import { randomBytes } from 'node:crypto';
import { push } from './answers.ts';
import { encode } from './frames.ts';
import { type Channel, type Hub, keyOf, membersOf, onceForEachVersion } from './hub.ts';
import { quotas } from './quotas.ts';

type Meta = Record<string, unknown>;

/** Sends a channel everybody who is there. */
export function pushState(hub: Hub, channel: Channel): void {
  const state: Record<string, { metas: Meta[] }> = Object.create(null);
  for (const { presence } of membersOf(hub, keyOf(channel))) {
    if (!presence.now) continue;
    state[presence.key] ??= { metas: [] };
    state[presence.key]?.metas.push(presence.now.meta);
  }
  push(channel, 'presence_state', state);
}

/** Shows what a client says of itself to the others. */
export function track(hub: Hub, channel: Channel, text: string, payload: Meta): void {
  const { presence } = channel;
  const before = presence.now?.meta;
  const reference = { phx_ref: randomBytes(12).toString('base64url') };
  const meta = { ...payload, ...reference, ...(before ? { phx_ref_prev: before.phx_ref } : {}) };
  presence.now = { text, meta };
  presence.enabled = true;
  deliverDiff(hub, channel, [meta], before ? [before] : []);
}

/** The channel is there no longer. */
export function untrack(hub: Hub, channel: Channel): void {
  const before = channel.presence.now?.meta;
  if (!before) return;
  channel.presence.now = null;
  deliverDiff(hub, channel, [], [before]);
}

function deliverDiff(hub: Hub, channel: Channel, joined: Meta[], left: Meta[]): void {
  const { topic } = channel;
  const of = (metas: Meta[]) => (metas.length === 0 ? {} : { [channel.presence.key]: { metas } });
  const payload = JSON.stringify({ joins: of(joined), leaves: of(left) });
  const frame = onceForEachVersion((version) => encode(version, { topic, event: 'presence_diff', payload }));
  let count = 0;
  for (const { socket, reads, isOpen } of membersOf(hub, keyOf(channel))) {
    if (!reads.presence || !isOpen) continue;
    socket.send(frame(socket.version));
    count++;
  }
  hub.rates.presence.add(count);
}

/** Counts events; false when there are too many. */
export function countPresence(hub: Hub, count: number): boolean {
  if (hub.rates.presence.average() > quotas.presenceEventsPerSecond) return false;
  hub.rates.presence.add(count);
  return true;
}
