import { describe, expect, test } from 'vitest';
import { dataOf, newName, raw, service, target } from './asking.ts';

/** A request with the secret key that supabase-js would not send. */
async function ask(
  path: string,
  init: { method?: string; body?: string | Uint8Array; headers?: Record<string, string> } = {},
) {
  const response = await raw(`/rest/v1/${path}`, {
    ...init,
    key: target.secretKey,
    headers: { ...(init.body === undefined ? {} : { 'content-type': 'application/json' }), ...init.headers },
    body: (init.body ?? null) as BodyInit | null,
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

describe('input that no table can hold', () => {
  test.each([
    ['NUL in a value', 'stock?code=eq.%00'],
    ['NUL in a name', 'stock?select=%22a%00b%22'],
    ['NUL in an alias', 'stock?select=%22a%00b%22:id'],
    ['bytes that are no UTF-8', 'stock?code=eq.%ff%fe'],
    ['half a surrogate in UTF-8', 'stock?code=eq.%ed%a0%80'],
    ['a number beyond bigint', 'stock?quantity=eq.9223372036854775808'],
    ['a limit below zero', 'stock?limit=-1'],
    ['embedding without an end', `stock?select=${'stock('.repeat(2000)}id${')'.repeat(2000)}`],
    ['conditions without an end', `stock?or=${'(and'.repeat(2000)}(id.eq.1)${')'.repeat(2000)}`],
    ['a path into JSON without an end', `stock?select=note${'->a'.repeat(2000)}`],
  ])('refuses %s with 4xx', async (_, path) => {
    const { status, body } = await ask(path);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  });

  // As with PostgREST: pFieldForest in ApiRequest/QueryParams.hs does not ask for the end.
  test.each([
    ['a name', 'id);drop%20table%20stock;--', 'id'],
    ['a cast', "id::int);select('x", 'id'],
  ])('ignores what follows a complete select with %s', async (_, select, column) => {
    expect(await ask(`stock?limit=0&select=${select}`)).toEqual({ status: 200, body: [] });
    const { body } = await ask(`stock?limit=1&select=${select}`);
    for (const row of body) expect(Object.keys(row)).toEqual([column]);
  });

  test.each([
    ['NUL', String.raw`{"code":"a\u0000b"}`],
    ['half a surrogate', String.raw`{"code":"\ud800"}`],
    ['half an object', '{"code":'],
    ['nothing', ''],
    ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
    ['fields that differ', '[{"code":"a"},{"note":"b"}]'],
    ['a number that is too large', '{"code":"x","quantity":1e30}'],
  ])('refuses a body of %s', async (_, body) => {
    const answer = await ask('stock', { method: 'POST', body });
    expect(answer.status).toBe(400);
  });
});

describe('unusual but valid input', () => {
  test.each([
    ['an emoji', '👩‍👩‍👧 '],
    ['text from right to left', 'مرحبا \u202e abc'],
    ['SQL', `'); drop table public.stock; --`],
    ['HTML', '<img src=x onerror=alert(1)>'],
    ['operators and quotes', "eq.1,(or).*'{}%_"],
  ])('stores and finds %s', async (_, note) => {
    const code = newName('odd') + note;
    expect(dataOf(await service.from('stock').insert({ code, note }).select('code, note').single())).toEqual({
      code,
      note,
    });
    expect(dataOf(await service.from('stock').select('note').eq('code', code))).toEqual([{ note }]);
    expect(dataOf(await service.from('stock').select('note').in('code', [code, 'a,b']))).toEqual([{ note }]);
    await service.from('stock').delete().eq('code', code);
  });

  test('filters by ten thousand values in one list', async () => {
    const list = Array.from({ length: 10_000 }, (_, index) => index).join(',');
    expect(await ask(`stock?select=id&id=in.(${list})&code=eq.nothing`)).toEqual({ status: 200, body: [] });
  });

  test('keeps all digits of a number', async () => {
    const id = 2n ** 60n + BigInt(Math.floor(Math.random() * 1e9));
    const body = `{"id":${id},"exact":12345678901234567890.123456789}`;
    const made = await raw('/rest/v1/every_type?select=id,exact', {
      key: target.secretKey,
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', prefer: 'return=representation' },
    });
    expect(await made.text()).toBe(`[{"id":${id},"exact":12345678901234567890.123456789}]`);
    await ask(`every_type?id=eq.${id}`, { method: 'DELETE' });
  });
});

describe('refused writes', () => {
  test('rolls back a write of more rows than the request allows', async () => {
    const code = newName('kept');
    const row = { code: `${code}a`, quantity: 1 };
    const other = { code: `${code}b`, quantity: 1 };
    const single = { accept: 'application/vnd.pgrst.object+json', prefer: 'return=representation' };
    expect(
      await ask('stock', { method: 'POST', body: JSON.stringify([row, other]), headers: single }),
    ).toMatchObject({
      status: 406,
      body: { code: 'PGRST116' },
    });
    expect(dataOf(await service.from('stock').select('id').like('code', `${code}%`))).toEqual([]);

    await service.from('stock').insert([row, other]);
    const most = { prefer: 'handling=strict, max-affected=1' };
    const change = { method: 'PATCH', body: '{"quantity":9}', headers: most };
    expect(await ask(`stock?code=like.${code}*`, change)).toMatchObject({
      status: 400,
      body: { code: 'PGRST124' },
    });
    expect(await ask(`stock?code=like.${code}*`, { method: 'DELETE', headers: most })).toMatchObject({
      status: 400,
    });
    expect(dataOf(await service.from('stock').select('quantity').like('code', `${code}%`))).toEqual([
      { quantity: 1 },
      { quantity: 1 },
    ]);
    await service.from('stock').delete().like('code', `${code}%`);
  });

  test('refuses to change all rows of a table', async () => {
    const { body } = await ask('readings?select=id&limit=1');
    expect(body).toHaveLength(1);
    expect(await ask('readings', { method: 'PATCH', body: '{"value":0}' })).toMatchObject({
      status: 400,
      body: { code: '21000' },
    });
    expect(await ask('readings', { method: 'DELETE' })).toMatchObject({
      status: 400,
      body: { code: '21000' },
    });
    expect((await ask('readings?select=id&limit=1')).body).toEqual(body);
  });
});

test('shows the schema at the root to a secret key only', async () => {
  const { status, body } = await ask('');
  expect([status, body.swagger]).toEqual([200, '2.0']);
  expect(body.definitions.stock.properties.id.description).toContain('<pk/>');
  expect(Object.keys(body.paths)).toContain('/rpc/request_context');
  const refused = await raw('/rest/v1/');
  expect([refused.status, await refused.json()]).toMatchObject([
    403,
    { message: 'Access to schema is forbidden' },
  ]);
});
