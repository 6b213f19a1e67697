import { sha256 } from '../http/digest.ts';

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const form = new RegExp(`^(${uuid})/${uuid}(\\.[a-z0-9]{1,10})?$`);

/** The owner in a path, and whether it is an upload: published files have an extension. Null for another form. */
export function readPath(path: string): { ownerId: string; isUpload: boolean } | null {
  const [, ownerId, extension] = form.exec(path) ?? [];
  return ownerId === undefined ? null : { ownerId, isUpload: extension === undefined };
}

/** A random name in the user's folder. Uploads have no extension. */
export function newPath(userId: string, extension?: string): string {
  return `${userId}/${crypto.randomUUID()}${extension === undefined ? '' : `.${extension}`}`;
}

/** The inputs of the name of a file under an idempotency key. */
interface KeyedFile {
  userId: string;
  key: string;
  /** Its place in the request. */
  place: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The bytes that are hashed at a time: the platform copies them, and a function has 256 MB. */
const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * The same name for the same bytes at the same place of the same request: a retry under its idempotency key names the
 * files of the first try, and create_post sees equal arguments. A UUID of version 8 (RFC 9562), made from SHA-256.
 */
export async function keyedPath(
  { userId, key, place, bytes }: KeyedFile,
  extension: string,
): Promise<string> {
  const digests: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    digests.push(await sha256(bytes.subarray(at, at + PIECE_BYTES)));
  }
  const hex = await sha256([userId, key, place, ...digests].join('\n'));
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ];
  return `${userId}/${groups.join('-')}.${extension}`;
}
