import type { Config } from '../config.ts';
import { secretClient } from '../http/clients.ts';
import { addEndpoint } from '../http/endpoint.ts';
import type { App } from '../http/openapi.ts';
import { postMedia } from '../media/inspect.ts';
import { HealthAnswer } from './service-schemas.ts';

/** A part that takes longer counts as down. */
const PATIENCE_MS = 3000;

/** Whether the function and what it depends on work. */
export function addHealthRoute(app: App, config: Config): void {
  // Public and called often: concurrent requests share one check.
  let underWay: Promise<Record<string, 'ok' | 'unavailable'>> | null = null;

  addEndpoint(app, {
    method: 'get',
    path: '/health/',
    name: 'readHealth',
    tag: 'Service',
    summary: 'Whether the service works',
    answers: {
      200: { description: 'Everything works', schema: HealthAnswer },
      503: { description: 'A part does not answer', schema: HealthAnswer },
    },
    problems: [],
    handler: async (c) => {
      underWay ??= askAll(config).finally(() => {
        underWay = null;
      });
      const dependencies = await underWay;
      const ok = Object.values(dependencies).every((state) => state === 'ok');
      return c.json({ status: ok ? 'ok' : 'degraded', dependencies }, ok ? 200 : 503);
    },
  });
}

async function askAll(config: Config): Promise<Record<string, 'ok' | 'unavailable'>> {
  // The secret key: without a user, nothing else reaches the database.
  const client = secretClient(config, null);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const questions = {
    // A table, not limits(): PostgreSQL keeps the value of an immutable function in a prepared statement, which then
    // answers callers without the right to call it.
    database: async () =>
      !(await client.from('rate_limits').select('action').limit(1).abortSignal(signal)).error,
    auth: async () => {
      const answer = await fetch(`${config.url}/auth/v1/health`, {
        headers: { apikey: config.publishableKey },
        signal,
      });
      await answer.body?.cancel();
      return answer.ok;
    },
    storage: async () => !(await client.storage.getBucket(postMedia.bucket)).error,
  };
  const answers = await Promise.all(
    Object.entries(questions).map(async ([name, ask]) => {
      const late = new Promise<boolean>((resolve) => signal.addEventListener('abort', () => resolve(false)));
      const ok = await Promise.race([ask(), late]).catch(() => false);
      return [name, ok ? 'ok' : 'unavailable'] as const;
    }),
  );
  return Object.fromEntries(answers);
}
