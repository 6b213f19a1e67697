import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { limits, type Post } from '../../sdk/src/index.ts';
import { settings } from '../settings.ts';
import { load, openNoctra, type Person, photo, readPhoto, recordingFetch, registerPerson } from './people.ts';

const sql = postgres(settings.databaseUrl, { max: 1 });
afterAll(() => sql.end());

let ann: Person;
let ben: Person;
let cleo: Person;
beforeAll(async () => {
  ann = await registerPerson();
  ben = await registerPerson();
  cleo = await registerPerson();
});

/** The names of somebody's objects, read behind the back of every policy. */
async function objectsOf({ id }: Person): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select name from storage.objects where bucket_id = 'post-media' and name like ${`${id}/%`} order by name`;
  return rows.map(({ name }) => name);
}

async function postsOf({ id }: Person): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from public.posts where owner_id = ${id}`;
  return row?.count ?? 0;
}

/** A signed-in Noctra for the same person whose requests pass through another `fetch`. */
async function reopen({ email, password }: Person, fetchInstead: typeof fetch) {
  const noctra = openNoctra({ global: { fetch: fetchInstead } });
  const { error } = await noctra.auth.signIn({ username: email, password });
  if (error) throw error;
  return noctra;
}

const isUpload = (input: RequestInfo | URL, init?: RequestInit) =>
  init?.method === 'POST' && String(input).includes('/storage/v1/object/post-media/');

function created({ data, error }: Awaited<ReturnType<Person['noctra']['posts']['create']>>): Post {
  if (error) throw error;
  return data;
}

describe('posts.create', () => {
  test('makes a post with a photo, a tag and two mentions, which others read back byte for byte', async () => {
    const post = created(
      await ann.noctra.posts.create({
        caption: 'Sunset by the sea',
        media: [await photo()],
        tags: ['#Summer'],
        mentions: [`@${ben.username}`, cleo.id],
      }),
    );
    expect(post).toMatchObject({
      caption: 'Sunset by the sea',
      is_public: true,
      original_post: null,
      owner: {
        id: ann.id,
        username: ann.username,
        profile_pic_url: `${settings.url}/functions/v1/api/assets/default-avatar.svg`,
        is_vip: false,
      },
      tags: [{ name: 'summer' }],
      media: [{ file_type: 'image', mime_type: 'image/jpeg', size: (await readPhoto()).length }],
    });
    expect(post.mentions.map(({ username }) => username).sort()).toEqual(
      [ben.username, cleo.username].sort(),
    );
    expect(post.media[0]?.file).toMatch(new RegExp(`^${ann.id}/[0-9a-f-]{36}\\.jpg$`));

    const page = await ben.noctra.posts.page();
    expect(page.data?.posts.find(({ id }) => id === post.id)).toMatchObject({
      caption: post.caption,
      tags: post.tags,
    });

    const read = await ben.noctra.posts.get(post.id);
    expect(read.data).toMatchObject({
      ...post,
      media: [{ file: post.media[0]?.file }],
      mentions: expect.anything(),
    });
    expect(await load(read.data?.media[0]?.url)).toEqual(await readPhoto());
  });

  test('counts the tags and mentions of the caption', async () => {
    const caption = `With @${ben.username} in #Lisboa`;
    const post = created(await ann.noctra.posts.create({ caption }));
    expect(post.tags.map(({ name }) => name)).toEqual(['lisboa']);
    expect(post.mentions).toEqual([{ id: ben.id, username: ben.username }]);
  });

  test('keeps the files in the order that they were given, at most three under way at once', async () => {
    let [underway, most] = [0, 0];
    const noctra = await reopen(ann, async (input, init) => {
      if (!isUpload(input, init)) return fetch(input, init);
      most = Math.max(most, ++underway);
      return fetch(input, init).finally(() => underway--);
    });
    const bytes = await readPhoto();
    // A JPEG ends with its end marker: what follows is ignored, and tells the files apart.
    const files = Array.from({ length: limits.media }, (_, place) => {
      return new File([bytes, new Uint8Array(place + 1)], 'photo.jpg', { type: 'image/jpeg' });
    });
    const post = created(await noctra.posts.create({ caption: 'Ten', media: files }));
    expect(post.media.map(({ size }) => size)).toEqual(files.map(({ size }) => size));
    expect(most).toBe(3);
  });

  test('shares a post', async () => {
    const original = created(await ben.noctra.posts.create({ caption: 'The first' }));
    const share = created(await ann.noctra.posts.create({ caption: 'Look', original_post: original.id }));
    expect(share.original_post).toBe(original.id);
  });

  test('hides a private post from others', async () => {
    const post = created(
      await ann.noctra.posts.create({ caption: 'Mine', media: [await photo()], is_public: false }),
    );
    expect(post.is_public).toBe(false);
    expect((await ben.noctra.posts.get(post.id)).error).toMatchObject({
      code: 'post_not_found',
      status: 404,
    });
    const { data } = await ben.noctra.supabase.storage.from('post-media').download(post.media[0]?.file ?? '');
    expect(data).toBeNull();
  });

  test('answers the first post to a retry with the same idempotency key and files', async () => {
    const dora = await registerPerson();
    const post = { caption: 'Once', media: [await photo()], idempotency_key: crypto.randomUUID() };
    const first = created(await dora.noctra.posts.create(post));
    const second = created(await dora.noctra.posts.create(post));
    expect(second.id).toBe(first.id);
    expect(await load(second.media[0]?.url)).toEqual(await readPhoto());
    expect(await postsOf(dora)).toBe(1);
    expect(await objectsOf(dora)).toEqual([first.media[0]?.file]);
  });

  test('refuses the same idempotency key for another post, and keeps the first one whole', async () => {
    const dora = await registerPerson();
    const media = [await photo()];
    const idempotency_key = crypto.randomUUID();
    const first = created(await dora.noctra.posts.create({ caption: 'Once', media, idempotency_key }));
    for (const other of [
      { caption: 'Twice', media },
      { caption: 'Once', media: [await photo('other.jpg', media[0]?.lastModified)] },
    ]) {
      const { error } = await dora.noctra.posts.create({ ...other, idempotency_key });
      expect(error).toMatchObject({ code: 'idempotency_key_reused', status: 422 });
    }
    expect(await objectsOf(dora)).toEqual([first.media[0]?.file]);
  });
});

