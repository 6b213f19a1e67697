import http from 'node:http';
import type { FuzzRequest } from './requests.ts';

/** An answer as received. */
export interface FuzzAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

/** Longer than any intended wait of the API. */
const timeoutMs = 60_000;

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** Sends a request unchanged (`fetch` would normalise paths and refuse headers). Null if the request was cut off. */
export function send(origin: string, request: FuzzRequest): Promise<FuzzAnswer | null> {
  const { method, path, headers, body, cutAfter } = request;
  const { hostname, port } = new URL(origin);
  const isCut = cutAfter !== null;
  return new Promise((resolve, reject) => {
    const flat = headers.flat();
    // Node adds only connection headers to a list of headers.
    if (!headers.some(([name]) => name === 'host')) flat.push('host', `${hostname}:${port}`);
    if (body) flat.push('content-length', String(body.length));
    const outgoing = http.request({
      ...{ hostname, port, method, path },
      headers: flat,
      agent: isCut ? false : agent,
    });
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`No answer within ${timeoutMs} ms`)));
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    outgoing.on('error', (error) => (isCut ? resolve(null) : reject(error)));
    if (isCut) outgoing.on('close', () => resolve(null));
    if (isCut) outgoing.write(body?.subarray(0, body.length * cutAfter) ?? '', () => outgoing.destroy());
    else outgoing.end(body ?? undefined);
  });
}
