import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call, publish } from '../kit/api.ts';
import { fixture, fixtureBytes, load, publishedBytes } from '../kit/files.ts';
import { objectsOf } from '../kit/owned.ts';
import { newPerson, newUsername, type Person } from '../kit/people.ts';
import { exifSegment, holdsLocation, jpegWith } from '../kit/samples.ts';
import { settings } from '../kit/settings.ts';
import { eventually } from '../kit/waiting.ts';

let mia: Person;
beforeAll(async () => {
  mia = await newPerson();
});

let kai: Person;
// biome-ignore lint/suspicious/noExplicitAny: a profile's JSON, as tests look into it.
let profile: any;
beforeEach(async () => {
  kai = await newPerson({ date_of_birth: '2000-06-15' });
  profile = (await call('/userprofiles/me/', { token: kai.token })).json;
});

const edit = (json: unknown) => call('/userprofiles/me/', { method: 'PATCH', token: kai.token, json });
const editByForm = (fields: Record<string, string | File>) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return call('/userprofiles/me/', { method: 'PATCH', token: kai.token, form });
};
const jpeg = () => fixture('photo.jpg', 'image/jpeg');
const png = () => fixture('picture.png', 'image/png');

describe('an edit of the profile', () => {
  test('an edit of the profile changes only what it names', async () => {
    const answer = await edit({ bio: 'Up before the sun 🙂' });
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.json).toEqual({ ...profile, bio: 'Up before the sun 🙂', updated_at: expect.any(String) });
    const seen = await call(`/userprofiles/${kai.id}/`, { token: mia.token });
    expect(seen.json).toMatchObject({ bio: 'Up before the sun 🙂' });
  });

  test('an edit of the profile takes all fields, as JSON and as a form', async () => {
    const username = newUsername();
    const changes = {
      bio: 'b',
      playlist: 'https://music.example/p',
      date_of_birth: '1999-12-31',
      publicProfile: false,
      anonymous: true,
    };
    expect((await edit({ ...changes, username })).json).toMatchObject({
      ...changes,
      username,
      age: expect.any(Number),
    });
    const form = { bio: '', playlist: '', date_of_birth: '', publicProfile: 'true', anonymous: 'False' };
    expect((await editByForm(form)).json).toMatchObject({
      username,
      bio: '',
      playlist: '',
      date_of_birth: null,
      age: null,
      publicProfile: true,
      anonymous: false,
    });
  });

  test('an edit of the profile without fields changes nothing', async () => {
    expect(await edit({})).toMatchObject({ status: 200, json: profile });
    expect(await edit({ username: null, bio: null })).toMatchObject({
      status: 200,
      json: profile,
    });
  });

  test('a new user name keeps the mentions', async () => {
    const post = await publish(mia, { caption: `Hello @${kai.username}` });
    const username = newUsername();
    await edit({ username });
    const read = await call(`/posts/${post.id}/`, { token: mia.token });
    expect(read.json.mentions).toEqual([{ id: kai.id, username }]);
    expect((await edit({ username: username.toUpperCase() })).json.username).toBe(username.toUpperCase());
  });

  test('null takes the date of birth away', async () => {
    expect((await edit({ date_of_birth: null })).json).toMatchObject({ date_of_birth: null, age: null });
  });

  test.each([
    ['username', 'ab', 'username_invalid'],
    ['username', 'no spaces', 'username_invalid'],
    ['username', 5, 'username_invalid'],
    ['bio', 'x'.repeat(256), 'bio_invalid'],
    ['bio', ['x'], 'bio_invalid'],
    ['playlist', '🙂'.repeat(256), 'playlist_invalid'],
    ['playlist', 'abc', 'playlist_invalid'],
    ['playlist', 'javascript:alert(1)', 'playlist_invalid'],
    ['username', 'Admin', 'username_reserved'],
    ['date_of_birth', '2999-01-01', 'date_of_birth_invalid'],
    ['date_of_birth', 'yesterday', 'date_of_birth_invalid'],
    ['publicProfile', 'yes', 'public_profile_invalid'],
    ['anonymous', 1, 'anonymous_invalid'],
    ['profile_pic', 5, 'profile_pic_invalid'],
    ['cover_pic', {}, 'cover_pic_invalid'],
    ['profile_pic', 'somebody/else.png', 'picture_not_found'],
  ])('an edit of the profile refuses the %s %j', async (field, value, code) => {
    expect(await edit({ bio: 'not kept', [field]: value })).toMatchObject({
      status: 422,
      json: { code, errors: { [field]: [expect.any(String)] } },
    });
    expect((await call('/userprofiles/me/', { token: kai.token })).json).toEqual(profile);
  });

  test('a bio is counted in characters, not in UTF-16 units', async () => {
    expect((await edit({ bio: '🙂'.repeat(255) })).status).toBe(200);
  });

  test('an edit of the profile with a taken name changes nothing', async () => {
    const answer = await edit({ username: mia.username.toUpperCase(), bio: 'x', date_of_birth: null });
    expect(answer).toMatchObject({
      status: 409,
      json: { code: 'username_taken', errors: { username: [expect.any(String)] } },
    });
    expect((await call('/userprofiles/me/', { token: kai.token })).json).toEqual(profile);
  });

  test.each([
    ['role', 'admin', 'role'],
    ['is_vip', true, 'is_vip'],
    ['is_public', false, 'publicProfile'],
  ])('an edit of the profile refuses the unknown field %s', async (field, value, named) => {
    expect(await edit({ bio: 'not kept', [field]: value })).toMatchObject({
      status: 422,
      json: { code: 'field_unknown', errors: { [field]: [expect.stringContaining(named)] } },
    });
    expect((await call('/userprofiles/me/', { token: kai.token })).json).toEqual(profile);
  });
});

