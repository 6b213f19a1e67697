import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage, isDatabaseAway } from '../errors.ts';
import { pushSystem } from './answers.ts';
import type { Change } from './database.ts';
import { encode } from './frames.ts';
import type { Channel, Hub } from './hub.ts';
import { wishId } from './join.ts';
import { quotas } from './quotas.ts';

/** How long a channel waits before it tries again to subscribe, in milliseconds. */
const retryMs = 5_000;

/** Subscribes a channel to the changes that it asked for, and tells its client. A wish that is refused is not tried again. */
export async function subscribe(hub: Hub, channel: Channel): Promise<void> {
  const { changes } = channel.join;
  if (changes.length === 0) return;
  if (changes.length > quotas.changesPerChannel)
    return pushSystem(channel, 'postgres_changes', 'error', 'Too many subscriptions to changes');
  const attempt = Symbol();
  channel.attempt = attempt;
  const isWanted = () => channel.isOpen && channel.attempt === attempt;
  while (isWanted()) {
    const wanted = changes[channel.subscriptions.length];
    if (!wanted) return pushSystem(channel, 'postgres_changes', 'ok', 'Subscribed to PostgreSQL');
    const { claims } = channel;
    try {
      const subscription = await hub.database.subscribe(wanted, callerOf(channel));
      // A new token came meanwhile: the wish is subscribed again by its rights.
      if (!isWanted() || channel.claims !== claims) {
        subscription.unsubscribe();
        continue;
      }
      const id = wishId(wanted);
      channel.subscriptions.push({ wishId: id, subscription });
      hub.subscribers.set(subscription.id, { channel, wishId: id });
    } catch (error) {
      if (!isWanted()) return;
      pushSystem(channel, 'postgres_changes', 'error', errorMessage(error));
      if (!isDatabaseAway(error)) return unsubscribe(hub, channel);
      await delay(retryMs, undefined, { ref: false });
    }
  }
}

export function unsubscribe(hub: Hub, channel: Channel): void {
  for (const { subscription } of channel.subscriptions.splice(0)) {
    hub.subscribers.delete(subscription.id);
    subscription.unsubscribe();
  }
}

/** From now on changes are shown by the rights of the channel's new token. */
export async function updateSubscriptions(hub: Hub, channel: Channel): Promise<void> {
  if (channel.subscriptions.length === 0) return;
  try {
    for (const { subscription } of channel.subscriptions) await subscription.update(callerOf(channel));
    // A channel that still subscribes says so itself.
    if (channel.subscriptions.length === channel.join.changes.length)
      pushSystem(channel, 'postgres_changes', 'ok', 'Subscribed to PostgreSQL');
  } catch {
    // Under the rights of the token before, changes must not go on.
    unsubscribe(hub, channel);
    void subscribe(hub, channel);
  }
}

function callerOf({ claims }: Channel) {
  return { role: claims.role, claims };
}

/** Sends a change to the channels whose subscriptions see it. */
export function deliverChange(hub: Hub, { ids, type, data }: Change): void {
  const wishes = new Map<Channel, number[]>();
  for (const id of ids) {
    const subscriber = hub.subscribers.get(id);
    if (!subscriber) continue;
    const { channel } = subscriber;
    wishes.set(channel, [...(wishes.get(channel) ?? []), subscriber.wishId]);
  }
  for (const [{ socket, topic, join }, wishIds] of wishes) {
    const [event, payload] = join.isOld
      ? [type, data]
      : ['postgres_changes', `{"ids":${JSON.stringify([...new Set(wishIds)])},"data":${data}}`];
    socket.send(encode(socket.version, { topic, event, payload }));
  }
}
