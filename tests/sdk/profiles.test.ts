import { describe, expect, test } from 'vitest';
import { limits } from '../../sdk/src/index.ts';
import { load, photo, publishedBytes } from '../kit/files.ts';
import { dataOf } from '../kit/results.ts';
import { settings } from '../kit/settings.ts';
import { newSdkPerson, nowhere } from './sdk-people.ts';

const defaultPicture = `${settings.url}/functions/v1/api/assets/default-avatar.svg`;

describe('profiles.get', () => {
  test('finds a user by name in any case, by @name and by id, without private fields', async () => {
    const [ann, ben] = [await newSdkPerson(), await newSdkPerson()];
    for (const person of [ben.username, ben.username.toUpperCase(), `@${ben.username}`, ben.id]) {
      const profile = dataOf(await ann.noctra.profiles.get(person));
      expect(profile).toMatchObject({
        id: ben.id,
        username: ben.username,
        role: 'user',
        role_display_name: 'User',
        profile_pic: defaultPicture,
        profile_pic_url: defaultPicture,
      });
      for (const field of ['email', 'date_of_birth', 'age']) expect(profile).not.toHaveProperty(field);
    }
    expect(await load(dataOf(await ann.noctra.profiles.get(ben.id)).cover_pic_url)).not.toHaveLength(0);
  });

  test('answers profile_not_found for an unknown user', async () => {
    const { noctra } = await newSdkPerson();
    for (const person of ['nobody_at_all', nowhere, 'no/name', '%00']) {
      const { error } = await noctra.profiles.get(person);
      expect(error, person).toMatchObject({ code: 'profile_not_found', status: 404 });
    }
  });
});

describe('profiles.update', () => {
  test('changes what is given and leaves the rest', async () => {
    const { noctra, username } = await newSdkPerson();
    const changed = dataOf(
      await noctra.profiles.update({
        bio: 'Sunsets, mostly.',
        playlist: 'https://music.example/blue-in-green',
        date_of_birth: '1991-06-18',
        publicProfile: false,
        anonymous: true,
      }),
    );
    const expected = {
      username,
      bio: 'Sunsets, mostly.',
      playlist: 'https://music.example/blue-in-green',
      date_of_birth: '1991-06-18',
      publicProfile: false,
      anonymous: true,
    };
    expect(changed).toMatchObject(expected);
    const later = dataOf(await noctra.profiles.update({ bio: '', date_of_birth: null }));
    expect(later).toMatchObject({ ...expected, bio: '', date_of_birth: null, age: null });
    expect(dataOf(await noctra.profiles.me())).toEqual(later);
  });

  test('sets, replaces and removes pictures, which everybody can load', async () => {
    const { noctra, id } = await newSdkPerson();
    const first = dataOf(
      await noctra.profiles.update({
        profile_pic: photo(),
        cover_pic: photo(),
        bio: 'With face',
      }),
    );
    expect(first.bio).toBe('With face');
    expect(first.profile_pic).toBe(first.profile_pic_url);
    expect(first.profile_pic).toContain(`/storage/v1/object/public/avatars/${id}/`);
    expect(await load(first.profile_pic_url)).toEqual(publishedBytes('photo.jpg'));
    expect(await load(first.cover_pic_url)).toEqual(publishedBytes('photo.jpg'));

    const second = dataOf(await noctra.profiles.update({ profile_pic: photo(), cover_pic: null }));
    expect(second.profile_pic).not.toBe(first.profile_pic);
    expect(await load(second.profile_pic_url)).toEqual(publishedBytes('photo.jpg'));
    expect(second.cover_pic).toMatch(/default-cover\.svg$/);

    const third = dataOf(await noctra.profiles.update({ profile_pic: null }));
    expect(third).toMatchObject({ profile_pic: defaultPicture, bio: 'With face' });
  });

  test('renames a user, and posts that mention them show the new name', async () => {
    const [ann, ben] = [await newSdkPerson(), await newSdkPerson()];
    const post = dataOf(await ann.noctra.posts.create({ caption: 'Hi', mentions: [ben.username] }));
    const username = `${ben.username.slice(0, 20)}_new`;
    expect(dataOf(await ben.noctra.profiles.update({ username })).username).toBe(username);
    expect(dataOf(await ann.noctra.posts.get(post.id)).mentions).toEqual([{ id: ben.id, username }]);
  });

  test('changes nothing when one of the changes breaks a rule', async () => {
    const [ann, ben] = [await newSdkPerson(), await newSdkPerson()];
    const before = dataOf(await ann.noctra.profiles.me());
    const text = new File(['just words'], 'face.png', { type: 'image/png' });
    const large = new File([new Uint8Array(limits.avatar_size + 1)], 'face.png', { type: 'image/png' });
    for (const [changes, code, status, field] of [
      [{ username: ben.username.toUpperCase() }, 'username_taken', 409, 'username'],
      [{ username: 'a b' }, 'username_invalid', 422, 'username'],
      [{ date_of_birth: '1850-01-01' }, 'date_of_birth_invalid', 422, 'date_of_birth'],
      [{ bio: 'x'.repeat(limits.bio_length + 1) }, 'bio_invalid', 422, 'bio'],
      [{ profile_pic: text }, 'media_type_unsupported', 415, 'profile_pic'],
      [{ profile_pic: large }, 'media_too_large', 413, 'profile_pic'],
      [{ is_public: false }, 'field_unknown', 422, 'is_public'],
    ] as const) {
      const { error } = await ann.noctra.profiles.update({
        playlist: 'https://music.example/changed',
        ...changes,
      });
      expect(error, code).toMatchObject({ code, status, field });
    }
    expect(dataOf(await ann.noctra.profiles.me())).toEqual(before);
  });
});
