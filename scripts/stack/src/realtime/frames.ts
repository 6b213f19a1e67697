import { isUtf8 } from 'node:buffer';

/** The version of Phoenix's serializer that a client chose: objects (1.0.0), or arrays and binary frames (2.0.0). */
export type Version = 1 | 2;

/** A message of Phoenix's protocol. References are the client's own, and are sent back as they came. */
export interface Message {
  joinRef: unknown;
  ref: unknown;
  topic: string;
  event: string;
  payload: unknown;
  /** The size of its frame. */
  bytes: number;
  /** The payload of a binary frame, in place of `payload`. */
  broadcast?: UserBroadcast;
}

/** A message to clients, whose payload is JSON text. */
export interface Push {
  joinRef?: unknown;
  ref?: unknown;
  topic: string;
  event: string;
  payload: string;
}

/** A broadcast whose payload was never parsed: JSON text, or bytes. */
export interface UserBroadcast {
  event: string;
  payload: string | Uint8Array;
  meta?: Record<string, unknown> | undefined;
}

/** A frame to send. */
export interface Frame {
  data: Buffer;
  binary: boolean;
}

/** The kinds of binary frames, by their first byte. */
const kinds = { userBroadcastPush: 3, userBroadcast: 4 };
const encodings = { binary: 0, json: 1 };

/** The most bytes of a topic, an event or metadata in a binary frame. */
const mostBytes = 255;

/** Reads a frame; null when it is none of the protocol. */
export function decode(version: Version, data: Buffer, binary: boolean): Message | null {
  if (binary) return version === 2 ? decodeBinary(data) : null;
  if (!isUtf8(data)) return null;
  let value: unknown;
  try {
    value = JSON.parse(data.toString());
  } catch {
    return null;
  }
  const message = version === 2 ? fromArray(value) : fromObject(value);
  return message && { ...message, bytes: data.length };
}

type Parsed = Omit<Message, 'bytes'>;

function fromArray(value: unknown): Parsed | null {
  if (!Array.isArray(value) || value.length < 5) return null;
  const [joinRef, ref, topic, event, payload] = value as unknown[];
  if (typeof topic !== 'string' || typeof event !== 'string') return null;
  return { joinRef, ref, topic, event, payload };
}

function fromObject(value: unknown): Parsed | null {
  if (typeof value !== 'object' || value === null) return null;
  const { topic, event, payload, ref = null, join_ref: joinRef = null } = value as Record<string, unknown>;
  if (typeof topic !== 'string' || typeof event !== 'string' || payload === undefined) return null;
  return { joinRef, ref, topic, event, payload };
}

/** Seven bytes: the kind, the sizes of the five parts that follow, and the encoding. The payload is the rest. */
function decodeBinary(data: Buffer): Message | null {
  if (data.length < 7 || data[0] !== kinds.userBroadcastPush) return null;
  let at = 7;
  const parts = [...data.subarray(1, 6)].map((size) => {
    at += size;
    return data.subarray(at - size, at);
  });
  if (at > data.length || !parts.every(isUtf8)) return null;
  const [joinRef = '', ref = '', topic = '', event = ''] = parts.map(String);
  const rest = data.subarray(at);
  const message = { joinRef, ref, topic, event: 'broadcast', payload: null, bytes: data.length };
  if (data[6] === encodings.binary) return { ...message, broadcast: { event, payload: rest } };
  const payload = rest.toString();
  return isUtf8(rest) && isJson(payload) ? { ...message, broadcast: { event, payload } } : null;
}

/** A payload goes on to others as it is, so it must be JSON. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A text frame. */
export function encode(version: Version, { joinRef = null, ref = null, topic, event, payload }: Push): Frame {
  const text =
    version === 2
      ? `[${JSON.stringify(joinRef)},${JSON.stringify(ref)},${JSON.stringify(topic)},${JSON.stringify(event)},${payload}]`
      : `{"topic":${JSON.stringify(topic)},"event":${JSON.stringify(event)},"payload":${payload},"ref":${JSON.stringify(ref)}}`;
  return { data: Buffer.from(text), binary: false };
}

/**
 * A broadcast for a topic; null where a client of version 1 cannot read it. In version 2 it is a binary frame, and text
 * where a name is too long for that.
 */
export function encodeBroadcast(
  version: Version,
  topic: string,
  { event, payload, meta }: UserBroadcast,
): Frame | null {
  const parts = [topic, event, meta ? JSON.stringify(meta) : ''].map((part) => Buffer.from(part));
  if (version === 2 && parts.every(({ length }) => length <= mostBytes)) {
    const [encoding, bytes] =
      typeof payload === 'string' ? [encodings.json, Buffer.from(payload)] : [encodings.binary, payload];
    const head = Buffer.from([kinds.userBroadcast, ...parts.map(({ length }) => length), encoding]);
    return { data: Buffer.concat([head, ...parts, bytes]), binary: true };
  }
  if (typeof payload !== 'string') return null;
  const fields = `"event":${JSON.stringify(event)},"payload":${payload},"type":"broadcast"`;
  return encode(version, {
    topic,
    event: 'broadcast',
    payload: meta ? `{${fields},"meta":${JSON.stringify(meta)}}` : `{${fields}}`,
  });
}
