import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, type Person, raw, signUp } from './asking.ts';

let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

describe('arguments', () => {
  test('come with POST, lists and times and defaults', async () => {
    const collected = dataOf(
      await anonymous.rpc('collect', {
        ids: [randomUUID(), randomUUID()],
        words: ['a', 'b,c', 'd"e'],
        at: '2026-01-01T00:00:00Z',
      }),
    );
    expect(collected).toEqual({
      ids: 2,
      words: ['a', 'b,c', 'd"e'],
      flag: true,
      at: '2026-01-01T00:00:00+00:00',
    });
  });

  test('come with GET', async () => {
    expect(dataOf(await anonymous.rpc('greet', { name: 'a b&c' }, { get: true }))).toBe('Hello, a b&c');
    const collected = dataOf(
      await anonymous.rpc('collect', { ids: [randomUUID()], words: ['a', 'bc'], flag: false }, { get: true }),
    );
    expect(collected).toEqual({ ids: 1, words: ['a', 'bc'], flag: false, at: null });
  });

  test('decide between functions of one name', async () => {
    expect(dataOf(await anonymous.rpc('describe', { first: 1 }))).toBe('one argument');
    expect(dataOf(await anonymous.rpc('describe', { first: 1, second: 2 }))).toBe('two arguments');
  });

  // docs.postgrest.org, references/api/functions, "Variadic functions".
  test('may be as many as one likes', async () => {
    const read = await raw('/rest/v1/rpc/total?number=1&number=2&number=39');
    expect([read.status, await read.json()]).toEqual([200, 42]);
    expect(dataOf(await anonymous.rpc('total', { number: [1, 2, 39] }))).toBe(42);
  });

  // docs.postgrest.org, references/api/functions, "Functions with a single unnamed parameter".
  test('are the whole body, for a function whose one argument has no name', async () => {
    expect(dataOf(await anonymous.rpc('json_size', { a: 1 }))).toBe('{"a": 1}'.length);
    const response = await raw('/rest/v1/rpc/text_size', {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'four',
    });
    expect([response.status, await response.json()]).toEqual([200, 4]);
  });
});

describe('a call', () => {
  test('of a function that there is not is PGRST202', async () => {
    const { error, status } = await anonymous.rpc('nothing_here', { x: 1 });
    expect([error?.code, status]).toEqual(['PGRST202', 404]);
  });

  test('with a name that the function does not have is PGRST202', async () => {
    const { error, status } = await anonymous.rpc('greet', { nobody: 1 });
    expect([error?.code, status]).toEqual(['PGRST202', 404]);
  });

  test('with a value of another type is an error of the database', async () => {
    const { error, status } = await anonymous.rpc('steps', { up_to: 'many' });
    expect([error?.code, status]).toEqual(['22P02', 400]);
  });

  test('that is not allowed is refused, to a user with 403 and to nobody with 401', async () => {
    const user = await ann.client.rpc('only_inside');
    expect([user.error?.code, user.status]).toEqual(['42501', 403]);
    const nobody = await anonymous.rpc('only_inside');
    expect([nobody.error?.code, nobody.status]).toEqual(['42501', 401]);
  });
});
