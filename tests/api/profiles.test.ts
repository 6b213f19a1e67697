import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { call } from '../kit/api.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';

let kai: Person;
let mia: Person;
beforeAll(async () => {
  [kai, mia] = await Promise.all([newPerson({ date_of_birth: '2000-06-15' }), newPerson()]);
});

const publicFields = (person: Person) => ({
  id: person.id,
  username: person.username,
  bio: '',
  playlist: '',
  profile_pic: '/functions/v1/api/assets/default-avatar.svg',
  profile_pic_url: '/functions/v1/api/assets/default-avatar.svg',
  cover_pic: '/functions/v1/api/assets/default-cover.svg',
  cover_pic_url: '/functions/v1/api/assets/default-cover.svg',
  is_vip: false,
  role: 'user',
  role_display_name: 'User',
  publicProfile: true,
  anonymous: false,
  created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  post_count: 0,
  follower_count: 0,
  following_count: 0,
  following: false,
  requested: false,
  followed_by: false,
  blocking: false,
  muting: false,
});

describe('the own profile', () => {
  test('the own profile has the private fields', async () => {
    const { status, json } = await call('/userprofiles/me/', { token: kai.token });
    expect(status).toBe(200);
    expect(json).toEqual({
      ...publicFields(kai),
      email: kai.email,
      date_of_birth: '2000-06-15',
      age: expect.any(Number),
    });
    expect(json.age).toBeGreaterThanOrEqual(26);
  });

  test('the own profile has no age without a date of birth', async () => {
    expect((await call('/userprofiles/me', { token: mia.token })).json).toMatchObject({
      date_of_birth: null,
      age: null,
    });
  });
});

describe('the profile of a user', () => {
  test('a profile is found by id and by user name in any case, without private fields', async () => {
    for (const user of [kai.id, kai.username, kai.username.toUpperCase()]) {
      const { status, json } = await call(`/userprofiles/${user}/`, { token: mia.token });
      expect(status).toBe(200);
      expect(json).toEqual(publicFields(kai));
    }
  });

  test.each([randomUUID(), 'no_such_user_here', 'a', 'not a name', '%00', '%ff', 'a%2Fb', '*', 'k%25'])(
    'the profile of the unknown user %s is a 404',
    async (user) => {
      expect(await call(`/userprofiles/${user}/`, { token: kai.token })).toMatchObject({
        status: 404,
        json: { code: 'profile_not_found' },
      });
    },
  );

  test('a profile names pictures that load under the origin of the project', async () => {
    const { json } = await call(`/userprofiles/${kai.id}/`, { token: mia.token });
    for (const path of [json.profile_pic_url, json.cover_pic_url]) {
      const picture = await fetch(settings.url + path);
      expect(picture.status).toBe(200);
      expect(picture.headers.get('content-type')).toBe('image/svg+xml');
      expect(await picture.text()).toMatch(/^<svg .*<\/svg>$/);
    }
  });
});
