import { beforeAll, describe, expect, test } from 'vitest';
import {
  isNoctraError,
  limits,
  type Post,
  type PostChanges,
  type PostListOptions,
} from '../../sdk/src/index.ts';
import { fixture, fixtureBytes, load, photo, publishedBytes } from '../kit/files.ts';
import { objectsOf, postCountOf } from '../kit/owned.ts';
import { dataOf } from '../kit/results.ts';
import { settings } from '../kit/settings.ts';
import { filesOf, newSdkPerson, nowhere, recordingFetch, reopen, type SdkPerson } from './sdk-people.ts';

let ann: SdkPerson;
let ben: SdkPerson;
let cleo: SdkPerson;
beforeAll(async () => {
  ann = await newSdkPerson();
  ben = await newSdkPerson();
  cleo = await newSdkPerson();
});

// The server removes what a refused request has published after its answer: tests poll for that.

const isUpload = (input: RequestInfo | URL, init?: RequestInit) =>
  init?.method === 'POST' && String(input).includes('/storage/v1/object/uploads/');

describe('posts.create', () => {
  test('makes a post with a photo, a tag and two mentions, as other users read it', async () => {
    const post = dataOf(
      await ann.noctra.posts.create({
        caption: 'Sunset by the sea',
        media: [photo()],
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
      media: [{ file_type: 'image', mime_type: 'image/jpeg', size: publishedBytes('photo.jpg').length }],
    });
    expect(post.mentions.map(({ username }) => username).sort()).toEqual(
      [ben.username, cleo.username].sort(),
    );
    expect(post.media[0]?.file).toMatch(new RegExp(`^${ann.id}/[0-9a-f-]{36}\\.jpg$`));

    const page = await ben.noctra.posts.list();
    expect(page.data?.find(({ id }) => id === post.id)).toMatchObject({
      caption: post.caption,
      tags: post.tags,
    });

    const read = await ben.noctra.posts.get(post.id);
    expect(read.data).toMatchObject({
      ...post,
      media: [{ file: post.media[0]?.file }],
      mentions: expect.anything(),
    });
    expect(await load(read.data?.media[0]?.url)).toEqual(publishedBytes('photo.jpg'));
  });

  test('takes tags and mentions from the caption', async () => {
    const caption = `With @${ben.username} in #Lisboa`;
    const post = dataOf(await ann.noctra.posts.create({ caption }));
    expect(post.tags.map(({ name }) => name)).toEqual(['lisboa']);
    expect(post.mentions).toEqual([{ id: ben.id, username: ben.username }]);
  });

  test('keeps the order of the files, and uploads at most three at once', async () => {
    let [underway, most] = [0, 0];
    const noctra = await reopen(ann, {
      global: {
        fetch: async (input, init) => {
          if (!isUpload(input, init)) return fetch(input, init);
          most = Math.max(most, ++underway);
          return fetch(input, init).finally(() => underway--);
        },
      },
    });
    // Readers ignore what follows a PDF. Here it makes files of different sizes.
    const files = Array.from({ length: limits.media }, (_, place) => {
      return new File([fixtureBytes('document.pdf'), '\n'.repeat(place)], 'document.pdf');
    });
    const post = dataOf(await noctra.posts.create({ caption: 'Ten', media: files }));
    expect(post.media.map(({ size }) => size)).toEqual(files.map(({ size }) => size));
    expect(most).toBe(3);
  });

  test('reposts a post', async () => {
    const original = dataOf(await ben.noctra.posts.create({ caption: 'The first' }));
    const share = dataOf(await ann.noctra.posts.create({ caption: 'Look', original_post: original.id }));
    expect(share.original_post).toBe(original.id);
  });

  test('hides a private post from other users', async () => {
    const post = dataOf(
      await ann.noctra.posts.create({ caption: 'Mine', media: [photo()], is_public: false }),
    );
    expect(post.is_public).toBe(false);
    expect((await ben.noctra.posts.get(post.id)).error).toMatchObject({
      code: 'post_not_found',
      status: 404,
    });
    const { data } = await ben.noctra.supabase.storage.from('post-media').download(post.media[0]?.file ?? '');
    expect(data).toBeNull();
  });

  test('answers the first post to a repeated call with the same idempotency key and files', async () => {
    const dora = await newSdkPerson();
    const post = { caption: 'Once', media: [photo()], idempotency_key: crypto.randomUUID() };
    const first = dataOf(await dora.noctra.posts.create(post));
    const second = dataOf(await dora.noctra.posts.create(post));
    expect(second.id).toBe(first.id);
    expect(await load(second.media[0]?.url)).toEqual(publishedBytes('photo.jpg'));
    expect(await postCountOf(dora)).toBe(1);
    expect(await objectsOf(dora)).toEqual([first.media[0]?.file]);
  });

  test('refuses the same idempotency key with another input, and keeps the first post', async () => {
    const dora = await newSdkPerson();
    const media = [photo()];
    const idempotency_key = crypto.randomUUID();
    const first = dataOf(await dora.noctra.posts.create({ caption: 'Once', media, idempotency_key }));
    for (const other of [
      { caption: 'Twice', media },
      { caption: 'Once', media: [fixture('picture.png', 'image/png')] },
    ]) {
      const { error } = await dora.noctra.posts.create({ ...other, idempotency_key });
      expect(error).toMatchObject({ code: 'idempotency_key_reused', status: 422 });
    }
    await expect.poll(() => objectsOf(dora)).toEqual([first.media[0]?.file]);
  });
});

test('posts.create and posts.update refuse a field that the server does not know', async () => {
  const unknown = { isPublic: false };
  const refused = { code: 'field_unknown', status: 422, field: 'isPublic' };
  const created = await ann.noctra.posts.create({ caption: 'Private?', ...unknown });
  expect(created.error).toMatchObject(refused);
  const { id } = dataOf(await ann.noctra.posts.create({ caption: 'Public' }));
  expect((await ann.noctra.posts.update(id, unknown as PostChanges)).error).toMatchObject(refused);
});

describe('posts.create leaves neither a row nor an object', () => {
  test('when the server refuses the post or a file', async () => {
    const dora = await newSdkPerson();
    const media = [photo(), photo()];
    const svg = new File(['<svg/>'], 'x.svg', { type: 'image/svg+xml' });
    for (const [post, code, status, field] of [
      [{ caption: ' \n ' }, 'caption_invalid', 422, 'caption'],
      [{ media: [photo(), svg] }, 'media_type_unsupported', 415, 'media'],
      [{ mentions: ['nobody_at_all'] }, 'mention_unknown', 422, 'mentions'],
      [{ tags: ['x'.repeat(limits.tag_length + 1)] }, 'tag_invalid', 422, 'tags'],
      [{ tags: Array.from({ length: limits.tags + 1 }, (_, n) => `t${n}`) }, 'tags_too_many', 422, 'tags'],
      [{ original_post: nowhere }, 'original_post_not_found', 422, 'original_post'],
    ] as const) {
      const { data, error } = await dora.noctra.posts.create({ caption: 'Hello', media, ...post });
      expect(data).toBeNull();
      expect(error, code).toMatchObject({ code, status, field });
    }
    await expect.poll(() => filesOf(dora)).toEqual([]);
    expect(await postCountOf(dora)).toBe(0);
  });

  test('when the connection breaks during the uploads', async () => {
    const dora = await newSdkPerson();
    let uploads = 0;
    const noctra = await reopen(dora, {
      global: {
        fetch: async (input, init) => {
          if (isUpload(input, init) && ++uploads >= 4) throw new TypeError('fetch failed');
          return fetch(input, init);
        },
      },
    });
    const media = await Promise.all(Array.from({ length: 6 }, () => photo()));
    const { error } = await noctra.posts.create({ caption: 'Hello', media });
    expect(error).toMatchObject({ code: 'network_error', status: 0 });
    await expect.poll(() => filesOf(dora)).toEqual([]);
    expect(await postCountOf(dora)).toBe(0);
  });

  test('when it is aborted between the uploads and the post', async () => {
    const dora = await newSdkPerson();
    const controller = new AbortController();
    const noctra = await reopen(dora, {
      global: {
        fetch: async (input, init) => {
          const response = await fetch(input, init);
          if (isUpload(input, init)) controller.abort();
          return response;
        },
      },
    });
    const media = [photo()];
    const { error } = await noctra.posts.create({ caption: 'Hello', media, signal: controller.signal });
    expect(error).toMatchObject({ code: 'aborted', status: 0 });
    await expect.poll(() => filesOf(dora)).toEqual([]);
    expect(await postCountOf(dora)).toBe(0);
  });
});

describe('posts.create sends nothing', () => {
  test.each([
    ['caption_invalid', 422, 'caption', { caption: '' }],
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
    ['idempotency_key_invalid', 422, 'idempotency_key', { idempotency_key: 'line\nbreak' }],
  ])('when the input breaks a rule: %s', async (code, status, field, post) => {
    const { requests, fetch } = recordingFetch();
    const noctra = await reopen(ann, { global: { fetch } });
    requests.length = 0;
    const { error } = await noctra.posts.create({ caption: 'Hello', ...post });
    expect(error).toMatchObject({ code, status, field });
    expect(requests).toEqual([]);
  });

  test('but accepts a caption whose characters have two UTF-16 units each', async () => {
    const caption = '🌊'.repeat(limits.caption_length);
    expect(dataOf(await ann.noctra.posts.create({ caption })).caption).toBe(caption);
  });
});

describe('posts.list', () => {
  test('lists all posts, newest first, each once', async () => {
    const dora = await newSdkPerson();
    const ids: string[] = [];
    for (const caption of ['one', 'two', 'three', 'four', 'five']) {
      ids.unshift(dataOf(await dora.noctra.posts.create({ caption, is_public: false })).id);
    }
    const walked: string[] = [];
    let cursor: string | null = null;
    do {
      const { data, next, error } = await dora.noctra.posts.list({ limit: 2, cursor });
      if (error) throw error;
      expect(data.length).toBeLessThanOrEqual(2);
      walked.push(...data.filter(({ owner }) => owner.id === dora.id).map(({ id }) => id));
      cursor = next;
    } while (cursor && walked.length < ids.length);
    expect(walked).toEqual(ids);
  });

  test('costs two requests for any number of files', async () => {
    const { requests, fetch } = recordingFetch();
    const noctra = await reopen(ann, { global: { fetch } });
    dataOf(await ann.noctra.posts.create({ caption: 'Two', media: [photo(), photo()] }));
    dataOf(await ann.noctra.posts.create({ caption: 'One', media: [photo()] }));
    requests.length = 0;
    const { data } = await noctra.posts.list({ limit: 2 });
    expect(data?.flatMap(({ media }) => media).every(({ url }) => url !== null)).toBe(true);
    expect(requests).toEqual(['GET /rest/v1/rpc/list_posts', 'POST /storage/v1/object/sign/post-media']);
  });

  test('refuses a filter that it does not know', async () => {
    const { error } = await ann.noctra.posts.list({ author: ben.id } as PostListOptions);
    expect(error).toMatchObject({
      code: 'field_unknown',
      status: 422,
      message: expect.stringContaining('author'),
    });
  });

  test('refuses a malformed cursor', async () => {
    const { error } = await ann.noctra.posts.list({ cursor: 'no cursor' });
    expect(error).toMatchObject({ code: 'invalid_cursor', status: 400, field: 'cursor' });
  });

  test('refuses a limit that is out of range', async () => {
    for (const limit of [0, 1.5, limits.page_size_max + 1]) {
      const { error } = await ann.noctra.posts.list({ limit });
      expect(error).toMatchObject({ code: 'limit_invalid', status: 422, field: 'limit' });
    }
  });

  test('is aborted by its signal', async () => {
    const { error } = await ann.noctra.posts.list({ signal: AbortSignal.abort() });
    expect(error).toMatchObject({ code: 'aborted', status: 0 });
  });

  test('sends its request once, when it is awaited', async () => {
    const { requests, fetch } = recordingFetch();
    const noctra = await reopen(ann, { global: { fetch } });
    requests.length = 0;
    const list = noctra.posts.list({ owner: 'nobody_at_all' });
    expect(requests).toEqual([]);
    const pages = await Promise.all([list, list.finally(() => {}), list.catch(() => null)]);
    expect(pages.map((page) => page?.error?.code)).toEqual(Array(3).fill('profile_not_found'));
    expect(requests).toEqual(['GET /rest/v1/rpc/list_posts']);
  });
});

describe('posts.list with filters', () => {
  test('finds posts by owner, tag and mention, alone and combined', async () => {
    const [dora, emil] = [await newSdkPerson(), await newSdkPerson()];
    const tag = `t${crypto.randomUUID().slice(0, 8)}`;
    const make = async ({ noctra }: SdkPerson, caption: string) =>
      dataOf(await noctra.posts.create({ caption })).id;
    const both = await make(dora, `#${tag} with @${emil.username}`);
    const tagged = await make(dora, `#${tag}`);
    const mentioning = await make(dora, `with @${emil.username}`);
    const other = await make(emil, `#${tag} by @${emil.username} themselves`);
    const find = async (filter: PostListOptions, { noctra } = dora) =>
      dataOf(await noctra.posts.list(filter)).map(({ id }) => id);

    const ofDora = [mentioning, tagged, both];
    expect(await find({ owner: 'me' })).toEqual(ofDora);
    expect(await find({ owner: dora.id }, emil)).toEqual(ofDora);
    expect(await find({ owner: dora.username.toUpperCase() }, emil)).toEqual(ofDora);
    expect(await find({ tag })).toEqual([other, tagged, both]);
    expect(await find({ tag: `#${tag.toUpperCase()}` })).toEqual([other, tagged, both]);
    expect(await find({ mentions: emil.username })).toEqual([other, mentioning, both]);
    expect(await find({ mentions: 'me' }, emil)).toEqual([other, mentioning, both]);
    expect(await find({ tag, mentions: emil.id })).toEqual([other, both]);
    expect(await find({ owner: 'me', tag, mentions: emil.id })).toEqual([both]);
    expect(await find({ owner: 'me', tag: 'nobody-uses-this' })).toEqual([]);
  });

  test('answers profile_not_found for an unknown user', async () => {
    for (const filter of [{ owner: 'nobody_at_all' }, { mentions: 'nobody_at_all' }]) {
      const { error } = await ann.noctra.posts.list(filter);
      expect(error).toMatchObject({ code: 'profile_not_found', status: 404 });
    }
  });

  test('answers the same post as posts.get', async () => {
    const original = dataOf(await ben.noctra.posts.create({ caption: 'The first' }));
    const caption = `Again with @${cleo.username} #again #and`;
    const made = { caption, media: [photo()], original_post: original.id };
    const { id } = dataOf(await ann.noctra.posts.create(made));
    const posts = dataOf(await ann.noctra.posts.list({ owner: 'me', limit: 1 }));
    const got = dataOf(await ann.noctra.posts.get(id));
    const isAddress = expect.stringMatching(/^http/);
    expect(posts[0]).toEqual({ ...got, media: [{ ...got.media[0], url: isAddress }] });
    expect(got).toMatchObject({ original_post: original.id, is_repost: true });
  });

  test('hides the id of an original post from users who may not see it', async () => {
    const original = dataOf(await ben.noctra.posts.create({ caption: 'Open for now' }));
    const share = dataOf(await ann.noctra.posts.create({ caption: 'Look', original_post: original.id }));
    dataOf(await ben.noctra.posts.update(original.id, { is_public: false }));
    const filter = { owner: ann.id, limit: 1 };
    const [seen] = dataOf(await cleo.noctra.posts.list(filter));
    expect(seen).toMatchObject({ id: share.id, original_post: null, is_repost: true });
    const [own] = dataOf(await ben.noctra.posts.list(filter));
    expect(own?.original_post).toBe(original.id);
  });
});

describe('a loop over posts.list', () => {
  test('lists every post once while posts are made and deleted', async () => {
    const dora = await newSdkPerson();
    const ids: string[] = [];
    const make = async (caption: string) => dataOf(await dora.noctra.posts.create({ caption })).id;
    for (let number = 0; number < 7; number++) ids.unshift(await make(`Number ${number}`));

    const walked: string[] = [];
    for await (const { id } of dora.noctra.posts.list({ owner: 'me', limit: 2 })) {
      walked.push(id);
      // A new post at the front; the last post of the page is deleted, and a post of a later page.
      if (walked.length === 2) {
        await make('Late');
        await dora.noctra.posts.remove(id);
        await dora.noctra.posts.remove(ids[4] ?? '');
      }
    }
    expect(walked).toEqual(ids.filter((_, place) => place !== 4));
  });

  test('reads no page after the loop has ended', async () => {
    const dora = await newSdkPerson();
    for (const caption of ['one', 'two', 'three']) dataOf(await dora.noctra.posts.create({ caption }));
    const { requests, fetch } = recordingFetch();
    const noctra = await reopen(dora, { global: { fetch } });
    requests.length = 0;
    for await (const { caption } of noctra.posts.list({ owner: 'me', limit: 1 })) {
      if (caption === 'two') break;
    }
    expect(requests).toEqual(['GET /rest/v1/rpc/list_posts', 'GET /rest/v1/rpc/list_posts']);
  });

  test('throws a NoctraError when a page cannot be read', async () => {
    const walk = async (options: PostListOptions) => {
      for await (const _ of ann.noctra.posts.list(options)) break;
    };
    await expect(walk({ owner: 'nobody_at_all' })).rejects.toMatchObject({ code: 'profile_not_found' });
    await expect(walk({ limit: 0 })).rejects.toMatchObject({ code: 'limit_invalid' });
    const error = await walk({ signal: AbortSignal.abort() }).catch((cause: unknown) => cause);
    expect(isNoctraError(error) && error.code).toBe('aborted');
  });
});

describe('posts.update', () => {
  test('changes what is given and leaves the rest', async () => {
    const made = { caption: `#one with @${ben.username}`, tags: ['listed'], media: [photo()] };
    const post = dataOf(await ann.noctra.posts.create(made));
    const names = ({ tags, mentions }: Post) => [...tags, ...mentions].map((item) => Object.values(item)[1]);

    const caption = `#two with @${cleo.username}`;
    const second = dataOf(await ann.noctra.posts.update(post.id, { caption }));
    expect(second).toMatchObject({ id: post.id, caption, is_public: true, created_at: post.created_at });
    expect(names(second)).toEqual(['listed', 'two', cleo.username]);
    expect(second.media.map(({ id }) => id)).toEqual(post.media.map(({ id }) => id));

    const third = dataOf(
      await ann.noctra.posts.update(post.id, { tags: ['#Other'], mentions: [ben.id], is_public: false }),
    );
    expect(third).toMatchObject({ caption, is_public: false });
    expect(names(third)).toEqual(['other', 'two', ...[ben.username, cleo.username].sort()]);

    const fourth = dataOf(await ann.noctra.posts.update(post.id, { tags: [], mentions: [] }));
    expect(names(fourth)).toEqual(['two', cleo.username]);
    expect(dataOf(await ann.noctra.posts.update(post.id, {})).caption).toBe(caption);
  });

  test('adds files behind those that stay, and removes files by id or path', async () => {
    const dora = await newSdkPerson();
    const files = ['one.jpg', 'two.jpg', 'three.jpg'];
    const media = await Promise.all(files.map(async (name) => ({ file: photo(name), alt_text: name })));
    const post = dataOf(await dora.noctra.posts.create({ caption: 'Three', media }));
    const texts = (changed: Post) => changed.media.map(({ alt_text }) => alt_text);

    const second = dataOf(
      await dora.noctra.posts.update(post.id, {
        add_media: [{ file: photo('four.jpg'), alt_text: 'four.jpg' }],
        remove_media: [post.media[1]?.id ?? ''],
      }),
    );
    expect(texts(second)).toEqual(['one.jpg', 'three.jpg', 'four.jpg']);
    expect(await load(second.media[2]?.url)).toEqual(publishedBytes('photo.jpg'));
    const third = dataOf(
      await dora.noctra.posts.update(post.id, { remove_media: [second.media[0]?.file ?? ''] }),
    );
    expect(texts(third)).toEqual(['three.jpg', 'four.jpg']);
  });

  test('changes all or nothing, and removes its uploads after an error', async () => {
    const dora = await newSdkPerson();
    const post = dataOf(await dora.noctra.posts.create({ caption: 'Before', media: [photo()] }));
    await expect.poll(() => objectsOf(dora, 'uploads')).toEqual([]);
    const files = await objectsOf(dora);
    const add_media = [photo()];
    const text = new File(['just words'], 'photo.png', { type: 'image/png' });
    for (const [changes, code] of [
      [{ mentions: ['nobody_at_all'] }, 'mention_unknown'],
      [{ remove_media: ['no file of it'] }, 'media_not_found'],
      [{ add_media: Array(limits.media).fill(add_media[0]) }, 'media_too_many'],
      [{ add_media: [...add_media, text] }, 'media_type_unsupported'],
    ] as const) {
      const { error } = await dora.noctra.posts.update(post.id, { caption: 'After', add_media, ...changes });
      expect(error?.code).toBe(code);
      await expect.poll(() => filesOf(dora)).toEqual(files);
    }
    expect(dataOf(await dora.noctra.posts.get(post.id))).toMatchObject({
      caption: 'Before',
      updated_at: post.updated_at,
    });
  });

  test('refuses the posts of other users', async () => {
    const post = dataOf(await ann.noctra.posts.create({ caption: 'Mine' }));
    const { error } = await ben.noctra.posts.update(post.id, { caption: 'Yours' });
    expect(error).toMatchObject({ code: 'not_owner', status: 403 });
    for (const id of [nowhere, 'no id']) {
      expect((await ann.noctra.posts.update(id, { caption: 'Hm' })).error?.code).toBe('post_not_found');
    }
  });
});

describe('posts.get', () => {
  test('answers post_not_found for an unknown id and for text that is no id', async () => {
    for (const id of [nowhere, 'no id']) {
      expect((await ann.noctra.posts.get(id)).error).toMatchObject({ code: 'post_not_found', status: 404 });
    }
  });
});

describe('posts.remove', () => {
  test('deletes a post of the user', async () => {
    const { id } = dataOf(await ann.noctra.posts.create({ caption: 'Soon gone' }));
    expect(await ann.noctra.posts.remove(id)).toEqual({ data: { id }, error: null });
    expect((await ann.noctra.posts.get(id)).error?.code).toBe('post_not_found');
    expect((await ann.noctra.posts.remove(id)).error?.code).toBe('post_not_found');
  });

  test('refuses the posts of other users, with not_owner if they are visible', async () => {
    const seen = dataOf(await ann.noctra.posts.create({ caption: 'For all' }));
    const hidden = dataOf(await ann.noctra.posts.create({ caption: 'For me', is_public: false }));
    expect((await ben.noctra.posts.remove(seen.id)).error).toMatchObject({ code: 'not_owner', status: 403 });
    expect((await ben.noctra.posts.remove(hidden.id)).error).toMatchObject({
      code: 'post_not_found',
      status: 404,
    });
    expect((await ann.noctra.posts.get(seen.id)).error).toBeNull();
    expect((await ann.noctra.posts.get(hidden.id)).error).toBeNull();
  });
});
