import { describe, expect, test } from 'vitest';
import { presentWithName } from '../../supabase/functions/api/auth/sign-in.ts';
import { call, callAs, config, publish } from '../kit/api.ts';
import { newPerson, secretClient } from '../kit/people.ts';

test('a deleted user cannot change the password, whose token is still good', async () => {
  const { token, password } = await newPerson();
  const left = await call('/userprofiles/me/', { method: 'DELETE', token });
  expect(left.status).toBe(204);
  const json = { password, new_password: 'another long password' };
  expect(await call('/auth/password/', { token, json })).toMatchObject({
    status: 401,
    json: { code: 'not_signed_in' },
  });
});

test('a session of a user who was deleted meanwhile is refused', async () => {
  const person = await newPerson();
  const { data } = await person.client.rpc('delete_account');
  expect(data).toBeNull();
  const session = { access_token: person.token, user: { id: person.id } } as Parameters<
    typeof presentWithName
  >[1];
  const refusal = await presentWithName(config, session).catch((reason: unknown) => reason);
  expect(refusal).toMatchObject({ problem: { status: 401, code: 'not_signed_in' } });
});

test('an edit of a post that is deleted meanwhile answers 404', async () => {
  const person = await newPerson();
  const posts = await Promise.all(Array.from({ length: 8 }, () => publish(person)));
  const { token } = person;
  const answers = await Promise.all(
    posts.flatMap(({ id }) => [
      call(`/posts/${id}/`, { method: 'PATCH', token, json: { caption: 'Edited' } }),
      call(`/posts/${id}/`, { method: 'DELETE', token }),
    ]),
  );
  expect(answers.filter(({ status }) => ![200, 204, 404].includes(status))).toEqual([]);
});

describe('people, reactions, comments, notifications and reports', () => {
  /** Everything that writes, with a post, a comment of the user and another user. */
  const writes = (post: string, comment: string, user: string) =>
    [
      ['PUT', `/userprofiles/${user}/follow/`],
      ['DELETE', `/userprofiles/${user}/follow/`],
      ['PUT', `/userprofiles/${user}/block/`],
      ['DELETE', `/userprofiles/${user}/block/`],
      ['PUT', `/userprofiles/${user}/mute/`],
      ['DELETE', `/userprofiles/${user}/mute/`],
      ['PUT', `/follow-requests/${user}/`],
      ['DELETE', `/follow-requests/${user}/`],
      ['DELETE', `/userprofiles/me/followers/${user}/`],
      ['PUT', `/posts/${post}/like/`],
      ['DELETE', `/posts/${post}/like/`],
      ['PUT', `/posts/${post}/save/`],
      ['DELETE', `/posts/${post}/save/`],
      ['POST', `/posts/${post}/comments/`, { text: 'x' }],
      ['PATCH', `/comments/${comment}/`, { text: 'x' }],
      ['PUT', `/comments/${comment}/like/`],
      ['DELETE', `/comments/${comment}/like/`],
      ['DELETE', `/comments/${comment}/`],
      ['POST', '/notifications/read/', { up_to: post }],
      ['PATCH', '/notifications/settings/', { like: false }],
      ['POST', '/reports/', { post, reason: 'spam' }],
    ] as const;

  test('a banned user writes nothing with an older token', async () => {
    const [eve, ann] = await Promise.all([newPerson(), newPerson()]);
    const { id } = await publish(ann);
    const comment = await callAs(eve, 'POST', `/posts/${id}/comments/`, { text: 'Mine' });
    await secretClient().auth.admin.updateUserById(eve.id, { ban_duration: '1h' });
    for (const [method, path, json] of writes(id, comment.json.id, ann.id))
      expect([method, path, (await callAs(eve, method, path, json)).json.code]).toEqual([
        method,
        path,
        'user_banned',
      ]);
  });

  test('a deleted user writes nothing with a token that is still good, and reads no private list', async () => {
    const [eve, ann] = await Promise.all([newPerson(), newPerson()]);
    const { id } = await publish(ann);
    const comment = await callAs(ann, 'POST', `/posts/${id}/comments/`, { text: 'Mine' });
    await callAs(eve, 'DELETE', '/userprofiles/me/');
    for (const [method, path, json] of writes(id, comment.json.id, ann.id)) {
      const { status } = await callAs(eve, method, path, json);
      expect([method, path, status]).toEqual([method, path, 401]);
    }
    for (const path of ['/feed/', '/saved/', '/notifications/', '/blocks/', '/mutes/', '/follow-requests/'])
      expect([path, (await callAs(eve, 'GET', path)).json]).toEqual([path, []]);
  });
});