describe('posts.create leaves neither row nor object', () => {
  test('when a rule of the database refuses the post', async () => {
    const dora = await registerPerson();
    const media = [await photo(), await photo()];
    for (const [post, code, field] of [
      [{ mentions: ['nobody_at_all'] }, 'mention_unknown', 'mentions'],
      [{ tags: ['x'.repeat(limits.tag_length + 1)] }, 'tag_invalid', 'tags'],
      [{ tags: Array.from({ length: limits.tags + 1 }, (_, n) => `t${n}`) }, 'tags_too_many', 'tags'],
      [{ original_post: '01890000-0000-7000-8000-000000000000' }, 'original_post_not_found', 'original_post'],
    ] as const) {
      const { data, error } = await dora.noctra.posts.create({ caption: 'Hello', media, ...post });
      expect(data).toBeNull();
      expect(error, code).toMatchObject({ code, status: 422, field });
    }
    expect(await objectsOf(dora)).toEqual([]);
    expect(await postsOf(dora)).toBe(0);
  });

  test('when the connection is lost in the middle of the uploads', async () => {
    const dora = await registerPerson();
    let uploads = 0;
    const noctra = await reopen(dora, async (input, init) => {
      if (isUpload(input, init) && ++uploads === 4) throw new TypeError('fetch failed');
      return fetch(input, init);
    });
    const media = await Promise.all(Array.from({ length: 6 }, () => photo()));
    const { error } = await noctra.posts.create({ caption: 'Hello', media });
    expect(error).toMatchObject({ code: 'network_error', status: 0 });
    expect(await objectsOf(dora)).toEqual([]);
    expect(await postsOf(dora)).toBe(0);
  });

  test('when it is aborted between the uploads and the post', async () => {
    const dora = await registerPerson();
    const controller = new AbortController();
    const noctra = await reopen(dora, async (input, init) => {
      const response = await fetch(input, init);
      if (isUpload(input, init)) controller.abort();
      return response;
    });
    const media = [await photo()];
    const { error } = await noctra.posts.create({ caption: 'Hello', media, signal: controller.signal });
    expect(error).toMatchObject({ code: 'aborted', status: 0 });
    expect(await objectsOf(dora)).toEqual([]);
    expect(await postsOf(dora)).toBe(0);
  });
});

