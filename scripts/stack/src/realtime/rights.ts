import type { Channel, Hub } from './hub.ts';
import type { Extension } from './policies.ts';
import type { Claims } from './session.ts';

/** Asks the policies what a caller may read of a channel; on a public one that is everything. */
export async function askReads(
  hub: Hub,
  { socket, name, join, presence }: Pick<Channel, 'socket' | 'name' | 'join' | 'presence'>,
  claims: Claims,
): Promise<
  { reads: Channel['reads']; refusal?: undefined } | { refusal: { code: string; message: string } }
> {
  if (!join.isPrivate) return { reads: { broadcast: true, presence: true } };
  const extensions: Extension[] = presence.enabled ? ['broadcast', 'presence'] : ['broadcast'];
  const { allowed, refusal } = await hub.policies.read(
    { topic: name, claims, headers: socket.headers },
    extensions,
  );
  if (refusal && refusal.code !== 'RlsPolicyError') return { refusal };
  if (!allowed || allowed.size === 0) {
    const message = `You do not have permissions to read from this Channel topic: ${name}`;
    return { refusal: { code: 'Unauthorized', message } };
  }
  return { reads: Object.fromEntries(extensions.map((extension) => [extension, allowed.has(extension)])) };
}

/** Whether the caller may write to a channel: asked once for each token. */
export async function mayWrite(hub: Hub, channel: Channel, extension: Extension): Promise<boolean> {
  const known = channel.writes[extension];
  if (known !== undefined) return known;
  const { name: topic, claims, socket } = channel;
  const { allowed } = await hub.policies.write({ topic, claims, headers: socket.headers }, extension);
  // Asked again where there was no answer.
  if (!allowed) return false;
  channel.writes[extension] = allowed.has(extension);
  return allowed.has(extension);
}
