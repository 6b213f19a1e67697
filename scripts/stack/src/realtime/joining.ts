import { randomUUID } from 'node:crypto';
import { isDatabaseAway } from '../errors.ts';
import { report } from '../service-log.ts';
import { push, pushSystem, reply } from './answers.ts';
import { close, drop, scheduleConfirm, shutDown } from './channel.ts';
import type { RealtimeMessage } from './database.ts';
import { encodeBroadcast, type Message } from './frames.ts';
import { type Channel, enter, type Hub, type Socket } from './hub.ts';
import { readJoin, readReplay, wishId } from './join.ts';
import { databaseAway } from './policies.ts';
import { quotas } from './quotas.ts';
import { askReads } from './rights.ts';
import { subscribe } from './subscriptions.ts';
import { countPresence, pushState } from './tracking.ts';

const prefix = 'realtime:';

/** A client joins a topic. A channel of the same topic is closed. */
export async function handleJoin(hub: Hub, socket: Socket, message: Message): Promise<void> {
  const before = socket.channels.get(message.topic);
  if (before) close(hub, before);
  const refuse = (reason: string) => reply(socket, message, 'error', { reason });
  if (!message.topic.startsWith(prefix)) return refuse('unmatched topic');
  const name = message.topic.slice(prefix.length);
  if (name === '') return refuse('TopicNameRequired: You must provide a topic name');
  if (message.bytes > quotas.joinBytes) return refuse('InvalidJoinPayload: the message is too large');
  const join = readJoin(message.payload, name);
  if (!join) return refuse('UnknownErrorOnChannel: the payload of a join must be an object');
  if (hub.rates.joins.average() > quotas.joinsPerSecond) {
    refuse('ClientJoinRateLimitReached: Too many joins per second');
    return socket.disconnect();
  }
  hub.rates.joins.add();
  if (socket.channels.size >= quotas.channelsPerSocket)
    return refuse('ChannelRateLimitReached: Too many channels');

  const token = join.token?.startsWith('sb_') ? socket.token : (join.token ?? socket.token);
  const { claims, refusal } = await hub.sessions.confirm(token);
  if (!claims) return refuse(`${refusal.code}: ${refusal.message}`);
  const { key, enabled } = join.presence;
  const presence = { key: key || randomUUID(), enabled, now: null, calls: 0, windowEnds: 0 };
  const asked = await askReads(hub, { socket, name, join, presence }, claims);
  if (!socket.isOpen) return;
  if (asked.refusal) return refuse(`${asked.refusal.code}: ${asked.refusal.message}`);
  const channel: Channel = {
    socket,
    topic: message.topic,
    name,
    joinRef: message.joinRef,
    join,
    token,
    claims,
    reads: asked.reads,
    writes: join.isPrivate ? {} : { broadcast: true, presence: true },
    presence,
    replayed: new Set(),
    subscriptions: [],
    attempt: undefined,
    timer: undefined,
    isOpen: true,
  };
  enter(hub, channel);
  socket.channels.set(channel.topic, channel);
  const replayed = await prepare(hub, channel);
  if (!channel.isOpen) return;
  if (typeof replayed === 'string') {
    drop(hub, channel);
    return refuse(replayed);
  }
  scheduleConfirm(hub, channel);
  const changes = join.isOld ? [] : join.changes.map((wanted) => ({ ...wanted, id: wishId(wanted) }));
  reply(socket, message, 'ok', { postgres_changes: changes });
  welcome(hub, channel, replayed);
}

/** Waits until messages of the database come in, and reads those to replay; a reason where that fails. */
async function prepare(hub: Hub, channel: Channel): Promise<RealtimeMessage[] | string> {
  const { join, name, reads } = channel;
  try {
    await hub.database.listen();
  } catch (error) {
    if (!isDatabaseAway(error)) report('realtime', 'Messages of the database cannot be read:', error);
    return `${databaseAway.code}: ${databaseAway.message}`;
  }
  if (!join.replay) return [];
  if (!join.isPrivate) return 'UnableToReplayMessages: Replay is not allowed for public channels';
  if (!reads.broadcast)
    return `Unauthorized: You do not have permissions to read from this Channel topic: ${name}`;
  const wanted = readReplay(join.replay.wanted);
  if (!wanted) return 'UnableToReplayMessages: Replay params are not valid';
  try {
    const messages = await hub.database.replay(name, wanted.since, wanted.limit);
    channel.replayed = new Set(messages.map(({ id }) => id));
    return messages;
  } catch {
    return 'UnableToReplayMessages: Realtime was unable to replay messages';
  }
}

/** What a channel gets after the answer to its join. */
function welcome(hub: Hub, channel: Channel, replayed: RealtimeMessage[]): void {
  const { socket, topic, join } = channel;
  for (const { id, event, payload } of replayed) {
    const meta = { replayed: true, id };
    if (typeof payload === 'string') {
      push(channel, 'broadcast', { event, payload: JSON.parse(payload), type: 'broadcast', meta });
    } else socket.send(encodeBroadcast(socket.version, topic, { event, payload, meta }));
  }
  if (channel.presence.enabled && channel.reads.presence) {
    if (!countPresence(hub, 1)) {
      shutDown(hub, channel, 'Too many presence messages per second');
      return;
    }
    pushState(hub, channel);
  }
  if (join.replicationReady) pushSystem(channel, 'system', 'ok', 'Replication connection established');
  void subscribe(hub, channel);
}
