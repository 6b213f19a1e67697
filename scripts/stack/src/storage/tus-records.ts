import fs from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../errors.ts';

/** A resumable upload as it is kept between requests and starts of the stack. */
export interface UploadRecord {
  /** As on Supabase `bucket/object/version`, where the version is the one that the object will have. */
  id: string;
  /** Its size in bytes; absent until the client declares it. */
  size?: number;
  /** ISO 8601. */
  createdAt: string;
  /** `Upload-Metadata`, decoded. */
  metadata: Record<string, string | null>;
}

/** The records of all uploads that have not expired, a file each, named by the version of the object. */
export interface Records {
  get(version: string): Promise<UploadRecord | null>;
  set(version: string, record: UploadRecord): Promise<void>;
  remove(version: string): Promise<void>;
  list(): Promise<string[]>;
}

const unfinished = '.new';
const versionPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Opens a folder of records, which is made with the first one. */
export function createRecords(folder: string): Records {
  // Removes half-written files of earlier processes, not those of this one.
  const opened = Date.now();
  const fileOf = (version: string) => path.join(folder, `${version}.json`);

  return {
    async get(version) {
      if (!versionPattern.test(version)) return null;
      try {
        return JSON.parse(await fs.readFile(fileOf(version), 'utf8')) as UploadRecord;
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return null;
        throw error;
      }
    },

    async set(version, record) {
      await fs.mkdir(folder, { recursive: true });
      const file = fileOf(version);
      // Under another name first: a record in place is always whole.
      try {
        await fs.writeFile(file + unfinished, JSON.stringify(record), { flush: true });
        await fs.rename(file + unfinished, file);
      } catch (error) {
        await fs.rm(file + unfinished, { force: true });
        throw error;
      }
    },

    remove: (version) => fs.rm(fileOf(version), { force: true }),

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
