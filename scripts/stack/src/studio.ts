import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { isFromElsewhere } from './loopback.ts';
import { report } from './service-log.ts';

/** A dashboard over the database. */
export interface Studio {
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

const contentTypes: Record<string, string> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/**
 * Serves Lite's studio. It asks for no password and has the rights of the role `postgres`, so it answers this machine
 * only, and no page of another origin.
 */
export function createStudio(databaseUrl: string, schemas: readonly string[]): Studio {
  const giveConsoleBack = divertConsole();
  const assets = path.dirname(createRequire(import.meta.url).resolve('@supabase/lite/static/favicon.ico'));
  // Lite is loaded for the first request: that takes as long as starting all services.
  let lite: ReturnType<typeof openLite> | null = null;

  return {
    async fetch(request) {
      const url = new URL(request.url);
      if (isFromElsewhere(request))
        return new Response('The studio answers this machine only.', { status: 403 });
      if (url.pathname.startsWith('/static/'))
        return asset(path.join(assets, path.normalize(url.pathname.slice('/static'.length))));
      lite ??= openLite(databaseUrl, schemas).catch((error) => {
        lite = null;
        throw error;
      });
      const { app } = await lite;
      const response = await inLite.run(true, () => app.fetch(request, { peerAddress: '127.0.0.1' }));
      return url.pathname === '/_system/info' ? withoutPassword(response) : response;
    },
    async close() {
      await (await lite)?.connection.close();
      giveConsoleBack();
    },
  };

  /** Lite tells how it reaches the database, password and all. */
  async function withoutPassword(response: Response): Promise<Response> {
    const info = (await response.json()) as { connection?: unknown };
    return Response.json({ ...info, connection: {} }, { status: response.status });
  }

  function asset(file: string): Response {
    const type = contentTypes[path.extname(file)];
    if (!type || !file.startsWith(assets + path.sep) || !fs.existsSync(file))
      return new Response('Not found', { status: 404 });
    return new Response(fs.readFileSync(file), {
      headers: { 'content-type': type, 'cache-control': 'max-age=3600' },
    });
  }
}

/** Starts Lite, and keeps it from changing grants, roles and values. */
async function openLite(url: string, schemas: readonly string[]) {
  const { App } = await import('@supabase/lite');
  const { createPostgresConnection } = await import('@supabase/lite/postgres');
  const connection = createPostgresConnection({
    url,
    // Typed for values alone, while ours also say how each is parsed.
    postgresOptions: { max: 4, onnotice: () => {}, types: wireTypes as never },
  });
  Object.assign(connection, {
    // Lite would grant all rights on all tables while it does not know whether they have row-level security.
    rlsState: 'active',
    // Supabase's studio works as `postgres`; Lite would become `service_role`, which sees only tables with grants.
    applyJwtSessionContext: async () => {},
  });
  const secret = () => randomBytes(32).toString('base64url');
  const app = new App({
    connection,
    // Required by Lite. The studio asks for no key, and these never leave this process.
    auth: {
      enabled: true,
      jwt_secret: secret(),
      publishable_key: `sb_publishable_${secret()}`,
      secret_key: `sb_secret_${secret()}`,
    },
    api: { schemas: [...schemas] },
    studio: { enabled: true },
    options: { server: { admin: true } },
  } as never);
  await app.init();
  return { app, connection };
}

const text = {
  serialize: (value: unknown) => (value instanceof Date ? value.toISOString() : String(value)),
  parse: (value: string) => value,
};
const json = { serialize: serializeJson, parse: JSON.parse };

/** Values that postgres.js would change: dates keep their digits, and JSON is encoded once. */
const wireTypes = {
  json: { to: 114, from: [114], ...json },
  jsonb: { to: 3802, from: [3802], ...json },
  timestamptz: { to: 1184, from: [1184], ...text },
  timestamp: { to: 1114, from: [1114], ...text },
  date: { to: 1082, from: [1082], ...text },
};

/** Lite hands over JSON text as well as values: text that is JSON already must not be encoded again. */
function serializeJson(value: unknown): string {
  if (typeof value === 'string' && /^\s*[[{]/.test(value)) {
    try {
      JSON.parse(value);
      return value;
    } catch {
      // A string that only looks like JSON is a string.
    }
  }
  return JSON.stringify(value);
}

const inLite = new AsyncLocalStorage<true>();

/** Lite prints each statement that PostgreSQL refuses: that goes to the log. Returns how to stop that. */
function divertConsole(): () => void {
  const print = console.error;
  console.error = (...values: unknown[]) =>
    inLite.getStore() ? report('studio', ...values) : print(...values);
  return () => {
    console.error = print;
  };
}
