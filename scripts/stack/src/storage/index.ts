import path from 'node:path';
import type { Sql } from 'postgres';
import { report } from '../service-log.ts';
import { createDisk } from './disk.ts';
import { findVersions } from './objects.ts';
import { bodyChunks, discard } from './requests.ts';
import { createRoutes } from './routes.ts';
import { accessDenied, errorResponse, invalidRequest } from './storage-error.ts';
import { createTokens } from './tokens.ts';
import { type Identity, type Session, service, transaction } from './transactions.ts';
import { createResumableUploads } from './tus.ts';

/** What Storage needs. */
export interface StorageOptions {
  /** The database, as the role `supabase_storage_admin`, which owns the schema storage and may become the API roles. */
  sql: Sql;
  /** The folder that holds the bytes; made when it is missing. */
  objectsDir: string;
  /** The most bytes that a file of any bucket may have. */
  fileSizeLimit: number;
  /** Signs the tokens of signed URLs. Its own secret, so that no other token is accepted as one. */
  urlSigningSecret: string;
}

/** The caller of a request, whom the gateway found by key and token. */
export type Caller = Identity;

/** Storage (`/storage/v1`). */
export interface Storage {
  /** Answers a request. Without a caller only public objects and signed URLs are served. */
  fetch(request: Request, caller: Caller | null): Promise<Response>;
  /** Removes bytes without an object, which interrupted uploads and deletions leave. Also runs every hour by itself. */
  sweepTemporaryFiles(): Promise<void>;
  /** Stops the hourly sweep. */
  close(): void;
}

const prefix = '/storage/v1/';

/**
 * Starts Storage: a service over `storage.buckets` and `storage.objects` that answers as Supabase Storage does. The
 * rows are in the database, under its policies; the bytes are files.
 */
export function createStorage(options: StorageOptions): Storage {
  const disk = createDisk(options.objectsDir);
  const tokens = createTokens(options.urlSigningSecret);
  const resumable = createResumableUploads(disk, path.join(options.objectsDir, 'resumable'));
  const matchRoute = createRoutes(resumable.handle);
  const findStored = (versions: string[]) => options.sql.begin((tx) => findVersions(tx, versions));
  const hourly = setInterval(
    () => sweep().catch((error: unknown) => report('storage', error)),
    60 * 60 * 1000,
  );
  const sweep = async () => {
    const unfinished = await resumable.sweep(findStored);
    await disk.sweep(async (versions) => (await findStored(versions)).union(unfinished));
  };
  const anonymous: Identity = { role: 'anon', claims: { role: 'anon' } };

  async function answer(
    request: Request,
    caller: Caller | null,
    body: AsyncIterable<Uint8Array>,
  ): Promise<Response> {
    const { pathname } = new URL(request.url);
    const match = pathname.startsWith(prefix)
      ? matchRoute(request.method, pathname.slice(prefix.length))
      : null;
    if (!match) {
      // The message of Supabase Storage's web framework.
      const message = `Route ${request.method}:/${pathname.slice(prefix.length)} not found`;
      return Response.json({ message, error: 'Not Found', statusCode: 404 }, { status: 404 });
    }
    const { route } = match;
    // Supabase's gateways pass an empty token on where there is none.
    if (!route.open && !caller) throw accessDenied('Invalid Compact JWS');
    const identity = caller ?? anonymous;
    const session: Session = { sql: options.sql, operation: route.operation, request };
    return await route.handle({
      request,
      body,
      disk,
      tokens,
      fileSizeLimit: options.fileSizeLimit,
      caller,
      identity,
      session,
      bucket: decode(match.bucket),
      key: decode(match.key),
      asCaller: (run) => transaction(session, identity, run),
      asService: (run) => transaction(session, service, run),
    });
  }

  return {
    async fetch(request, caller) {
      const body = bodyChunks(request);
      try {
        return await answer(request, caller, body);
      } catch (error) {
        return errorResponse(error);
      } finally {
        await discard(body);
      }
    },

    sweepTemporaryFiles: sweep,

    close: () => clearInterval(hourly),
  };
}

/** Decodes a part of a path. */
function decode(part: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(part);
  } catch {
    throw invalidRequest(`'${part}' is not a valid url component`, 'FST_ERR_BAD_URL');
  }
  if (decoded.includes('\0')) throw invalidRequest('The path must not contain NUL', 'FST_ERR_BAD_URL');
  return decoded;
}
