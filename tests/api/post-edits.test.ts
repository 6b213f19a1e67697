import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call, formOf, publish, uploadByUrl } from '../kit/api.ts';
import { connect } from '../kit/database.ts';
import { fixture, load, publishedBytes } from '../kit/files.ts';
import { objectsOf } from '../kit/owned.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { eventually } from '../kit/waiting.ts';

let kai: Person;
let mia: Person;
beforeAll(async () => {
  [kai, mia] = await Promise.all([newPerson(), newPerson()]);
});

// biome-ignore lint/suspicious/noExplicitAny: a post's JSON, as tests look into it.
let post: any;
beforeEach(async () => {
  const mentions = [mia.id];
  post = await publish(kai, { caption: 'One #morning', tags: ['listed'], mentions });
});

const edit = (json: unknown, { id, person = kai }: { id?: string; person?: Person } = {}) =>
  call(`/posts/${id ?? post.id}/`, { method: 'PATCH', token: person.token, json });
const editByForm = (form: FormData, id: string = post.id, person = kai) =>
  call(`/posts/${id}/`, { method: 'PATCH', token: person.token, form });
const read = (id: string = post.id, person = kai) => call(`/posts/${id}/`, { token: person.token });
const tagsOf = (json: { tags: { name: string }[] }) => json.tags.map(({ name }) => name);

describe('edits of a post', () => {
  test('an edit changes only what it names', async () => {
    const answer = await edit({ caption: 'Two #evening' });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      ...post,
      caption: 'Two #evening',
      // The caption's tags go with the caption; those that were listed stay.
      tags: [
        { id: expect.any(String), name: 'evening' },
        { id: expect.any(String), name: 'listed' },
      ],
      updated_at: expect.any(String),
    });
    expect(answer.json.updated_at > post.updated_at).toBe(true);
    expect((await read()).json).toEqual(answer.json);
  });

  test('an edit without fields changes nothing', async () => {
    for (const nothing of [{}, { caption: null, tags: null, mentions: null, media: null, is_public: null }]) {
      expect(await edit(nothing)).toMatchObject({ status: 200, json: post });
    }
    expect(await editByForm(new FormData())).toMatchObject({ status: 200, json: post });
  });

  test('an edit of tags and mentions replaces the listed ones, in every shape', async () => {
    expect(tagsOf((await edit({ tags: [{ name: 'B' }, '#a'] })).json)).toEqual(['a', 'b', 'morning']);
    expect(tagsOf((await edit({ tags: "[{'name': 'c'}]" })).json)).toEqual(['c', 'morning']);
    expect(tagsOf((await editByForm(formOf({ tags: ['d', 'e,f'] }))).json)).toEqual([
      'd',
      'e',
      'f',
      'morning',
    ]);
    expect(tagsOf((await editByForm(formOf({ tags: '' }))).json)).toEqual(['morning']);
    expect((await edit({ mentions: [] })).json.mentions).toEqual([]);
    expect((await edit({ mentions: [`@${kai.username}`] })).json.mentions).toMatchObject([{ id: kai.id }]);
  });

  test('an edit hides and shows a post', async () => {
    expect((await edit({ is_public: false })).json.is_public).toBe(false);
    expect((await read(post.id, mia)).status).toBe(404);
    expect((await editByForm(formOf({ is_public: 'yes' }))).json.is_public).toBe(true);
    expect((await read(post.id, mia)).status).toBe(200);
  });

  test('an edit keeps the place of the post in lists', async () => {
    const newer = await publish(kai);
    await edit({ caption: 'Edited' });
    const list = await call('/posts/?owner=me&limit=2', { token: kai.token });
    expect(list.json.map(({ id }: { id: string }) => id)).toEqual([newer.id, post.id]);
  });

  test('PUT edits as PATCH does', async () => {
    const request = { method: 'PUT', token: kai.token, json: { caption: 'By PUT' } };
    expect(await call(`/posts/${post.id}/`, request)).toMatchObject({
      status: 200,
      json: { ...post, caption: 'By PUT', tags: [{ name: 'listed' }], updated_at: expect.any(String) },
    });
  });

  test('an edit may be a urlencoded form', async () => {
    const answer = await call(`/posts/${post.id}/`, {
      method: 'PATCH',
      token: kai.token,
      body: new URLSearchParams({ caption: 'By form', is_public: 'false', tags: 'a, b' }),
    });
    expect(answer).toMatchObject({
      status: 200,
      json: { caption: 'By form', is_public: false, tags: [{ name: 'a' }, { name: 'b' }] },
    });
  });

  test('an edit works without a slash at the end', async () => {
    const answer = await call(`/posts/${post.id}`, {
      method: 'PATCH',
      token: kai.token,
      json: { caption: 'Bare' },
    });
    expect(answer).toMatchObject({ status: 200, json: { caption: 'Bare' } });
  });
});

