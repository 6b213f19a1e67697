import autocannon from 'autocannon';
import { quantile } from './statistics.ts';

/** A request to repeat; `body` makes a new body each time. */
export interface Target {
  url: string;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: () => string;
}

/** The result of a load. */
export interface LoadResult {
  requestsPerSecond: number;
  /** Milliseconds until the answer: the 50th, 95th and 99th percentile. */
  p50: number;
  p95: number;
  p99: number;
  /** Failed requests, including those without an answer. */
  errors: number;
}

/** Repeats a request on `connections` connections for `seconds`. */
export async function loadByHttp(target: Target, connections: number, seconds: number): Promise<LoadResult> {
  const { url, method = 'GET', headers = {}, body } = target;
  const times: number[] = [];
  let failures = 0;
  const { errors, timeouts, duration } = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon(
      {
        url,
        method,
        headers,
        connections,
        duration: seconds,
        ...(body
          ? { requests: [{ method, headers, setupRequest: (request) => ({ ...request, body: body() }) }] }
          : {}),
      },
      (error, result) => (error ? reject(error) : resolve(result)),
    );
    run.on('response', (_client, status, _bytes, milliseconds) => {
      if (status >= 200 && status < 300) times.push(milliseconds);
      else failures++;
    });
  });
  return summarizeLoad(times, failures + errors + timeouts, duration);
}

/** Repeats a call in `connections` parallel loops for `seconds`; a rejected call is an error. */
export async function loadByCalls(
  call: () => Promise<void>,
  connections: number,
  seconds: number,
): Promise<LoadResult> {
  const times: number[] = [];
  let errors = 0;
  const began = performance.now();
  const until = began + seconds * 1000;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < until) {
        const start = performance.now();
        try {
          await call();
          times.push(performance.now() - start);
        } catch {
          errors++;
        }
      }
    }),
  );
  return summarizeLoad(times, errors, (performance.now() - began) / 1000);
}

function summarizeLoad(times: readonly number[], errors: number, seconds: number): LoadResult {
  const at = (share: number) => (times.length > 0 ? quantile(times, share) : Number.NaN);
  return { requestsPerSecond: times.length / seconds, p50: at(0.5), p95: at(0.95), p99: at(0.99), errors };
}
