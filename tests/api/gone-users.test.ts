import { expect, test } from 'vitest';
import { presentWithName } from '../../supabase/functions/api/auth/sign-in.ts';
import { call, config, publish } from '../kit/api.ts';
import { newPerson, type Person } from '../kit/people.ts';

/** Somebody whose account is deleted, and whose token is good for an hour. */
async function somebodyGone(): Promise<Person> {
  const person = await newPerson();
  const left = await call('/userprofiles/me/', { method: 'DELETE', token: person.token });
  expect(left.status).toBe(204);
  return person;
}

test('whoever is gone changes no password', async () => {
  const { token, password } = await somebodyGone();
  const answer = await call('/auth/password/', {
    token,
    json: { password, new_password: 'another long password' },
  });
  expect(answer.status).toBe(401);
});

test('a session of somebody who has gone since is none', async () => {
  const person = await newPerson();
  const { data } = await person.client.rpc('delete_account');
  expect(data).toBeNull();
  const session = { access_token: person.token, user: { id: person.id } } as Parameters<
    typeof presentWithName
  >[1];
  const refusal = await presentWithName(config, session).catch((reason: unknown) => reason);
  expect(refusal).toMatchObject({ problem: { status: 401, code: 'token_invalid' } });
});

test('a post that goes while it is being edited is not there, and nothing is broken', async () => {
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
