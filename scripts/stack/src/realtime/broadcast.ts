import { reply } from './answers.ts';
import { shutDown } from './channel.ts';
import {
  encode,
  encodeBroadcast,
  type Frame,
  type Message,
  type UserBroadcast,
  type Version,
} from './frames.ts';
import { type Channel, type Hub, keyOf, membersOf, onceForEachVersion, topicKey } from './hub.ts';
import { isObject } from './join.ts';
import { quotas } from './quotas.ts';
import { mayWrite } from './rights.ts';

/** A client's broadcast. It is answered only where the client asked for that. */
export async function handleBroadcast(hub: Hub, channel: Channel, message: Message): Promise<void> {
  const { socket, topic, join } = channel;
  const { broadcast } = message;
  if (!broadcast && !isObject(message.payload)) return;
  if (!(await mayWrite(hub, channel, 'broadcast')) || !channel.isOpen) return;
  hub.rates.events.add();
  const payload = broadcast ? broadcast.payload : JSON.stringify(message.payload);
  if (Buffer.byteLength(payload) > quotas.payloadBytes) {
    if (join.ack) reply(socket, message, 'error', 'payload_size_exceeded');
    return;
  }
  const except = join.self ? undefined : channel;
  if (broadcast) deliverBroadcast(hub, keyOf(channel), broadcast, { except });
  else {
    const text = payload as string;
    deliver(hub, keyOf(channel), (version) => encode(version, { topic, event: 'broadcast', payload: text }), {
      except,
    });
  }
  if (join.ack) reply(socket, message, 'ok');
}

/** A broadcast from outside of the sockets: of the database, or over HTTP. */
export function broadcastTo(
  hub: Hub,
  name: string,
  isPrivate: boolean,
  broadcast: UserBroadcast,
  id?: string,
): void {
  hub.rates.events.add();
  deliverBroadcast(hub, topicKey(name, isPrivate), broadcast, { id });
}

interface Delivery {
  /** The channel that sent it and does not want it back. */
  except?: Channel | undefined;
  /** The message's id, where it has one: a channel to which it was replayed does not get it again. */
  id?: string | undefined;
}

function deliverBroadcast(hub: Hub, key: string, broadcast: UserBroadcast, delivery: Delivery): void {
  const [first] = membersOf(hub, key);
  if (first) deliver(hub, key, (version) => encodeBroadcast(version, first.topic, broadcast), delivery);
}

function deliver(
  hub: Hub,
  key: string,
  make: (version: Version) => Frame | null,
  { except, id }: Delivery,
): void {
  const frame = onceForEachVersion(make);
  const { events } = hub.rates;
  for (const channel of membersOf(hub, key)) {
    if (channel === except || !channel.reads.broadcast) continue;
    if (id !== undefined && channel.replayed.has(id)) continue;
    channel.socket.send(frame(channel.socket.version));
    events.add();
    if (events.average() > quotas.eventsPerSecond) shutDown(hub, channel, 'Too many messages per second');
  }
}
