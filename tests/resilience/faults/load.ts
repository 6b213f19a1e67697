import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { until } from 'embedded-supabase/testing';
import { createNoctra } from '../../../sdk/src/index.ts';
import { pngChunk } from '../../../supabase/functions/api/media/formats/png.ts';
import { clientWith, type Person } from '../../kit/people.ts';
import type { Noctra } from './fault-stack.ts';

/** The ways to publish a post: a form, the SDK, or three calls (Storage, the function, create_post). */
const ways = ['function', 'sdk', 'data api'] as const;

/** A post to publish; the expected rows follow from it. */
export interface Draft {
  way: (typeof ways)[number];
  key: string;
  author: Person;
  /** The user mentioned in the caption, and the user in the field `mentions`. */
  mentioned: [Person, Person];
  /** Part of the caption and the tags. */
  name: string;
  picture: Uint8Array<ArrayBuffer>;
  /** The path of the published picture, once the client knows it. */
  path?: string;
}

/** One try to publish a draft. */
export interface Try {
  draft: Draft;
  /** The id of the post, if it was acknowledged. */
  id?: string;
  /** The answer if it was refused; status 0 where no answer came. */
  refusal?: { status: number; code: string; retryAfter: string | null };
  /** Milliseconds until the answer. */
  took: number;
}

export const captionOf = ({ name, mentioned }: Draft) =>
  `A post of @${mentioned[0].username} #caption${name}`;
export const tagsOf = ({ name }: Draft) => [`caption${name}`, `listed${name}`];

/** Publishes a draft once. The SDK also retries. */
export async function publish(noctra: Noctra, draft: Draft): Promise<Try> {
  const began = performance.now();
  const way = { function: byFunction, sdk: bySdk, 'data api': byDataApi }[draft.way];
  const outcome = await way(noctra, draft).catch((error: unknown) => noAnswer(error));
  return { draft, took: performance.now() - began, ...outcome };
}

type Outcome = Pick<Try, 'id' | 'refusal'>;

/** The outcome of a cut connection; any other exception is a defect. */
function noAnswer(error: unknown): Outcome {
  if (!(error instanceof TypeError)) throw error;
  return { refusal: { status: 0, code: 'network_error', retryAfter: null } };
}

const fileOf = ({ picture }: Draft) => new File([picture], 'a.png', { type: 'image/png', lastModified: 0 });

async function byFunction({ url }: Noctra, draft: Draft): Promise<Outcome> {
  const form = new FormData();
  form.append('caption', captionOf(draft));
  form.append('tags', `listed${draft.name}`);
  form.append('mentions', draft.mentioned[1].username);
  form.append('media', fileOf(draft));
  const response = await fetch(`${url}/functions/v1/api/posts/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${draft.author.token}`, 'idempotency-key': draft.key },
    body: form,
  });
  const body = (await response.json()) as { id: string; code: string };
  if (response.ok) return { id: body.id };
  const { status, headers } = response;
  return { refusal: { status, code: body.code, retryAfter: headers.get('retry-after') } };
}

async function bySdk({ url, publishableKey }: Noctra, draft: Draft): Promise<Outcome> {
  const noctra = createNoctra(url, publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { token, refreshToken } = draft.author;
  const session = await noctra.supabase.auth.setSession({ access_token: token, refresh_token: refreshToken });
  const failed = session.error;
  if (failed) return { refusal: { status: failed.status ?? 0, code: failed.name, retryAfter: '1' } };
  const { data, error } = await noctra.posts.create({
    caption: captionOf(draft),
    tags: [`listed${draft.name}`],
    mentions: [draft.mentioned[1].id],
    media: [fileOf(draft)],
    idempotency_key: draft.key,
  });
  if (data) return { id: data.id };
  const { status, code, retry_after } = error;
  return { refusal: { status, code, retryAfter: retry_after === undefined ? null : String(retry_after) } };
}

async function byDataApi(noctra: Noctra, draft: Draft): Promise<Outcome> {
  const { author, key } = draft;
  let retryAfter: string | null = null;
  const client = clientWith(author.token, noctra, async (...request) => {
    const response = await fetch(...request);
    retryAfter = response.headers.get('retry-after');
    return response;
  });
  if (!draft.path) {
    const upload = `${author.id}/${key}`;
    const stored = await client.storage.from('uploads').upload(upload, fileOf(draft));
    if (stored.error && stored.error.statusCode !== '409') {
      const { status = 0, statusCode = '' } = stored.error;
      return { refusal: { status, code: statusCode, retryAfter } };
    }
    const published = await fetch(`${noctra.url}/functions/v1/api/media/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${author.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ path: upload }),
    });
    const body = (await published.json()) as { path: string; code: string };
    const { status, headers } = published;
    if (!published.ok)
      return { refusal: { status, code: body.code, retryAfter: headers.get('retry-after') } };
    draft.path = body.path;
  }
  const { data, error, status } = await client.rpc('create_post', {
    caption: captionOf(draft),
    tags: [`listed${draft.name}`],
    mentions: [draft.mentioned[1].id],
    media: [draft.path],
    idempotency_key: key,
  });
  return error ? { refusal: { status, code: error.code, retryAfter } } : { id: data.id as string };
}

let drafted = 0;

/** A PNG of random pixels: 120 kB, large enough to be cut off in the middle. */
function noise(): Uint8Array<ArrayBuffer> {
  const side = 200;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // 8 bits for each of red, green and blue.
  header.set([8, 2], 8);
  const rows = Buffer.concat(
    Array.from({ length: side }, () => Buffer.concat([Buffer.of(0), randomBytes(side * 3)])),
  );
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const data = deflateSync(rows, { level: 0 });
  const chunks = [pngChunk('IHDR', header), pngChunk('IDAT', data), pngChunk('IEND', new Uint8Array())];
  return new Uint8Array(Buffer.concat([signature, ...chunks]));
}

/** A draft with a unique name. */
export function newDraft(noctra: Noctra, place = drafted): Draft {
  const [author, first, second] = [0, 1, 2].map((step) => noctra.people[(place + step) % 3]) as [
    Person,
    Person,
    Person,
  ];
  const name = `x${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  drafted++;
  const way = ways[place % ways.length] ?? 'function';
  return { way, key: randomUUID(), author, mentioned: [first, second], name, picture: noise() };
}

/** A running load that publishes three posts at a time. */
export interface Load {
  tries: Try[];
  /** Waits until this many more posts are acknowledged. */
  acknowledged(more: number): Promise<void>;
  /** Waits until a post is refused. */
  refused(): Promise<void>;
  stop(): Promise<void>;
}

/** Publishes posts in all three ways at once until it is stopped. */
export function startLoad(noctra: Noctra): Load {
  const tries: Try[] = [];
  let stopped = false;
  const work = async (place: number) => {
    for (let turn = 0; !stopped; turn++) {
      const made = await publish(noctra, newDraft(noctra, place + turn * ways.length));
      tries.push(made);
      if (made.refusal) await delay(50);
    }
  };
  const workers = Promise.all(ways.map((_, place) => work(place)));
  // `stop` rethrows the error of a worker.
  workers.catch(() => {});
  const count = () => tries.filter(({ id }) => id).length;
  return {
    tries,
    acknowledged: async (more) => {
      const wanted = count() + more;
      await until(() => count() >= wanted, `${more} more posts are acknowledged`);
    },
    refused: () => until(() => tries.some(({ refusal }) => refusal), 'a post is refused'),
    async stop() {
      stopped = true;
      await workers;
    },
  };
}
