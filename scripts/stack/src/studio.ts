import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { App } from '@supabase/lite';
import { innerPublishableKey, innerSecret, innerSecretKey } from './inner-token.ts';
import { keepGrants, type LiteConnection, liteConnection } from './lite.ts';
import { isFromElsewhere } from './loopback.ts';

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
 * Starts Lite's studio. It asks nobody for a password and may do what the role `postgres` may, so it answers this
 * machine only, and no page of another origin: neither by a request from it nor by a host name that leads here.
 */
export async function createStudio(databaseUrl: string, schemas: readonly string[]): Promise<Studio> {
  const connection = liteConnection(databaseUrl, 4);
  keepGrants(connection);
  actAsItself(connection);
  const app = new App({
    connection,
    auth: {
      enabled: true,
      jwt_secret: innerSecret,
      publishable_key: innerPublishableKey,
      secret_key: innerSecretKey,
    },
    api: { schemas: [...schemas] },
    studio: { enabled: true },
    options: { server: { admin: true } },
  } as never);
  await app.init();
  const assets = path.dirname(createRequire(import.meta.url).resolve('@supabase/lite/static/favicon.ico'));

  return {
    async fetch(request) {
      const url = new URL(request.url);
      if (isFromElsewhere(request))
        return new Response('The studio answers this machine only.', { status: 403 });
      if (url.pathname.startsWith('/static/'))
        return asset(path.join(assets, path.normalize(url.pathname.slice('/static'.length))));
      const response = await app.fetch(request, { peerAddress: '127.0.0.1' });
      return url.pathname === '/_system/info' ? withoutPassword(response) : response;
    },
    close: () => connection.close(),
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

/** Supabase's studio works as the role `postgres`; Lite would become `service_role`, which sees what was granted to it. */
function actAsItself(connection: LiteConnection): void {
  (connection as unknown as { applyJwtSessionContext(): Promise<void> }).applyJwtSessionContext =
    async () => {};
}
