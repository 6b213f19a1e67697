import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@supabase/supabase-js';
import { until } from 'embedded-supabase/testing';
import { createNoctra } from '../../../sdk/src/index.ts';
import { pngChunk } from '../../../supabase/functions/api/media/formats/png.ts';
import type { Person } from '../../kit/people.ts';
import { latin1, pngWith } from '../../kit/samples.ts';
import type { Noctra } from './noctra.ts';

/** How a post is made: multipart to the function, by the SDK, or by Storage and the Data API alone. */
const ways = ['function', 'sdk', 'data api'] as const;

/** A post that somebody wants to make. All that it should become follows from it. */
export interface Draft {
  way: (typeof ways)[number];
  key: string;
  author: Person;
  /** Whom the caption names, and who is listed. */
  mentioned: [Person, Person];
  /** Tags and caption are made of it. */
  name: string;
  picture: Uint8Array<ArrayBuffer>;
}

/** What came of one try to make it. */
export interface Try {
  draft: Draft;
  /** The post's id, where it was acknowledged. */
  id?: string;
  /** Why it was not; status 0 where no answer came. */
  refusal?: { status: number; code: string; retryAfter: string | null };
  /** How long the answer took, in milliseconds. */
  took: number;
}

export const captionOf = ({ name, mentioned }: Draft) =>
  `A post of @${mentioned[0].username} #caption${name}`;
export const tagsOf = ({ name }: Draft) => [`caption${name}`, `listed${name}`];

/** Makes a post, once; the SDK tries again by itself. */
export async function publish(noctra: Noctra, draft: Draft): Promise<Try> {
  const began = performance.now();
  const way = { function: byFunction, sdk: bySdk, 'data api': byDataApi }[draft.way];
  const outcome = await way(noctra, draft).catch((error: unknown) => noAnswer(error));
  return { draft, took: performance.now() - began, ...outcome };
}

type Outcome = Pick<Try, 'id' | 'refusal'>;

/** Only a cut connection is no answer: anything else that is thrown is a defect. */
function noAnswer(error: unknown): Outcome {
  if (!(error instanceof TypeError)) throw error;
  return { refusal: { status: 0, code: 'network_error', retryAfter: null } };
}

// The SDK knows a file again by its time, too.
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

async function byDataApi({ url, publishableKey }: Noctra, draft: Draft): Promise<Outcome> {
  let retryAfter: string | null = null;
  const client = createClient(url, publishableKey, {
    accessToken: async () => draft.author.token,
    global: {
      fetch: async (...request) => {
        const response = await fetch(...request);
        retryAfter = response.headers.get('retry-after');
        return response;
      },
    },
  });
  const path = `${draft.author.id}/${draft.key}.png`;
  const upload = await client.storage.from('post-media').upload(path, fileOf(draft));
  if (upload.error && upload.error.statusCode !== '409') {
    const { status = 0, statusCode = '' } = upload.error;
    return { refusal: { status, code: statusCode, retryAfter } };
  }
  const { data, error, status } = await client.rpc('create_post', {
    caption: captionOf(draft),
    tags: [`listed${draft.name}`],
    mentions: [draft.mentioned[1].id],
    media: [path],
    idempotency_key: draft.key,
  });
  return error ? { refusal: { status, code: error.code, retryAfter } } : { id: data.id };
}

let drafted = 0;

/** A post that is like no other. */
export function newDraft(noctra: Noctra, place = drafted): Draft {
  const [author, first, second] = [0, 1, 2].map((step) => noctra.people[(place + step) % 3]) as [
    Person,
    Person,
    Person,
  ];
  const name = `x${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  // Long enough to be cut off in the middle.
  const picture = pngWith(pngChunk('tEXt', latin1(`Title\0${`${name} `.repeat(8_000)}`)));
  drafted++;
  const way = ways[place % ways.length] ?? 'function';
  return { way, key: randomUUID(), author, mentioned: [first, second], name, picture };
}

/** Posts being made, several at once. */
export interface Load {
  tries: Try[];
  /** Waits until so many more have been acknowledged. */
  acknowledged(more: number): Promise<void>;
  /** Waits until something was refused. */
  refused(): Promise<void>;
  stop(): Promise<void>;
}

/** Makes posts in all ways at once until it is stopped, whatever becomes of them. */
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
  // What it throws is thrown at the stop.
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
