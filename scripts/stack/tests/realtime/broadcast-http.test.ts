import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, connect, type Serving, serveRealtime } from './serving.ts';

let serving: Serving;
let listener: Client;

beforeAll(async () => {
  serving = await serveRealtime();
  serving.may.write = ({ claims }) => claims.role === 'service_role';
  listener = await connect(serving);
  await listener.join('realtime:public', {});
  await listener.join('realtime:secret', { private: true });
});

afterAll(async () => {
  listener.ws.terminate();
  await serving.stop();
});

const several = (...messages: object[]) => JSON.stringify({ messages });

describe('broadcasts of several messages over HTTP', () => {
  it('reach public topics, and private ones where the caller may write', async () => {
    const messages = several(
      { topic: 'public', event: 'a', payload: { n: 1 } },
      { topic: 'secret', event: 'b', payload: {}, private: true },
      { topic: 'secret', event: 'c', payload: {} },
    );
    expect((await serving.post('/api/broadcast', messages)).status).toBe(202);
    expect((await serving.post('/api/broadcast', messages, 'service_role')).status).toBe(202);
    await expect.poll(() => listener.frames.length).toBe(3);
    const said = listener.frames.splice(0).map((frame) => frame.subarray(5).toString());
    expect(said).toEqual(['realtime:publica{"n":1}', 'realtime:publica{"n":1}', 'realtime:secretb{}']);
  });

  it('are refused as a whole where one is wrong', async () => {
    const good = { topic: 'public', event: 'a', payload: {} };
    const tooLong = { ...good, payload: { text: 'x'.repeat(3_100_000) } };
    const answers: [string, object][] = [
      ['{}', { messages: ["can't be blank"] }],
      ['{"messages":5}', { messages: ['is invalid'] }],
      [
        several(good, { topic: 5, payload: [] }),
        { messages: [{}, { topic: ['is invalid'], event: ["can't be blank"], payload: ['is invalid'] }] },
      ],
      [several(tooLong), { messages: [{ payload: ['Payload size exceeds tenant limit'] }] }],
    ];
    for (const [body, errors] of answers) {
      const answer = await serving.post('/api/broadcast', body);
      expect([answer.status, await answer.json()], body.slice(0, 100)).toEqual([422, { errors }]);
    }
    expect((await serving.post('/api/broadcast', '{')).status).toBe(400);
    expect((await serving.post('/api/broadcast', several(good), null)).status).toBe(401);
    expect((await serving.post('/api/broadcast', 'x'.repeat(8_000_001))).status).toBe(413);
    expect(listener.frames).toEqual([]);
  });

  it('are refused as soon as 8 MB have come', async () => {
    let megabytes = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (++megabytes > 100) controller.close();
        else controller.enqueue(new Uint8Array(1_000_000));
      },
    });
    expect((await serving.post('/api/broadcast', body)).status).toBe(413);
    expect(megabytes).toBeLessThan(12);
  });
});

describe('a broadcast of one message over HTTP', () => {
  it('takes JSON and bytes, under its topic and event', async () => {
    const bytes = Uint8Array.of(1, 2, 255);
    const binary = { 'content-type': 'application/octet-stream' };
    expect((await serving.post('/api/broadcast/public/events/a%20b', '{"n":1}')).status).toBe(202);
    expect((await serving.post('/api/broadcast/public/events/b', bytes, 'anon', binary)).status).toBe(202);
    await expect.poll(() => listener.frames.length).toBe(2);
    const [json, raw] = listener.frames.splice(0);
    expect(json?.subarray(5).toString()).toBe('realtime:publica b{"n":1}');
    expect([...(raw?.subarray(-4) ?? [])]).toEqual(['b'.charCodeAt(0), 1, 2, 255]);
  });

  it('refuses other types, malformed JSON, and private topics that the caller may not write to', async () => {
    const text = { 'content-type': 'text/plain' };
    expect((await serving.post('/api/broadcast/public/events/a', 'x', 'anon', text)).status).toBe(415);
    expect((await serving.post('/api/broadcast/public/events/a', '{')).status).toBe(400);
    expect((await serving.post('/api/broadcast/%ff/events/a', '{}')).status).toBe(400);
    expect((await serving.post('/api/broadcast/secret/events/a?private=true', '{}')).status).toBe(403);
    expect(
      (await serving.post('/api/broadcast/secret/events/a?private=true', '{}', 'service_role')).status,
    ).toBe(202);
    await expect.poll(() => listener.frames.length).toBe(1);
  });
});