describe('pictures of the profile', () => {
  test('pictures are set by form, load for everybody, and replaced ones are removed', async () => {
    const first = await editByForm({ profile_pic: jpeg(), cover_pic: png(), bio: 'With pictures' });
    expect(first).toMatchObject({
      status: 200,
      json: {
        bio: 'With pictures',
        profile_pic: expect.stringMatching(
          new RegExp(`^/storage/v1/object/public/avatars/${kai.id}/[0-9a-f-]{36}\\.jpg$`),
        ),
        profile_pic_url: first.json.profile_pic,
        cover_pic: expect.stringMatching(/^\/storage\/v1\/object\/public\/covers\/.*\.png$/),
        cover_pic_url: first.json.cover_pic,
      },
    });
    expect(await load(settings.url + first.json.profile_pic)).toEqual(publishedBytes('photo.jpg'));
    expect(await load(settings.url + first.json.cover_pic)).toEqual(publishedBytes('picture.png'));

    const second = await editByForm({ profile_pic: fixture('animation.gif', 'image/gif') });
    expect(second.json.cover_pic).toBe(first.json.cover_pic);
    await eventually(async () => {
      const [left, ...more] = await objectsOf(kai, 'avatars');
      expect(second.json.profile_pic.endsWith(`/avatars/${left}`)).toBe(true);
      expect(more).toEqual([]);
    });
  });

  test('pictures are taken away by null, or by an empty text in a form', async () => {
    await editByForm({ profile_pic: jpeg(), cover_pic: png() });
    expect((await edit({ profile_pic: null })).json).toMatchObject({
      profile_pic: '/functions/v1/api/assets/default-avatar.svg',
    });
    expect((await editByForm({ cover_pic: '' })).json.cover_pic).toBe(
      '/functions/v1/api/assets/default-cover.svg',
    );
    await eventually(async () => {
      expect([...(await objectsOf(kai, 'avatars')), ...(await objectsOf(kai, 'covers'))]).toEqual([]);
    });
  });

  test('an empty file field keeps the picture', async () => {
    const { profile_pic } = (await editByForm({ profile_pic: jpeg() })).json;
    expect((await editByForm({ profile_pic: new File([], ''), bio: 'x' })).json).toMatchObject({
      profile_pic,
      bio: 'x',
    });
  });

  test('pictures are published without their location', async () => {
    const taken = new File([jpegWith(exifSegment())], 'a.jpg', { type: 'image/jpeg' });
    const sent = (await editByForm({ profile_pic: taken })).json;
    expect(holdsLocation(await load(settings.url + sent.profile_pic))).toBe(false);
  });

  test('users cannot write to the public buckets themselves', async () => {
    for (const bucket of ['avatars', 'covers'] as const) {
      const { error } = await kai.client.storage
        .from(bucket)
        .upload(`${kai.id}/${crypto.randomUUID()}.jpg`, jpeg(), { contentType: 'image/jpeg' });
      expect(error).toMatchObject({ statusCode: '403' });
    }
  });

  test.each<[what: string, field: string, file: File, status: number, code: string]>([
    ['a video', 'profile_pic', fixture('clip.mp4', 'video/mp4'), 415, 'media_type_unsupported'],
    [
      'a PNG that claims to be a JPEG',
      'cover_pic',
      fixture('picture.png', 'image/jpeg'),
      415,
      'media_type_mismatch',
    ],
    [
      'a text',
      'cover_pic',
      new File(['text'], 'a.png', { type: 'image/png' }),
      415,
      'media_type_unsupported',
    ],
    [
      'a profile picture over 5 MiB',
      'profile_pic',
      new File([fixtureBytes('photo.jpg'), new Uint8Array(5 * 1024 * 1024)], 'a.jpg'),
      413,
      'media_too_large',
    ],
    [
      'a cover over 10 MiB',
      'cover_pic',
      new File([fixtureBytes('photo.jpg'), new Uint8Array(10 * 1024 * 1024)], 'a.jpg'),
      413,
      'media_too_large',
    ],
  ])('a picture that is %s is refused and leaves nothing', async (_, field, file, status, code) => {
    const other = field === 'profile_pic' ? 'cover_pic' : 'profile_pic';
    const answer = await editByForm({ bio: 'x', [other]: png(), [field]: file });
    expect(answer).toMatchObject({ status, json: { code, errors: { [field]: [expect.any(String)] } } });
    expect((await call('/userprofiles/me/', { token: kai.token })).json).toEqual(profile);
    await eventually(async () => {
      expect([...(await objectsOf(kai, 'avatars')), ...(await objectsOf(kai, 'covers'))]).toEqual([]);
    });
  });

  test('a refused edit of the profile leaves no picture', async () => {
    const answer = await editByForm({ username: mia.username, profile_pic: jpeg() });
    expect(answer).toMatchObject({ status: 409, json: { code: 'username_taken' } });
    await eventually(async () => expect(await objectsOf(kai, 'avatars')).toEqual([]));
  });

  test('a picture may have the largest allowed size', async () => {
    const photo = fixtureBytes('photo.jpg');
    const file = new File([photo, new Uint8Array(5 * 1024 * 1024 - photo.length)], 'a.jpg', {
      type: 'image/jpeg',
    });
    expect((await editByForm({ profile_pic: file })).status).toBe(200);
  });
});

