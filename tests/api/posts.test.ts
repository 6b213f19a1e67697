import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { call, formOf, publish, uploadByUrl } from '../kit/api.ts';
import { fixture, fixtureBytes, publishedBytes } from '../kit/files.ts';
import { objectsOf } from '../kit/owned.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { eventually } from '../kit/waiting.ts';

let kai: Person;
let mia: Person;
beforeAll(async () => {
  [kai, mia] = await Promise.all([newPerson(), newPerson()]);
});

const send = (form: FormData, headers: Record<string, string> = {}, person = kai) =>
  call('/posts/', { token: person.token, form, headers });

describe('publishing with files', () => {
  test('the example for users makes a post whose picture loads', async () => {
    const form = formOf(
      { caption: `Sunrise with @${mia.username} #Travel`, tags: "[{'name': 'amazing'}]" },
      fixture('photo.jpg', 'image/jpeg'),
    );
    const { status, headers, json: post } = await send(form);
    expect({ status, post }).toEqual({
      status: 201,
      post: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        owner: {
          id: kai.id,
          username: kai.username,
          profile_pic_url: '/functions/v1/api/assets/default-avatar.svg',
          is_vip: false,
        },
        caption: `Sunrise with @${mia.username} #Travel`,
        is_public: true,
        tags: [
          { id: expect.any(String), name: 'amazing' },
          { id: expect.any(String), name: 'travel' },
        ],
        mentions: [{ id: mia.id, username: mia.username }],
        media: [
          {
            id: expect.any(String),
            file: expect.stringMatching(new RegExp(`^${kai.id}/[0-9a-f-]{36}\\.jpg$`)),
            url: expect.stringMatching(/^https?:\/\//),
            file_type: 'image',
            mime_type: 'image/jpeg',
            size: publishedBytes('photo.jpg').length,
            width: 640,
            height: 480,
            duration_ms: null,
            alt_text: '',
          },
        ],
        original_post: null,
        is_repost: false,
        like_count: 0,
        comment_count: 0,
        repost_count: 0,
        liked: false,
        saved: false,
        reposted: false,
        hidden_at: null,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      },
    });
    expect(headers.get('location')).toBe(`/functions/v1/api/posts/${post.id}/`);

    const picture = await fetch(post.media[0].url);
    expect(picture.headers.get('content-type')).toBe('image/jpeg');
    expect(new Uint8Array(await picture.arrayBuffer())).toEqual(publishedBytes('photo.jpg'));
  });

  test('a post takes all ten types of files and keeps their order', async () => {
    const types = {
      'photo.jpg': 'image/jpg',
      'picture.png': 'image/png',
      'animation.gif': 'image/gif',
      'clip.mp4': 'video/mp4',
      'clip.mov': 'video/quicktime',
      'clip.avi': 'video/avi',
      'tone.mp3': 'audio/mp3',
      'tone.wav': 'audio/x-wav',
      'document.pdf': 'application/octet-stream',
      'document.docx': '',
    };
    const files = Object.entries(types).map(([name, type]) => fixture(name, type));
    const { status, json } = await send(formOf({ caption: 'Everything' }, ...files));
    expect(status).toBe(201);
    expect(
      json.media.map(({ file_type, mime_type }: Record<string, string>) => `${file_type} ${mime_type}`),
    ).toEqual([
      'image image/jpeg',
      'image image/png',
      'image image/gif',
      'video video/mp4',
      'video video/quicktime',
      'video video/x-msvideo',
      'audio audio/mpeg',
      'audio audio/wav',
      'document application/pdf',
      'document application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    ]);
  });

  test('a form may repeat fields and write true and false as words', async () => {
    const form = formOf({
      caption: 'A form',
      tags: ['one', 'two,three'],
      mentions: `@${mia.username}`,
      is_public: 'False',
    });
    expect((await send(form)).json).toMatchObject({
      is_public: false,
      tags: [{ name: 'one' }, { name: 'three' }, { name: 'two' }],
      mentions: [{ id: mia.id }],
      media: [],
    });
  });

  test('a form may index the fields of a list', async () => {
    const form = formOf({ caption: 'Indexed', 'tags[0]': 'one', 'tags[1]': 'two', 'mentions[]': mia.id });
    form.append('media[0]', fixture('photo.jpg', 'image/jpeg'));
    expect(await send(form)).toMatchObject({
      status: 201,
      json: {
        tags: [{ name: 'one' }, { name: 'two' }],
        mentions: [{ id: mia.id }],
        media: [{ mime_type: 'image/jpeg' }],
      },
    });
  });

  test.each([
    ['the caption', { caption: `Hi #ok and #${'y'.repeat(51)}!` }, '"#yyyyyyyyyyyyyyyyyyyy…"'],
    ['the list', { caption: 'x', tags: ['ok', 'z'.repeat(51)] }, '"zzzzzzzzzzzzzzzzzzzz…"'],
    ['the list, far too long', { caption: 'x', tags: ['w'.repeat(1000)] }, '"wwwwwwwwwwwwwwwwwwww…"'],
  ])('the refusal of a tag that is too long names the tag of %s', async (_, json, name) => {
    const person = await newPerson();
    const answer = await call('/posts/', { token: person.token, json });
    expect(answer).toMatchObject({ status: 422, json: { code: 'tag_invalid' } });
    expect(answer.json.detail).toBe(`A tag has at most 50 characters: ${name} is longer.`);
  });

  test('a text field of a form may have a file name', async () => {
    const form = formOf({ caption: 'Blob' });
    form.append('tags', new Blob(['["one"]'], { type: 'application/json' }), 'blob');
    expect(await send(form)).toMatchObject({ status: 201, json: { tags: [{ name: 'one' }] } });
  });

  test.each(['file', 'images[]', 'photo', 'attachments[0]'])(
    'a form refuses a file in the field %s and names media',
    async (name) => {
      const form = formOf({ caption: 'x' });
      form.append(name, fixture('photo.jpg', 'image/jpeg'));
      const field = name.replace(/\[.*/, '');
      expect(await send(form)).toMatchObject({
        status: 422,
        json: { code: 'field_unknown', errors: { [field]: [expect.stringContaining('media')] } },
      });
    },
  );

  test('an empty file field of a browser is no file', async () => {
    const form = formOf({ caption: 'No file' }, new File([], '', { type: 'application/octet-stream' }));
    expect(await send(form)).toMatchObject({ status: 201, json: { media: [] } });
  });

  test('a file that is too large is refused with 413', async () => {
    const person = await newPerson();
    const large = new File([fixtureBytes('photo.jpg'), new Uint8Array(50 * 1024 * 1024)], 'large.jpg', {
      type: 'image/jpeg',
    });
    expect(await send(formOf({ caption: 'Large' }, large), {}, person)).toMatchObject({
      status: 413,
      json: { code: 'media_too_large', errors: { media: [expect.any(String)] } },
    });
    await eventually(async () => expect(await objectsOf(person)).toEqual([]));
  });

  test('a file of the largest size is taken', async () => {
    const person = await newPerson();
    const photo = fixtureBytes('photo.jpg');
    const large = new File([photo, new Uint8Array(50 * 1024 * 1024 - photo.length)], 'large.jpg', {
      type: 'image/jpeg',
    });
    expect(await send(formOf({ caption: 'Large' }, large), {}, person)).toMatchObject({
      status: 201,
      json: { media: [{ mime_type: 'image/jpeg' }] },
    });
  });
});

describe('refused posts', () => {
  const photo = () => fixture('photo.jpg', 'image/jpeg');
  const png = () => fixture('picture.png', 'image/png');
  test.each([
    [
      'an unknown mention',
      () => formOf({ caption: 'x', mentions: 'nobody_at_all_here' }, photo(), png()),
      422,
      'mention_unknown',
    ],
    [
      'too many tags',
      () => formOf({ caption: 'x', tags: [...'abcdefghijklmnopqrstuvwxyz12345'] }, photo()),
      422,
      'tags_too_many',
    ],
    [
      'a tag that is too long',
      () => formOf({ caption: 'x', tags: 'y'.repeat(51) }, photo()),
      422,
      'tag_invalid',
    ],
    [
      'a tag of the caption that is too long',
      () => formOf({ caption: `#${'y'.repeat(51)}` }, photo()),
      422,
      'tag_invalid',
    ],
    [
      'a caption of nothing but Unicode spaces',
      () => formOf({ caption: '\u2003\u00a0' }, photo()),
      422,
      'caption_invalid',
    ],
    [
      'an original post that does not exist',
      () => formOf({ caption: 'x', original_post: randomUUID() }, photo()),
      422,
      'original_post_not_found',
    ],
    [
      'a file that claims to be another type',
      () => formOf({ caption: 'x' }, photo(), fixture('photo.jpg', 'image/png')),
      415,
      'media_type_mismatch',
    ],
    [
      'a text that claims to be a picture',
      () => formOf({ caption: 'x' }, photo(), new File(['text'], 'a.jpg', { type: 'image/jpeg' })),
      415,
      'media_type_unsupported',
    ],
    [
      'an empty file',
      () => formOf({ caption: 'x' }, photo(), new File([], 'a.jpg', { type: 'image/jpeg' })),
      422,
      'media_empty',
    ],
    [
      'eleven files',
      () => formOf({ caption: 'x' }, ...Array.from({ length: 11 }, png)),
      422,
      'media_too_many',
    ],
    [
      'a path that is no upload',
      () => formOf({ caption: 'x', media: 'somewhere/else.jpg' }, photo()),
      422,
      'media_not_found',
    ],
    ['no caption', () => formOf({}, photo()), 422, 'caption_invalid'],
  ])('a post with %s is refused and leaves no file', async (_, form, status, code) => {
    const person = await newPerson();
    expect(await send(form(), {}, person)).toMatchObject({ status, json: { code } });
    await eventually(async () => expect(await objectsOf(person)).toEqual([]));
    expect((await call('/posts/?owner=me', { token: person.token })).json).toEqual([]);
  });
});

describe('publishing as JSON', () => {
  test.each([
    ['objects', [{ name: 'B' }, { name: '#a' }]],
    ['strings', ['b', 'a']],
    ['a text', 'b, #A'],
    ['a text with single quotes', "[{'name': 'a'}, {'name': 'b'}]"],
  ])('a post takes tags as %s', async (_, tags) => {
    expect((await publish(kai, { tags })).tags).toMatchObject([{ name: 'a' }, { name: 'b' }]);
  });

  test('a post takes mentions by user name and by id, and each user once', async () => {
    const mentions = [`@${mia.username.toUpperCase()}`, mia.id, { username: kai.username }];
    const post = await publish(kai, { mentions, caption: `Hello @${mia.username}` });
    expect(post.mentions.map(({ id }: { id: string }) => id).sort()).toEqual([kai.id, mia.id].sort());
  });

  test('a post can repost another', async () => {
    const original = await publish(mia);
    expect((await publish(kai, { original_post: original.id })).original_post).toBe(original.id);
    expect((await publish(kai, { original_post: null })).original_post).toBeNull();
  });

  test('a caption is counted in characters, not in UTF-16 units', async () => {
    expect((await publish(kai, { caption: '🙂'.repeat(2200) })).caption).toHaveLength(4400);
    const json = { caption: '🙂'.repeat(2201) };
    expect(await call('/posts/', { token: kai.token, json })).toMatchObject({
      status: 422,
      json: { code: 'caption_invalid' },
    });
  });

  test('a caption is kept as it was written', async () => {
    const caption = ' \r\n<b>"Grüße" & \u202e\ud83d\ude42\\u0041 \' -- ; drop table posts\t ';
    expect((await publish(kai, { caption })).caption).toBe(caption);
  });

  test.each([
    ['no caption', {}, 'caption_invalid', 'caption'],
    ['an empty caption', { caption: '' }, 'caption_invalid', 'caption'],
    ['a caption of spaces', { caption: ' \n ' }, 'caption_invalid', 'caption'],
    ['a caption that is a number', { caption: 5 }, 'caption_invalid', 'caption'],
    ['tags that are a number', { caption: 'x', tags: 5 }, 'tag_invalid', 'tags'],
    ['an empty tag', { caption: 'x', tags: [''] }, 'tag_invalid', 'tags'],
    ['tags deep inside lists', { caption: 'x', tags: [[['a']]] }, 'tag_invalid', 'tags'],
    ['a mention without a name', { caption: 'x', mentions: [{}] }, 'mention_invalid', 'mentions'],
    ['an unknown mention', { caption: 'x', mentions: ['no such user'] }, 'mention_unknown', 'mentions'],
    ['media that is a text', { caption: 'x', media: 'a/b.jpg' }, 'media_invalid', 'media'],
    ['media that does not exist', { caption: 'x', media: ['a/b.jpg'] }, 'media_not_found', 'media'],
    ['too much media', { caption: 'x', media: new Array(11).fill('a/b.jpg') }, 'media_too_many', 'media'],
    ['a visibility that is a text', { caption: 'x', is_public: 'maybe' }, 'is_public_invalid', 'is_public'],
    ['a visibility of null', { caption: 'x', is_public: null }, 'is_public_invalid', 'is_public'],
    [
      'an original post that is no id',
      { caption: 'x', original_post: 'first' },
      'original_post_invalid',
      'original_post',
    ],
  ])('a post with %s is refused', async (_, json, code, field) => {
    const answer = await call('/posts/', { token: kai.token, json });
    expect(answer).toMatchObject({ status: 422, json: { code, errors: { [field]: [expect.any(String)] } } });
  });

  test.each([
    ['isPublic', false, 'is_public'],
    ['publicProfile', false, 'is_public'],
    ['images', [], 'media'],
    ['hashtags', 'a', 'tags'],
    ['order', 1, 'Known: caption'],
  ])('a post with the unknown field %s is refused', async (field, value, hint) => {
    const person = await newPerson();
    const json = { caption: 'x', [field]: value };
    expect(await call('/posts/', { token: person.token, json })).toMatchObject({
      status: 422,
      json: { code: 'field_unknown', errors: { [field]: [expect.stringContaining(hint)] } },
    });
    expect((await call('/posts/?owner=me', { token: person.token })).json).toEqual([]);
  });

  test('a post that is not visible cannot be reposted', async () => {
    const hidden = await publish(mia, { is_public: false });
    const json = { caption: 'x', original_post: hidden.id };
    expect(await call('/posts/', { token: kai.token, json })).toMatchObject({
      status: 422,
      json: { code: 'original_post_not_found' },
    });
  });
});

describe('idempotency keys', () => {
  test('a repeated request with the same key returns the first post', async () => {
    const person = await newPerson();
    const headers = { 'idempotency-key': randomUUID() };
    const form = () => formOf({ caption: 'Once', tags: 'a' }, fixture('photo.jpg', 'image/jpeg'));
    const first = await send(form(), headers, person);
    const second = await send(form(), headers, person);
    expect(first.status).toBe(201);
    expect(second).toMatchObject({ status: 201, json: { id: first.json.id } });
    expect(second.json.media[0].file).toBe(first.json.media[0].file);
    expect(await objectsOf(person)).toHaveLength(1);
  });

  test('ten requests with one key at the same time make one post', async () => {
    const person = await newPerson();
    const headers = { 'idempotency-key': 'a key of my own' };
    const form = () =>
      formOf({ caption: 'Once' }, fixture('photo.jpg', 'image/jpeg'), fixture('picture.png', 'image/png'));
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(form(), headers, person)));
    expect(answers.map(({ status }) => status)).toEqual(new Array(10).fill(201));
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
    expect((await call('/posts/?owner=me', { token: person.token })).json).toHaveLength(1);
    expect(await objectsOf(person)).toHaveLength(2);
  });

  test('the same key with another file is refused and leaves only the first file', async () => {
    const person = await newPerson();
    const headers = { 'idempotency-key': randomUUID() };
    const first = await send(
      formOf({ caption: 'Once' }, fixture('photo.jpg', 'image/jpeg')),
      headers,
      person,
    );
    expect(
      await send(formOf({ caption: 'Once' }, fixture('picture.png', 'image/png')), headers, person),
    ).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
    await eventually(async () => expect(await objectsOf(person)).toEqual([first.json.media[0].file]));
  });

  test('a repeated JSON request with the same key returns the first post', async () => {
    const request = {
      token: kai.token,
      json: { caption: 'Once' },
      headers: { 'idempotency-key': randomUUID() },
    };
    const [first, second] = [await call('/posts/', request), await call('/posts/', request)];
    expect(second.json.id).toBe(first.json.id);
  });

  test('a repeated JSON request finds its upload in the first post', async () => {
    const json = { caption: 'Once', media: [await uploadByUrl(kai, fixture('photo.jpg', 'image/jpeg'))] };
    const request = { token: kai.token, json, headers: { 'idempotency-key': randomUUID() } };
    const [first, second] = [await call('/posts/', request), await call('/posts/', request)];
    expect(first.status).toBe(201);
    expect(second).toMatchObject({ status: 201, json: { id: first.json.id, media: [{ width: 640 }] } });
  });

  test('a key of one user does not count for another', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const one = await call('/posts/', { token: kai.token, json: { caption: 'Once' }, headers });
    const another = await call('/posts/', { token: mia.token, json: { caption: 'Once' }, headers });
    expect(another).toMatchObject({ status: 201 });
    expect(another.json.id).not.toBe(one.json.id);
  });

  test('a key that is too long is refused', async () => {
    const headers = { 'idempotency-key': 'k'.repeat(256) };
    expect(await call('/posts/', { token: kai.token, json: { caption: 'x' }, headers })).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_invalid' },
    });
  });
});

