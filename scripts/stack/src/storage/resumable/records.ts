import fs from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../../errors.ts';

/** A resumable upload as it is remembered between requests, and between starts of the stack. */
export interface UploadRecord {
  /** A UUID: the version that the object will have. */
  id: string;
  bucket: string;
  name: string;
  /** The user who began it; absent without one. */
  owner?: string;
  /** Its bytes in all; absent until the client says. */
  size?: number;
  /** ISO 8601. */
  createdAt: string;
  /** `Upload-Metadata`, decoded. */
  metadata: Record<string, string | null>;
}

/** The media type that an upload says its bytes are of. */
export function mimeTypeOf(metadata: UploadRecord['metadata']): string {
  return metadata.contentType || 'application/octet-stream';
}

/** The `Cache-Control` of the object. Supabase takes seconds here, and nothing else. */
export function cacheControlOf({ cacheControl }: UploadRecord['metadata']): string {
  return /^-?\d+$/.test(cacheControl ?? '') ? `max-age=${cacheControl}` : 'no-cache';
}

/** The records of all uploads that did not expire, a file each. */
export interface Records {
  get(id: string): Promise<UploadRecord | null>;
  set(record: UploadRecord): Promise<void>;
  remove(id: string): Promise<void>;
  list(): Promise<string[]>;
}

const unfinished = '.new';
const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Opens a folder of records, which is made with the first one. */
export function createRecords(folder: string): Records {
  // What an earlier process left half-written is removed; what this one is writing is not.
  const opened = Date.now();
  const fileOf = (id: string) => path.join(folder, `${id}.json`);

  return {
    async get(id) {
      if (!idPattern.test(id)) return null;
      try {
        return JSON.parse(await fs.readFile(fileOf(id), 'utf8')) as UploadRecord;
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return null;
        throw error;
      }
    },

    async set(record) {
      await fs.mkdir(folder, { recursive: true });
      const file = fileOf(record.id);
      // Under another name first: a record in place is always whole.
      try {
        await fs.writeFile(file + unfinished, JSON.stringify(record), { flush: true });
        await fs.rename(file + unfinished, file);
      } catch (error) {
        await fs.rm(file + unfinished, { force: true });
        throw error;
      }
    },

    remove: (id) => fs.rm(fileOf(id), { force: true }),

    async list() {
      const names = await fs.readdir(folder).catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return [];
        throw error;
      });
      for (const name of names.filter((found) => found.endsWith(unfinished))) {
        const file = path.join(folder, name);
        const stat = await fs.stat(file).catch(() => null);
        if (stat && stat.mtimeMs < opened) await fs.rm(file, { force: true });
      }
      return names.flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []));
    },
  };
}