describe('an account', () => {
  test('deleting the account deletes profile, posts, files and sessions', async () => {
    await editByForm({ profile_pic: jpeg(), cover_pic: png() });
    const form = new FormData();
    form.append('caption', 'Soon gone');
    form.append('media', jpeg());
    const post = await call('/posts/', { token: kai.token, form });
    const repost = await publish(mia, { original_post: post.json.id, mentions: [kai.id] });

    expect((await call('/userprofiles/me/', { method: 'DELETE', token: kai.token })).status).toBe(204);
    expect((await call(`/userprofiles/${kai.id}/`, { token: mia.token })).status).toBe(404);
    expect((await call(`/posts/${post.json.id}/`, { token: mia.token })).status).toBe(404);
    expect((await call(`/posts/${repost.id}/`, { token: mia.token })).json).toMatchObject({
      original_post: null,
      is_repost: true,
      mentions: [],
    });
    expect(await call('/userprofiles/me/', { token: kai.token })).toMatchObject({
      status: 401,
      json: { code: 'not_signed_in' },
    });
    expect(await call('/userprofiles/me/', { method: 'DELETE', token: kai.token })).toMatchObject({
      status: 401,
    });
    expect((await call('/auth/token/refresh/', { json: { refresh_token: kai.refreshToken } })).status).toBe(
      401,
    );
    expect(
      (await call('/auth/token/', { json: { username: kai.email, password: kai.password } })).status,
    ).toBe(401);
    await eventually(async () => {
      for (const bucket of ['post-media', 'avatars', 'covers'] as const)
        expect(await objectsOf(kai, bucket)).toEqual([]);
    });
    // The name is free again.
    await newPerson({ username: kai.username, email: kai.email });
  });
});
