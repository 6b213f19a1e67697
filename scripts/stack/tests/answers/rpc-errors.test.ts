import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, type Person, raw, signUp } from './asking.ts';

let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

// docs.postgrest.org, references/errors, "HTTP Status Codes".
describe('SQLSTATEs', () => {
  test.each([
    ['P0001', 400],
    ['P0002', 500],
    ['22023', 400],
    ['23503', 409],
    ['23505', 409],
    ['23514', 400],
    ['25006', 405],
    ['28000', 403],
    ['42501', 403],
    ['42883', 404],
    ['42P01', 404],
    ['53000', 503],
    ['53400', 500],
    ['54000', 500],
    ['55000', 500],
    ['57014', 500],
    ['AB123', 400],
    ['PT409', 409],
    ['PT429', 429],
  ])('answers the SQLSTATE %s with the status %i', async (code, expected) => {
    const { error, status } = await ann.client.rpc('fail', { kind: code });
    expect([status, error?.code, error?.message]).toEqual([expected, code, `raised ${code}`]);
  });
});

describe('raised errors', () => {
  test('answers message, details and hint of an error', async () => {
    const { error, status } = await ann.client.rpc('fail', { kind: 'plain' });
    expect(status).toBe(400);
    expect(error).toMatchObject({
      code: 'P0001',
      message: 'a plain message',
      details: 'a detail',
      hint: 'a hint',
    });
  });

  // docs.postgrest.org, references/errors, "RAISE errors with HTTP Status Codes".
  test('answers with the status that an error code contains', async () => {
    const { error, status } = await ann.client.rpc('fail', { kind: 'status in the code' });
    expect(status).toBe(404);
    expect(error).toMatchObject({ code: 'PT404', message: 'not here', details: 'a detail', hint: 'a hint' });
  });

  test('answers with the whole answer that an error contains', async () => {
    const response = await raw('/rest/v1/rpc/fail', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'whole answer' }),
    });
    expect([response.status, response.headers.get('x-reason')]).toEqual([402, 'unpaid']);
    expect(await response.json()).toEqual({
      code: '123',
      message: 'Payment required',
      details: 'a detail',
      hint: 'a hint',
    });
  });

  test('answers a missing right with 401 where nobody is signed in', async () => {
    const { error, status } = await anonymous.rpc('fail', { kind: '42501' });
    expect([error?.code, status]).toEqual(['42501', 401]);
  });
});

// supabase.com/docs/guides/database/postgres/timeouts: anon has three seconds, authenticated has eight.
describe('statement timeouts', () => {
  test('cancels a slow request, for anonymous callers sooner than for users', async () => {
    const [nobody, user] = await Promise.all([
      anonymous.rpc('rest', { seconds: 5 }),
      ann.client.rpc('rest', { seconds: 5 }),
    ]);
    expect([nobody.error?.code, nobody.status]).toEqual(['57014', 500]);
    expect([user.data, user.error]).toEqual(['rested', null]);
  });
});
