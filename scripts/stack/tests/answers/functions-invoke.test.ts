import {
  createClient,
  FunctionRegion,
  FunctionsFetchError,
  FunctionsHttpError,
  type SupabaseClient,
} from '@supabase/supabase-js';
import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, type Person, raw, service, signUp, target } from './asking.ts';

/** What the function echo says that arrived. */
interface Arrived {
  method: string;
  path: string;
  query: string;
  headers: Record<string, string>;
  /** Base64. */
  body: string;
}

let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

type Options = Parameters<SupabaseClient['functions']['invoke']>[1];
const echo = async (options: Options = {}, client = anonymous): Promise<Arrived> =>
  dataOf(await client.functions.invoke<Arrived>('echo', options)) as Arrived;
const text = ({ body }: Arrived) => Buffer.from(body, 'base64').toString();

describe('a body', () => {
  test('of an object arrives as JSON', async () => {
    const arrived = await echo({ body: { name: 'Ann', emoji: '🎉' } });
    expect(arrived.headers['content-type']).toBe('application/json');
    expect(JSON.parse(text(arrived))).toEqual({ name: 'Ann', emoji: '🎉' });
  });

  test('of text arrives as text', async () => {
    const arrived = await echo({ body: 'plain' });
    expect([arrived.headers['content-type'], text(arrived)]).toEqual(['text/plain', 'plain']);
  });

  test.each<[string, () => Blob | ArrayBuffer]>([
    ['a Blob', () => new Blob([new Uint8Array([0, 255, 1])])],
    ['an ArrayBuffer', () => new Uint8Array([0, 255, 1]).buffer],
  ])('of %s arrives byte for byte', async (_name, body) => {
    const arrived = await echo({ body: body() });
    expect(arrived.headers['content-type']).toBe('application/octet-stream');
    expect([...Buffer.from(arrived.body, 'base64')]).toEqual([0, 255, 1]);
  });

  test('of a form arrives as a form', async () => {
    const form = new FormData();
    form.append('name', 'Ann');
    const arrived = await echo({ body: form });
    expect(arrived.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(text(arrived)).toContain('name="name"');
  });

  test('of a stream arrives whole', async () => {
    const body = new Blob(['streamed']).stream();
    const response = await raw('/functions/v1/echo', {
      method: 'POST',
      body,
      duplex: 'half',
    } as Parameters<typeof raw>[1]);
    expect(text((await response.json()) as Arrived)).toBe('streamed');
  });
});

describe('a request', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const)('with %s arrives as such', async (method) => {
    expect((await echo({ method })).method).toBe(method);
  });

  test('keeps its path from the name on, its query and its headers', async () => {
    const response = await raw('/functions/v1/echo/deep/er?x=1&y=%20', { headers: { 'x-mine': 'yes' } });
    const arrived = (await response.json()) as Arrived;
    expect(arrived).toMatchObject({ method: 'GET', path: '/echo/deep/er', query: '?x=1&y=%20' });
    expect(arrived.headers).toMatchObject({ 'x-mine': 'yes', apikey: target.publishableKey });
  });

  test('carries the token of the user', async () => {
    const arrived = await echo({}, ann.client);
    expect(arrived.headers.authorization).toBe(`Bearer ${ann.token}`);
  });

  test('takes headers and a region', async () => {
    const arrived = await echo({ headers: { 'x-mine': 'yes' }, region: FunctionRegion.UsEast1 });
    expect(arrived.headers).toMatchObject({ 'x-mine': 'yes', 'x-region': 'us-east-1' });
  });

  test('of a browser leaves CORS to the function', async () => {
    const response = await raw('/functions/v1/echo', {
      method: 'OPTIONS',
      key: null,
      headers: { origin: 'https://app.example.com', 'access-control-request-method': 'POST' },
    });
    expect([response.status, response.headers.get('x-echo')]).toEqual([200, 'yes']);
  });
});

describe('an answer', () => {
  test('is read by its type', async () => {
    const words = dataOf(await anonymous.functions.invoke('echo?as=text', { body: 'hello' }));
    expect(words).toBe('hello');
    const bytes = dataOf(await anonymous.functions.invoke('echo?as=bytes', { body: 'hello' }));
    expect(bytes).toBeInstanceOf(Blob);
    expect(await bytes.text()).toBe('hello');
  });

  test('that is an error is a FunctionsHttpError with the whole answer', async () => {
    const { data, error } = await anonymous.functions.invoke('echo?status=418', { body: { tea: true } });
    expect(data).toBeNull();
    expect(error).toBeInstanceOf(FunctionsHttpError);
    const answer = error.context as Response;
    expect(answer.status).toBe(418);
    expect(JSON.parse(text((await answer.json()) as Arrived))).toEqual({ tea: true });
  });

  test('that never comes is a FunctionsFetchError', async () => {
    const nowhere = createClient('http://127.0.0.1:9', target.publishableKey);
    const { error } = await nowhere.functions.invoke('echo');
    expect(error).toBeInstanceOf(FunctionsFetchError);
  });

  test('of an unknown function is 404', async () => {
    const { error } = await anonymous.functions.invoke('nothing');
    expect(error).toBeInstanceOf(FunctionsHttpError);
    expect((error.context as Response).status).toBe(404);
  });
});

describe('a function that requires a token', () => {
  test('accepts the token of a user', async () => {
    const arrived = dataOf(await ann.client.functions.invoke<Arrived>('guarded', { body: 'in' }));
    expect(arrived).toMatchObject({ path: '/guarded' });
  });

  test.each([
    ['without a token', undefined],
    ['with an invalid token', 'aaa.bbb.ccc'],
  ])('is closed %s', async (_name, token) => {
    const response = await raw('/functions/v1/guarded', {
      method: 'POST',
      key: null,
      ...(token ? { token } : {}),
    });
    expect(response.status).toBe(401);
  });

  test('accepts the older service key', async () => {
    const { error } = await service.functions.invoke('guarded');
    expect(error).toBeNull();
  });
});
