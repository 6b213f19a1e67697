import { expect, test } from 'vitest';
import { presentWithName } from '../../supabase/functions/api/auth/sign-in.ts';
import { call, config, publish } from '../kit/api.ts';
import { newPerson } from '../kit/people.ts';

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
