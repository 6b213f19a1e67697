import type { Config } from '../config.ts';
import { sha256 } from '../http/digest.ts';
import { addEndpoint } from '../http/endpoint.ts';
import { type App, secretScheme } from '../http/openapi.ts';
import { problem } from '../http/problem.ts';
import { SweepAnswer } from './service-schemas.ts';
import { sweep } from './sweep.ts';

/** The endpoint that a schedule calls with the secret key. */
export function addSweepRoute(app: App, config: Config): void {
  addEndpoint(app, {
    method: 'post',
    path: '/sweep/',
    name: 'sweep',
    tag: 'Service',
    summary: 'Remove files that nothing shows',
    description: 'With the secret key, for a schedule. Several calls may run at the same time.',
    security: secretScheme,
    answers: { 200: { description: 'The result', schema: SweepAnswer } },
    problems: [401, 403, 503],
    handler: async (c) => {
      const bearer = /^bearer\s+(\S+)\s*$/i.exec(c.req.header('authorization') ?? '')?.[1];
      const keys = [c.req.header('apikey'), bearer].filter((key) => key !== undefined);
      if (keys.length === 0) throw problem('not_signed_in', 'Send the secret key as apikey.');
      // Digests are compared, so that the time reveals nothing about the key.
      const digests = await Promise.all([config.secretKey, ...keys].map(sha256));
      if (!digests.slice(1).includes(digests[0] ?? ''))
        throw problem('forbidden', 'This takes the secret key.');
      return c.json({ removed: await sweep(config) }, 200);
    },
  });
}