describe('posts.create sends no byte', () => {
  test.each([
    ['caption_invalid', 422, 'caption', { caption: ' \n ' }],
    ['caption_invalid', 422, 'caption', { caption: 'x'.repeat(limits.caption_length + 1) }],
    [
      'media_too_many',
      422,
      'media',
      { media: Array(limits.media + 1).fill(new File(['x'], 'x.png', { type: 'image/png' })) },
    ],
    [
      'media_too_large',
      413,
      'media',
      { media: [new File([new Uint8Array(limits.media_size + 1)], 'x.mp4', { type: 'video/mp4' })] },
    ],
    [
      'media_type_unsupported',
      415,
      'media',
      { media: [new File(['<svg/>'], 'x.svg', { type: 'image/svg+xml' })] },
    ],
  ])('when the input is against the rules: %s', async (code, status, field, post) => {
    const { requests, fetch } = recordingFetch();
    const noctra = await reopen(ann, fetch);
    requests.length = 0;
    const { error } = await noctra.posts.create({ caption: 'Hello', ...post });
    expect(error).toMatchObject({ code, status, field });
    expect(requests).toEqual([]);
  });

  test('yet allows a caption whose characters take two UTF-16 units each', async () => {
    const caption = '🌊'.repeat(limits.caption_length);
    expect(created(await ann.noctra.posts.create({ caption })).caption).toBe(caption);
  });
});

describe('posts.page', () => {
  test('walks all posts, newest first, without a gap or a repetition', async () => {
    const dora = await registerPerson();
    const ids: string[] = [];
    for (const caption of ['one', 'two', 'three', 'four', 'five']) {
      ids.unshift(created(await dora.noctra.posts.create({ caption, is_public: false })).id);
    }
    const walked: string[] = [];
    let cursor: string | null = null;
    do {
      const { data, error } = await dora.noctra.posts.page({ limit: 2, cursor });
      if (error) throw error;
      expect(data.posts.length).toBeLessThanOrEqual(2);
      walked.push(...data.posts.filter(({ owner }) => owner.id === dora.id).map(({ id }) => id));
      cursor = data.next_cursor;
    } while (cursor && walked.length < ids.length);
    expect(walked).toEqual(ids);
  });

  test('costs two requests, however many files its posts have', async () => {
    const { requests, fetch } = recordingFetch();
    const noctra = await reopen(ann, fetch);
    created(await noctra.posts.create({ caption: 'Two', media: [await photo(), await photo()] }));
    created(await noctra.posts.create({ caption: 'One', media: [await photo()] }));
    requests.length = 0;
    const { data } = await noctra.posts.page({ limit: 2 });
    expect(data?.posts.flatMap(({ media }) => media).every(({ url }) => url !== null)).toBe(true);
    expect(requests).toEqual(['GET /rest/v1/posts', 'POST /storage/v1/object/sign/post-media']);
  });

  test('refuses a malformed cursor', async () => {
    const { error } = await ann.noctra.posts.page({ cursor: 'no cursor' });
    expect(error).toMatchObject({ code: 'invalid_cursor', status: 400, field: 'cursor' });
  });

  test('refuses a page of a size that is not given', async () => {
    for (const limit of [0, 1.5, limits.page_size_max + 1]) {
      const { error } = await ann.noctra.posts.page({ limit });
      expect(error).toMatchObject({ code: 'limit_invalid', status: 422, field: 'limit' });
    }
  });

  test('is aborted by its signal', async () => {
    const { error } = await ann.noctra.posts.page({ signal: AbortSignal.abort() });
    expect(error).toMatchObject({ code: 'aborted', status: 0 });
  });
});

describe('posts.get', () => {
  test('answers post_not_found for what is not there and for what is no id', async () => {
    for (const id of ['01890000-0000-7000-8000-000000000000', 'no id']) {
      expect((await ann.noctra.posts.get(id)).error).toMatchObject({ code: 'post_not_found', status: 404 });
    }
  });
});

describe('posts.remove', () => {
  test('deletes a post of one’s own', async () => {
    const { id } = created(await ann.noctra.posts.create({ caption: 'Soon gone' }));
    expect(await ann.noctra.posts.remove(id)).toEqual({ data: { id }, error: null });
    expect((await ann.noctra.posts.get(id)).error?.code).toBe('post_not_found');
    expect((await ann.noctra.posts.remove(id)).error?.code).toBe('post_not_found');
  });

  test('leaves the posts of others, and tells apart those that one may see', async () => {
    const seen = created(await ann.noctra.posts.create({ caption: 'For all' }));
    const hidden = created(await ann.noctra.posts.create({ caption: 'For me', is_public: false }));
    expect((await ben.noctra.posts.remove(seen.id)).error).toMatchObject({ code: 'not_owner', status: 403 });
    expect((await ben.noctra.posts.remove(hidden.id)).error).toMatchObject({
      code: 'post_not_found',
      status: 404,
    });
    expect((await ann.noctra.posts.get(seen.id)).error).toBeNull();
    expect((await ann.noctra.posts.get(hidden.id)).error).toBeNull();
  });
});