describe('one post', () => {
  test('a post reads as the answer to its publication', async () => {
    const post = await publish(kai, { tags: ['b', 'a'] });
    expect(await call(`/posts/${post.id}/`, { token: mia.token })).toMatchObject({ status: 200, json: post });
  });

  test('a private post is visible only to its owner', async () => {
    const { json: post } = await send(
      formOf({ caption: 'Mine', is_public: 'false' }, fixture('photo.jpg', 'image/jpeg')),
    );
    expect((await call(`/posts/${post.id}/`, { token: kai.token })).status).toBe(200);
    expect(await call(`/posts/${post.id}/`, { token: mia.token })).toMatchObject({
      status: 404,
      json: { code: 'post_not_found' },
    });
  });

  test.each([randomUUID(), 'first', '1', '%00', '%ff', "'; drop table posts; --"])(
    'the id %s is a 404',
    async (id) => {
      expect(await call(`/posts/${id}/`, { token: kai.token })).toMatchObject({
        status: 404,
        json: { code: 'post_not_found' },
      });
    },
  );

  test('a post is deleted by its owner', async () => {
    const post = await publish(kai);
    expect((await call(`/posts/${post.id}/`, { method: 'DELETE', token: kai.token })).status).toBe(204);
    expect((await call(`/posts/${post.id}/`, { token: kai.token })).status).toBe(404);
    expect((await call(`/posts/${post.id}/`, { method: 'DELETE', token: kai.token })).status).toBe(404);
  });

  test('deleting the post of another user is a 403, or a 404 where it is not visible', async () => {
    const [shown, hidden] = [await publish(kai), await publish(kai, { is_public: false })];
    const remove = (id: string) => call(`/posts/${id}/`, { method: 'DELETE', token: mia.token });
    expect(await remove(shown.id)).toMatchObject({ status: 403, json: { code: 'not_owner' } });
    expect(await remove(hidden.id)).toMatchObject({ status: 404, json: { code: 'post_not_found' } });
    expect((await call(`/posts/${shown.id}/`, { token: kai.token })).status).toBe(200);
    expect((await call(`/posts/${hidden.id}/`, { token: kai.token })).status).toBe(200);
  });
});