describe('files of a post', () => {
  const withFiles = async (...names: string[]) =>
    (
      await call('/posts/', {
        token: kai.token,
        form: formOf({ caption: 'Files' }, ...names.map((name) => fixture(name, ''))),
      })
    ).json;
  const mimeTypes = (json: { media: { mime_type: string }[] }) =>
    json.media.map(({ mime_type }) => mime_type);

  test('an edit adds files behind the present ones, by form and by URL', async () => {
    const { id } = await withFiles('photo.jpg');
    const byForm = await editByForm(
      formOf({ alt_text: 'Moving' }, fixture('animation.gif', 'image/gif')),
      id,
    );
    expect(mimeTypes(byForm.json)).toEqual(['image/jpeg', 'image/gif']);
    const path = await uploadByUrl(kai, fixture('clip.mp4', 'video/mp4'));
    const byUrl = await edit({ media: [{ path, alt_text: 'Waves' }] }, { id });
    expect(byUrl.json.media).toMatchObject([
      { mime_type: 'image/jpeg', alt_text: '', width: 640 },
      { mime_type: 'image/gif', alt_text: 'Moving', width: 160 },
      { mime_type: 'video/mp4', alt_text: 'Waves', width: 320 },
    ]);
    expect(await load(byUrl.json.media[1].url)).toEqual(publishedBytes('animation.gif'));
  });

  test('an edit removes files by id or path, with their objects, and keeps the order of the others', async () => {
    const { id, media } = await withFiles('photo.jpg', 'picture.png', 'animation.gif', 'tone.wav');
    const byJson = await edit({ remove_media: [media[1].id] }, { id });
    expect(mimeTypes(byJson.json)).toEqual(['image/jpeg', 'image/gif', 'audio/wav']);
    const byForm = await editByForm(formOf({ remove_media: [media[0].file, media[2].id] }), id);
    expect(mimeTypes(byForm.json)).toEqual(['audio/wav']);
    await eventually(async () => {
      const left = await objectsOf(kai);
      expect(media.map(({ file }: { file: string }) => left.includes(file))).toEqual([
        false,
        false,
        false,
        true,
      ]);
    });
  });

  test('an edit can exchange a file of a full post', async () => {
    const { id, media } = await withFiles(...Array.from({ length: 10 }, () => 'picture.png'));
    const more = fixture('tone.mp3', 'audio/mpeg');
    const refused = await editByForm(formOf({}, more), id);
    expect(refused).toMatchObject({ status: 422, json: { code: 'media_too_many' } });
    const answer = await editByForm(formOf({ remove_media: media[0].id }, more), id);
    expect(answer.json.media).toHaveLength(10);
    expect(answer.json.media[9].mime_type).toBe('audio/mpeg');
  });
});

describe('refused edits', () => {
  const photo = () => fixture('photo.jpg', 'image/jpeg');
  test.each<[what: string, form: () => FormData, status: number, code: string]>([
    ['an empty caption', () => formOf({ caption: ' ' }, photo()), 422, 'caption_invalid'],
    [
      'a caption that is too long',
      () => formOf({ caption: 'x'.repeat(2201) }, photo()),
      422,
      'caption_invalid',
    ],
    ['a visibility in other words', () => formOf({ is_public: 'maybe' }, photo()), 422, 'is_public_invalid'],
    ['a tag that is too long', () => formOf({ tags: 'x'.repeat(51) }, photo()), 422, 'tag_invalid'],
    [
      'too many tags',
      () => formOf({ tags: [...'abcdefghijklmnopqrstuvwxyz12345'] }, photo()),
      422,
      'tags_too_many',
    ],
    ['an unknown mention', () => formOf({ mentions: 'nobody_at_all_here' }, photo()), 422, 'mention_unknown'],
    ['a file of another post', () => formOf({ remove_media: randomUUID() }, photo()), 422, 'media_not_found'],
    [
      'a path that is no upload',
      () => formOf({ media: 'somewhere/else.jpg' }, photo()),
      422,
      'media_not_found',
    ],
    [
      'a file that claims another type',
      () => formOf({ caption: 'x' }, photo(), fixture('picture.png', 'image/jpeg')),
      415,
      'media_type_mismatch',
    ],
    ['eleven files', () => formOf({}, ...Array.from({ length: 11 }, photo)), 422, 'media_too_many'],
  ])('an edit with %s is refused and changes nothing', async (_, form, status, code) => {
    const before = await objectsOf(kai);
    expect(await editByForm(form())).toMatchObject({ status, json: { code } });
    expect((await read()).json).toEqual(post);
    await eventually(async () => {
      const left = await objectsOf(kai);
      expect(left.filter((name) => !before.includes(name))).toEqual([]);
    });
  });

  test.each([
    ['a caption that is a number', { caption: 5 }, 'caption_invalid', 'caption'],
    ['files to remove that are no list', { remove_media: 'all' }, 'remove_media_invalid', 'remove_media'],
    ['files that are a text', { media: 'a/b.jpg' }, 'media_invalid', 'media'],
    [
      'a long alternative text',
      { media: [{ path: 'a/b.jpg', alt_text: 'x'.repeat(1001) }] },
      'alt_text_invalid',
      'alt_text',
    ],
  ])('an edit as JSON with %s is refused and changes nothing', async (_, json, code, field) => {
    expect(await edit(json)).toMatchObject({
      status: 422,
      json: { code, errors: { [field]: [expect.any(String)] } },
    });
    expect((await read()).json).toEqual(post);
  });
});

