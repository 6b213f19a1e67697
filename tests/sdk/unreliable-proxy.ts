import { createServer, type IncomingMessage, request as sendOn } from 'node:http';
import type { AddressInfo } from 'node:net';
import { settings } from '../kit/settings.ts';
import type { SeenRequest } from './sdk-people.ts';

/** What happens to a request: its answer is lost on the way back, or the proxy answers in place of Noctra. */
export type Fault = 'answer lost' | { status: number; headers?: Record<string, string> };

/** Decides about a request, and may take its time; undefined passes the request on. */
export type Interfere = (
  name: SeenRequest,
  request: IncomingMessage,
) => Fault | undefined | Promise<Fault | undefined>;

/** A proxy before the Noctra under test. */
export interface UnreliableProxy {
  url: string;
  /** All requests, also those that did not reach Noctra. */
  requests: SeenRequest[];
  close(): Promise<void>;
}

/** Opens a proxy that is as unreliable as `interfere` wants it. */
export async function openProxy(interfere: Interfere): Promise<UnreliableProxy> {
  const requests: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const name: SeenRequest = `${request.method} ${new URL(request.url ?? '', settings.url).pathname}`;
    if (request.method !== 'OPTIONS') requests.push(name);
    const fault = await interfere(name, request);
    if (typeof fault === 'object') {
      request.resume();
      response.writeHead(fault.status, { 'access-control-allow-origin': '*', ...fault.headers }).end();
      return;
    }
    const { method, headers } = request;
    const forwarded = sendOn(new URL(request.url ?? '', settings.url), { method, headers }, (answer) => {
      if (fault === 'answer lost') {
        answer.resume().once('end', () => response.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.once('error', () => response.destroy());
    // A client that leaves early leaves Noctra, too.
    response.once('close', () => forwarded.destroy());
    request.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
