import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  anonymous,
  dataOf,
  newName,
  openDatabase,
  type Person,
  raw,
  schemaIsKnown,
  service,
  signUp,
} from './asking.ts';

const sql = openDatabase();
let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

describe('arguments', () => {
  test('reads lists, times and defaults from a POST', async () => {
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

  test('reads arguments from a GET', async () => {
    expect(dataOf(await anonymous.rpc('greet', { name: 'a b&c' }, { get: true }))).toBe('Hello, a b&c');
    const collected = dataOf(
      await anonymous.rpc('collect', { ids: [randomUUID()], words: ['a', 'bc'], flag: false }, { get: true }),
    );
    expect(collected).toEqual({ ids: 1, words: ['a', 'bc'], flag: false, at: null });
  });

  test('chooses between overloaded functions by their arguments', async () => {
    expect(dataOf(await anonymous.rpc('describe', { first: 1 }))).toBe('one argument');
    expect(dataOf(await anonymous.rpc('describe', { first: 1, second: 2 }))).toBe('two arguments');
  });

  // docs.postgrest.org, references/api/functions, "Variadic functions".
  test('passes any number of variadic arguments', async () => {
    const read = await raw('/rest/v1/rpc/total?number=1&number=2&number=39');
    expect([read.status, await read.json()]).toEqual([200, 42]);
    expect(dataOf(await anonymous.rpc('total', { number: [1, 2, 39] }))).toBe(42);
  });

  // docs.postgrest.org, references/api/functions, "Functions with a single unnamed parameter".
  test('passes the whole body to a function with one unnamed parameter', async () => {
    expect(dataOf(await anonymous.rpc('json_size', { a: 1 }))).toBe('{"a": 1}'.length);
    const response = await raw('/rest/v1/rpc/text_size', {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'four',
    });
    expect([response.status, await response.json()]).toEqual([200, 4]);
  });
});

describe('calls', () => {
  test('refuses functions with several unnamed parameters, or one of another type', async () => {
    const name = newName('unnamed');
    await sql.unsafe(`
      create function public.${name}(integer, integer) returns integer language sql as 'select $1';
      create function public.${name}(integer) returns integer language sql as 'select $1';
    `);
    await schemaIsKnown(sql);
    try {
      for (const args of [{}, { '': 1 }, { a: 1 }]) {
        const { error, status } = await service.rpc(name, args);
        expect([error?.code, status]).toEqual(['PGRST202', 404]);
      }
    } finally {
      await sql.unsafe(`drop function public.${name}(integer, integer), public.${name}(integer)`);
    }
  });

  test('refuses to choose between functions that take the same arguments, and names them in order', async () => {
    const [named, unnamed] = [newName('unclear'), newName('unclear')];
    await sql.unsafe(`
      create function public.${named}(a text) returns integer language sql as 'select 1';
      create function public.${named}(a integer) returns integer language sql as 'select 2';
      create function public.${unnamed}(text default 'x') returns text language sql as 'select $1';
      create function public.${unnamed}() returns integer language sql as 'select 3';
    `);
    await schemaIsKnown(sql);
    try {
      const messageOf = async (name: string, args: object) => (await service.rpc(name, args)).error?.message;
      const start = 'Could not choose the best candidate function between:';
      expect(await messageOf(named, { a: 1 })).toBe(
        `${start} public.${named}(a => integer), public.${named}(a => text)`,
      );
      expect(await messageOf(unnamed, {})).toBe(`${start} public.${unnamed}(), public.${unnamed}( => text)`);
      expect(dataOf(await service.rpc(unnamed, { '': 'y' }))).toBe('{"":"y"}');
    } finally {
      await sql.unsafe(`
        drop function public.${named}(text), public.${named}(integer);
        drop function public.${unnamed}(text), public.${unnamed}();
      `);
    }
  });

  test('refuses an unknown function with PGRST202', async () => {
    const { error, status } = await anonymous.rpc('nothing_here', { x: 1 });
    expect([error?.code, error?.hint, status]).toEqual(['PGRST202', null, 404]);
  });

  test('refuses an unknown argument with PGRST202', async () => {
    const { error, status } = await anonymous.rpc('greet', { qqq: 1 });
    expect([error?.code, error?.hint, status]).toEqual(['PGRST202', null, 404]);
  });

  test('names the closest function in the hint, or its parameters', async () => {
    const start = 'Perhaps you meant to call the function public';
    expect((await anonymous.rpc('step', { up_to: 1 })).error?.hint).toBe(`${start}.steps`);
    expect((await anonymous.rpc('steps', { upto: 1 })).error?.hint).toBe(`${start}.steps(up_to)`);
    const headers = { 'content-type': 'text/plain' };
    const asText = await raw('/rest/v1/rpc/step', { method: 'POST', headers, body: '1' });
    expect(await asText.json()).toMatchObject({ code: 'PGRST202', hint: null });
  });

  test('refuses an argument of a wrong type', async () => {
    const { error, status } = await anonymous.rpc('steps', { up_to: 'many' });
    expect([error?.code, status]).toEqual(['22P02', 400]);
  });

  test('refuses a function without a grant, with 403 to users and 401 to others', async () => {
    const user = await ann.client.rpc('only_inside');
    expect([user.error?.code, user.status]).toEqual(['42501', 403]);
    const nobody = await anonymous.rpc('only_inside');
    expect([nobody.error?.code, nobody.status]).toEqual(['42501', 401]);
  });
});
