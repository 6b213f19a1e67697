import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Serving, serveFunctions } from './serving.ts';

let serving: Serving;

beforeAll(async () => {
  serving = await serveFunctions();
});

afterAll(() => serving.stop());

/** A plain request: no decoding, no redirects, headers as they are given. */
function send(
  path: string,
  options: http.RequestOptions = {},
  body?: string | Buffer,
): Promise<{ response: http.IncomingMessage; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${serving.url}/functions/v1/${path}`, options, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ response, bytes: Buffer.concat(chunks) });
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function state(): Promise<{ waiting: number; cancelled: number }> {
  return (await fetch(`${serving.url}/functions/v1/events/state`)).json();
}

const cancelled = async () => (await state()).cancelled;

describe('a request to a function', () => {
  it('arrives with its method, path from the name on, headers and body', async () => {
    const { bytes } = await send(
      'echo/a%20b?q=1&q=%C3%A9',
      {
        method: 'PUT',
        headers: { 'X-Own': 'one', 'content-type': 'text/plain', 'X-Forwarded-For': '1.2.3.4' },
      },
      'grüße 😀',
    );
    const got = JSON.parse(bytes.toString());
    expect(got).toMatchObject({ method: 'PUT', body: 'grüße 😀' });
    expect(got.url).toBe(`${serving.url}/echo/a%20b?q=1&q=%C3%A9`);
    expect(got.headers).toMatchObject({ 'x-own': 'one', 'x-forwarded-for': '127.0.0.1' });
    expect(got.headers['x-forwarded-host']).toBe(new URL(serving.url).host);
  });

  it('may begin with its name, without /functions/v1', async () => {
    const answer = (await (await fetch(`${serving.url}/echo/here`)).json()) as { url: string };
    expect(answer.url).toBe(`${serving.url}/echo/here`);
  });

  it('may have many headers and a long one', async () => {
    const many = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`x-many-${i}`, `${i}`]));
    const { bytes } = await send('echo/x', { headers: { ...many, 'x-long': 'l'.repeat(10_000) } });
    const { headers } = JSON.parse(bytes.toString());
    expect(headers['x-many-79']).toBe('79');
    expect(headers['x-long']).toHaveLength(10_000);
  });

  it('keeps a body in chunks, and has no body when none is sent', async () => {
    const headers = { 'transfer-encoding': 'chunked' };
    expect(
      JSON.parse((await send('echo/x', { method: 'POST', headers }, 'chunk')).bytes.toString()).body,
    ).toBe('chunk');
    expect(JSON.parse((await send('echo/x', { method: 'DELETE' })).bytes.toString()).body).toBe('');
  });

  it('cannot smuggle a host or a header of the connection past the gateway', async () => {
    const headers = { connection: 'close, x-hop', 'x-hop': 'kept', host: 'a"b' };
    const got = JSON.parse((await send('echo/x', { headers })).bytes.toString());
    expect(got.headers['x-hop']).toBeUndefined();
    expect(new URL(got.url).hostname).toBe('127.0.0.1');
  });

  it('is cancelled in the function when the client disconnects', async () => {
    const before = await state();
    const giveUp = new AbortController();
    const request = fetch(`${serving.url}/functions/v1/events/never`, { signal: giveUp.signal });
    request.catch(() => {});
    await expect.poll(async () => (await state()).waiting).toBeGreaterThan(before.waiting);
    giveUp.abort();
    await expect(request).rejects.toThrow();
    await expect.poll(cancelled).toBeGreaterThan(before.cancelled);
  });

  it('whose body is not read to its end does not block the next on its connection', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    // Deno refuses a head of more than 64 kB, and reads no further.
    const headers = { 'x-long': 'x'.repeat(70_000) };
    const body = Buffer.alloc(300_000);
    const refused = await send('events/state', { agent, headers, method: 'POST' }, body);
    expect(refused.response.statusCode).toBeGreaterThanOrEqual(400);
    const next = await send('events/state', { agent, timeout: 10_000 });
    expect(next.response.statusCode).toBe(200);
    agent.destroy();
  });

  it('gets 404 when no function has that name', async () => {
    const { response, bytes } = await send('nobody');
    expect(response.statusCode).toBe(404);
    expect(JSON.parse(bytes.toString())).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('an answer of a function', () => {
  it('arrives as it was compressed, with its length', async () => {
    const { response, bytes } = await send('echo/gzip');
    expect(response.headers['content-encoding']).toBe('gzip');
    expect(Number(response.headers['content-length'])).toBe(bytes.length);
    expect(gunzipSync(bytes).subarray(0, 3)).toEqual(Buffer.from([0, 1, 2]));
  });

  it('may set several cookies', async () => {
    const { response } = await send('echo/cookies');
    expect(response.headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2']);
  });

  it('has no body at 204, 304 and HEAD', async () => {
    expect((await send('echo/empty')).response.statusCode).toBe(204);
    const unchanged = (await send('echo/unchanged')).response;
    expect([unchanged.statusCode, unchanged.headers.etag]).toEqual([304, '"1"']);
    const head = await send('echo/x', { method: 'HEAD' });
    expect([head.response.statusCode, head.bytes.length]).toEqual([200, 0]);
  });

  it('redirects the client, not the gateway', async () => {
    const { response } = await send('echo/redirect');
    expect([response.statusCode, response.headers.location]).toEqual([302, 'https://example.com/elsewhere']);
  });

  it('passes a body of 64 MiB through while it is being sent', async () => {
    const size = 64 << 20;
    const answer = await fetch(`${serving.url}/functions/v1/echo/stream`, {
      method: 'POST',
      body: Buffer.alloc(size, 'x'),
    });
    let received = 0;
    for await (const chunk of answer.body ?? []) received += chunk.length;
    expect(received).toBe(size);
  });

  it('streams events until the client cancels', async () => {
    const before = await cancelled();
    const answer = await fetch(`${serving.url}/functions/v1/events/stream`);
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toContain('data: 1');
    expect((await reader?.read())?.value).toContain('data: more');
    await reader?.cancel();
    await expect.poll(cancelled).toBeGreaterThan(before);
  });

  it('may become a WebSocket', async () => {
    const socket = new WebSocket(`${serving.url.replace('http', 'ws')}/functions/v1/events/socket`);
    const heard = new Promise((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = () => reject(new Error('the socket failed'));
    });
    socket.onopen = () => socket.send('hello');
    expect(await heard).toBe('heard hello');
    socket.close();
  });

  it('is an ordinary one when the function refuses a WebSocket', async () => {
    const headers = { connection: 'upgrade', upgrade: 'websocket' };
    const { response, bytes } = await send('echo/x', { headers });
    expect(response.statusCode).toBe(200);
    expect(JSON.parse(bytes.toString()).method).toBe('GET');
  });
});
