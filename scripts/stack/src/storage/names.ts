import { invalidBucketName, invalidKey, invalidMimeType, StorageError } from './storage-error.ts';

// Supabase allows the characters that Amazon S3 calls safe or to be handled with care; a key may also have slashes.
const keyPattern = /^[\w/!\-.*'() &$@=;:+,?]+$/;
const bucketPattern = /^[\w!\-.*'() &$@=;:+,?]+$/;
// Amazon S3's limit, in bytes. Keys are ASCII, so characters are bytes.
const longestKey = 1024;

/** Refuses an object name that Supabase would refuse. */
export function checkKey(key: string): void {
  const steps = key.split('/').some((part) => part === '.' || part === '..');
  if (!keyPattern.test(key) || key.length > longestKey || steps) throw invalidKey(key.slice(0, longestKey));
}

/** Refuses a bucket name that Supabase would refuse. */
export function checkBucketName(name: string): void {
  if (!bucketPattern.test(name) || name.length > 100 || name.trim() !== name) throw invalidBucketName();
}

/**
 * Refuses a media type that a bucket does not allow; `image/*` allows all images. As on Supabase, upper case and
 * parameters count, and only a subtype may be `*` (`validateMimeType` in src/storage/uploader.ts of supabase/storage).
 */
export function checkMimeType(type: string, allowed: readonly string[] | null): void {
  if (!allowed?.length) return;
  const [family, subtype] = type.split('/');
  const fits = allowed.some((entry) => entry === `${family}/*` || entry === `${family}/${subtype}`);
  if (subtype === undefined || !fits) throw invalidMimeType(type);
}

/** Refuses an entry of `allowed_mime_types` that is not a media type. */
export function checkAllowedMimeTypes(types: readonly string[]): void {
  const pattern = /^(\*|[\w\-+.]+\/(\*|[\w\-+.]+)(;\s*charset=[\w-]+)?)$/;
  for (const type of types) {
    if (type.length > 1000 || !pattern.test(type)) throw invalidMimeType(type);
  }
}

const unitBytes: Record<string, number> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };

/** Bytes of a bucket's `file_size_limit`. Supabase's units are decimal here, unlike in config.toml. */
export function parseSizeLimit(limit: number | string): number {
  if (typeof limit === 'number') return limit;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(GB|MB|KB|B)$/i.exec(limit) ?? [];
  if (amount === undefined || unit === undefined) {
    throw new StorageError({
      status: 400,
      code: 'InvalidRequest',
      message: 'Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B',
    });
  }
  return Math.floor(Number(amount) * (unitBytes[unit.toUpperCase()] ?? 1));
}

/** The object that stands for an empty folder in Supabase's Studio. It may have any type, but no content. */
export function isFolderPlaceholder(key: string): boolean {
  return key.endsWith('.emptyFolderPlaceholder');
}
