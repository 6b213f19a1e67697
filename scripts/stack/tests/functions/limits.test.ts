import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Serving, serveFunctions } from './serving.ts';

let serving: Serving;

afterAll(() => serving.stop());

function call(path: string): Promise<Response> {
  return fetch(`${serving.url}/functions/v1/${path}`);
}

async function codeOf(answer: Response): Promise<unknown> {
  return [answer.status, ((await answer.json()) as { code: string }).code];
}

/** A path, what it does, its status and code, and a text of the log. */
const excesses = [
  ['loop', 'computes without a pause', 546, 'WORKER_LIMIT', 'CPU time exceeded'],
  ['pauses', 'computes with pauses', 546, 'WORKER_LIMIT', 'CPU time exceeded'],
  ['buffers', 'fills buffers outside the heap', 546, 'WORKER_LIMIT', 'Memory limit exceeded'],
  ['heap', 'fills the heap', 546, 'WORKER_LIMIT', 'Memory limit exceeded'],
  ['uncaught', 'leaves an error uncaught', 500, 'WORKER_ERROR', 'nobody caught it'],
  ['exit', 'ends its process', 503, 'SERVICE_UNAVAILABLE', 'The function ended'],
] as const;

describe('a function', () => {
  beforeAll(async () => {
    serving = await serveFunctions({ limits: { cpuMs: 500, memoryBytes: 100 * 1024 * 1024 } });
  });

  for (const [what, does, status, code, logged] of excesses) {
    it(`that ${does} ends alone, with ${status} ${code}, and serves the next request`, async () => {
      const before = (await (await call('limits/pid')).json()) as number;
      const other = (await (await call('events/state')).json()) as object;
      expect(await codeOf(await call(`limits/${what}`))).toEqual([status, code]);
      const next = await call('limits/pid');
      expect(next.status).toBe(200);
      expect(await next.json()).not.toBe(before);
      expect(await (await call('events/state')).json()).toEqual(other);
      expect(serving.log()).toContain(logged);
    });
  }

  it('may use more memory in all than its limit when it releases it', async () => {
    const before = await (await call('limits/pid')).json();
    expect((await call('limits/garbage')).status).toBe(200);
    expect(await (await call('limits/pid')).json()).toBe(before);
  });

  it('may wait while other requests use CPU time', async () => {
    const before = await (await call('limits/pid')).json();
    let waiting = true;
    const waiter = call('limits/wait').finally(() => {
      waiting = false;
    });
    while (waiting) await (await call('limits/little')).text();
    expect((await waiter).status).toBe(200);
    expect(await (await call('limits/pid')).json()).toBe(before);
  });
});

describe('a function', () => {
  beforeAll(async () => {
    await serving.stop();
    serving = await serveFunctions({ limits: { idleMs: 1_000, wallClockMs: 1_500 } });
  });

  it('that does not begin to answer in time gets 504', async () => {
    const answer = await call('events/never');
    expect(answer.status).toBe(504);
    expect(await answer.json()).toEqual({
      code: 'IDLE_TIMEOUT',
      message: 'Request idle timeout limit (1s) reached',
    });
  });

  it('that does not end its answer in time is cut off', async () => {
    const answer = await call('events/stream');
    await expect(answer.text()).rejects.toThrow();
  });
});