describe('a post of another user', () => {
  test('an edit of the post of another user is a 403, or a 404 where it is not visible, and leaves no file', async () => {
    const hidden = await publish(kai, { is_public: false });
    const files = () => formOf({ caption: 'Mine now' }, fixture('photo.jpg', 'image/jpeg'));
    expect(await editByForm(files(), post.id, mia)).toMatchObject({
      status: 403,
      json: { code: 'not_owner' },
    });
    expect(await editByForm(files(), hidden.id, mia)).toMatchObject({
      status: 404,
      json: { code: 'post_not_found' },
    });
    expect(await edit({ caption: 'x' }, { id: randomUUID() })).toMatchObject({ status: 404 });
    expect(await edit({ caption: 'x' }, { id: 'first' })).toMatchObject({ status: 404 });
    expect((await read()).json).toEqual(post);
    await eventually(async () => expect(await objectsOf(mia)).toEqual([]));
  });
});

describe('reposts', () => {
  test('a repost names the first post of the chain', async () => {
    const first = await publish(mia);
    const second = await publish(kai, { original_post: first.id });
    const third = await publish(mia, { original_post: second.id });
    expect([first, second, third]).toMatchObject([
      { original_post: null, is_repost: false },
      { original_post: first.id, is_repost: true },
      { original_post: first.id, is_repost: true },
    ]);
  });

  test('a repost does not name a post that is gone or not visible', async () => {
    const original = await publish(mia);
    const { id } = await publish(kai, { original_post: original.id });
    await call(`/posts/${original.id}/`, { method: 'PATCH', token: mia.token, json: { is_public: false } });
    expect((await read(id)).json).toMatchObject({ original_post: null, is_repost: true });
    expect((await read(id, mia)).json).toMatchObject({ original_post: original.id, is_repost: true });
    const list = await call('/posts/?owner=me&limit=1', { token: kai.token });
    expect(list.json).toMatchObject([{ id, original_post: null, is_repost: true }]);
    await call(`/posts/${original.id}/`, { method: 'DELETE', token: mia.token });
    expect((await read(id, mia)).json).toMatchObject({ original_post: null, is_repost: true });
  });
});

describe('a profile that is not public', () => {
  test('a private profile hides all posts from other users until it is public again', async () => {
    const [person, other] = await Promise.all([newPerson(), newPerson()]);
    const { id } = await publish(person);
    const setPublic = (publicProfile: boolean) =>
      call('/userprofiles/me/', { method: 'PATCH', token: person.token, json: { publicProfile } });
    await setPublic(false);
    expect((await read(id, other)).status).toBe(404);
    expect((await call(`/posts/user/${person.id}/`, { token: other.token })).json).toEqual([]);
    expect((await call('/posts/?owner=me', { token: person.token })).json).toHaveLength(1);
    await setPublic(true);
    expect((await read(id, other)).status).toBe(200);
  });
});

test('a post that a moderator hides stays visible to its owner and says so', async () => {
  const moderator = await newPerson();
  const sql = connect();
  await sql`update public.profiles set role = 'moderator' where id = ${moderator.id}`;
  await sql.end();
  const hidden = await moderator.client.rpc('hide_post', { post_id: post.id });
  expect(hidden.error).toBeNull();
  expect((await read()).json.hidden_at).toMatch(/^\d{4}-/);
  expect((await read(post.id, mia)).status).toBe(404);
  expect((await read(post.id, moderator)).json.hidden_at).toMatch(/^\d{4}-/);
});
