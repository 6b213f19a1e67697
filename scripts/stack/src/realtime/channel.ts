import { pushSystem } from './answers.ts';
import { encode } from './frames.ts';
import { type Channel, type Hub, leave } from './hub.ts';
import { quotas } from './quotas.ts';
import { askReads } from './rights.ts';
import { unsubscribe, updateSubscriptions } from './subscriptions.ts';
import { untrack } from './tracking.ts';

/** Ends a channel, without a word to its client. */
export function drop(hub: Hub, channel: Channel): void {
  if (!channel.isOpen) return;
  channel.isOpen = false;
  clearTimeout(channel.timer);
  channel.socket.channels.delete(channel.topic);
  unsubscribe(hub, channel);
  untrack(hub, channel);
  leave(hub, channel);
}

/** Ends a channel, and says so. */
export function close(hub: Hub, channel: Channel): void {
  if (!channel.isOpen) return;
  drop(hub, channel);
  const { socket, topic, joinRef } = channel;
  socket.send(encode(socket.version, { joinRef, ref: joinRef, topic, event: 'phx_close', payload: '{}' }));
}

/** Ends a channel for a reason. */
export function shutDown(hub: Hub, channel: Channel, reason: string): void {
  if (!channel.isOpen) return;
  pushSystem(channel, 'system', 'error', reason);
  close(hub, channel);
}

/** Checks the token again after a while, and when it expires. */
export function scheduleConfirm(hub: Hub, channel: Channel): void {
  clearTimeout(channel.timer);
  const wait = Math.min(channel.claims.exp * 1000 - Date.now(), quotas.confirmMs);
  channel.timer = setTimeout(
    async () => {
      const { claims, refusal } = await hub.sessions.confirm(channel.token);
      if (!channel.isOpen) return;
      if (claims) scheduleConfirm(hub, channel);
      else shutDown(hub, channel, refusal.message);
    },
    Math.max(wait, 0),
  );
  channel.timer.unref();
}

/** A client sends a new token: the policies are asked again. */
export async function renewToken(hub: Hub, channel: Channel, token: unknown): Promise<void> {
  if (typeof token !== 'string' || token.startsWith('sb_') || token === channel.token) return;
  const { claims, refusal } = await hub.sessions.confirm(token);
  if (!claims) return shutDown(hub, channel, refusal.message);
  // The policies may answer after the token before has expired.
  clearTimeout(channel.timer);
  const asked = await askReads(hub, channel, claims);
  if (!channel.isOpen) return;
  if (asked.refusal) return shutDown(hub, channel, asked.refusal.message);
  const before = channel.reads;
  if ((['broadcast', 'presence'] as const).some((part) => before[part] && asked.reads[part] === false)) {
    return shutDown(
      hub,
      channel,
      `You no longer have permission to read from this Channel topic: ${channel.name}`,
    );
  }
  channel.token = token;
  channel.claims = claims;
  channel.reads = asked.reads;
  if (channel.join.isPrivate) channel.writes = {};
  scheduleConfirm(hub, channel);
  await updateSubscriptions(hub, channel);
}
