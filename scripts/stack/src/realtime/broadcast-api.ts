import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { boundedBytes } from '../bounded-bytes.ts';
import type { Caller } from '../caller.ts';
import { broadcastTo } from './broadcast.ts';
import type { Hub } from './hub.ts';
import { isObject } from './join.ts';
import type { Ruling } from './policies.ts';
import { quotas } from './quotas.ts';

/** As Plug reads a body. */
const mostBytes = 8_000_000;

/** Broadcasts over HTTP: several messages, or one whose topic and event are in the path; null for another path. */
export async function serveBroadcast(
  hub: Hub,
  request: Request,
  path: string,
  caller: Caller,
): Promise<Response | null> {
  const single = /^\/api\/broadcast\/([^/]+)\/events\/([^/]+)$/.exec(path);
  if (!single && path !== '/api/broadcast') return null;
  const names = single?.slice(1).map(decodeSegment);
  if (names?.includes(null)) return refuse(400, 'Bad Request');
  const body = await boundedBytes(request.body, mostBytes);
  if (!body) return refuse(413, 'Request Entity Too Large');
  const headers = Object.fromEntries(request.headers);
  const mayWrite = async (topic: string) => {
    const claims = { exp: 0, ...caller.claims, role: caller.role };
    return hub.policies.write({ topic, claims, headers }, 'broadcast');
  };
  const [topic, event] = names ?? [];
  return topic && event
    ? serveOne(hub, request, body, topic, event, mayWrite)
    : serveSeveral(hub, body, mayWrite);
}

function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

type MayWrite = (topic: string) => Promise<Ruling>;

const accepted = () => new Response(null, { status: 202 });

function refuse(status: number, message: string): Response {
  return Response.json({ message }, { status });
}

function invalid(errors: object): Response {
  return Response.json({ errors }, { status: 422 });
}

const text = z.string({ error: missingOrInvalid }).min(1, { error: "can't be blank" });

const messageSchema = z.object({
  id: z.string().optional(),
  topic: text,
  event: text,
  payload: z
    .record(z.string(), z.unknown(), { error: missingOrInvalid })
    .transform((payload) => JSON.stringify(payload))
    .refine(fits, { error: 'Payload size exceeds tenant limit' }),
  private: z
    .union([z.boolean(), z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0'] })], {
      error: 'is invalid',
    })
    .default(false),
});

function missingOrInvalid({ input }: { input?: unknown }): string {
  return input === undefined || input === null ? "can't be blank" : 'is invalid';
}

function fits(payload: string | Uint8Array): boolean {
  return Buffer.byteLength(payload) <= quotas.payloadBytes;
}

async function serveSeveral(hub: Hub, body: Buffer, mayWrite: MayWrite): Promise<Response> {
  const wanted = parseJson(body);
  if (wanted === undefined) return refuse(400, 'Bad Request');
  const messages = isObject(wanted) ? (wanted.messages ?? null) : null;
  if (!Array.isArray(messages) || messages.length === 0)
    return invalid({
      messages: [missingOrInvalid({ input: messages === null || Array.isArray(messages) ? null : messages })],
    });
  const parsed = messages.map((message) => messageSchema.safeParse(message));
  const good = parsed.flatMap(({ data }) => (data ? [data] : []));
  if (good.length < parsed.length)
    return invalid({ messages: parsed.map(({ error }) => (error ? z.flattenError(error).fieldErrors : {})) });
  const rate = hub.rates.events.average();
  if (rate > quotas.eventsPerSecond) return refuse(429, 'You have exceeded your rate limit');
  if (rate + good.length > quotas.eventsPerSecond)
    return refuse(429, 'Too many messages to broadcast, please reduce the batch size');

  const rulings = new Map<string, boolean>();
  for (const { id, topic, event, payload, private: isPrivate } of good) {
    if (isPrivate && !rulings.has(topic))
      rulings.set(topic, (await mayWrite(topic)).allowed?.has('broadcast') ?? false);
    // A private topic that the caller may not write to is passed over without a word.
    if (isPrivate && !rulings.get(topic)) continue;
    broadcastTo(hub, topic, isPrivate, { event, payload, meta: id === undefined ? undefined : { id } }, id);
  }
  return accepted();
}

async function serveOne(
  hub: Hub,
  request: Request,
  body: Buffer,
  topic: string,
  event: string,
  mayWrite: MayWrite,
): Promise<Response> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  const isBinary = type === 'application/octet-stream';
  if (type !== undefined && type !== 'application/json' && !isBinary) {
    const error = 'Unsupported Media Type. Use application/json or application/octet-stream';
    return Response.json({ error }, { status: 415 });
  }
  if (!isBinary && parseJson(body) === undefined) return refuse(400, 'Bad Request');
  const payload = isBinary ? body : body.toString() || '{}';
  if (!fits(payload)) return invalid({ payload: ['Payload size exceeds tenant limit'] });
  if (hub.rates.events.average() >= quotas.eventsPerSecond)
    return refuse(429, 'You have exceeded your rate limit');
  const isPrivate = new URL(request.url).searchParams.get('private') === 'true';
  if (isPrivate) {
    const { allowed, refusal } = await mayWrite(topic);
    if (refusal) return refuse(422, refusal.message);
    if (!allowed.has('broadcast')) return refuse(403, 'Unauthorized');
  }
  broadcastTo(hub, topic, isPrivate, { event, payload });
  return accepted();
}

/** A value of JSON, `{}` for an empty body, undefined for other text. */
function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return isUtf8(body) ? JSON.parse(body.toString()) : undefined;
  } catch {
    return undefined;
  }
}
