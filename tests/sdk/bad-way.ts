import { createServer, type IncomingMessage, request as sendOn } from 'node:http';
import type { AddressInfo } from 'node:net';
import { settings } from '../kit/settings.ts';
import type { SeenRequest } from './noctra.ts';

/** What happens to a request: its answer is lost on the way back, or another one is given before it gets through. */
export type Mishap = 'answer lost' | { status: number; headers?: Record<string, string> };

/** Decides over a request, also by taking its time; undefined lets it pass. */
export type Interfere = (
  name: SeenRequest,
  request: IncomingMessage,
) => Mishap | undefined | Promise<Mishap | undefined>;

/** A way to Noctra on which things can go wrong. */
export interface BadWay {
  url: string;
  /** Every request that came, whatever became of it. */
  requests: SeenRequest[];
  close(): Promise<void>;
}

/** Opens a way to the Noctra under test that is as unreliable as `interfere` wants it. */
export async function openBadWay(interfere: Interfere): Promise<BadWay> {
  const requests: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const name: SeenRequest = `${request.method} ${new URL(request.url ?? '', settings.url).pathname}`;
    if (request.method !== 'OPTIONS') requests.push(name);
    const mishap = await interfere(name, request);
    if (typeof mishap === 'object') {
      request.resume();
      response.writeHead(mishap.status, { 'access-control-allow-origin': '*', ...mishap.headers }).end();
      return;
    }
    const { method, headers } = request;
    const forwarded = sendOn(new URL(request.url ?? '', settings.url), { method, headers }, (answer) => {
      if (mishap === 'answer lost') {
        answer.resume().once('end', () => response.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.once('error', () => response.destroy());
    // Whoever leaves early leaves on both sides.
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
