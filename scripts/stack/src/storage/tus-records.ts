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

const versionPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Opens a folder of records, which is made with the first one. */
export function createRecords(folder: string): Records {
  const fileOf = (version: string) => path.join(folder, `${version}.json`);
  const noneIfMissing = (error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
    return null;
  };

  return {
    async get(version) {
      if (!versionPattern.test(version)) return null;
      const json = await fs.readFile(fileOf(version), 'utf8').catch(noneIfMissing);
      return json === null ? null : (JSON.parse(json) as UploadRecord);
    },

    async set(version, record) {
      await fs.mkdir(folder, { recursive: true });
      // Under another name first: a record in place is always whole.
      const unfinished = path.join(folder, `${version}.new`);
      await fs.writeFile(unfinished, JSON.stringify(record), { flush: true });
      await fs.rename(unfinished, fileOf(version));
    },

    remove: (version) => fs.rm(fileOf(version), { force: true }),

    async list() {
      const names = (await fs.readdir(folder).catch(noneIfMissing)) ?? [];
      return names.filter((name) => name.endsWith('.json')).map((name) => path.basename(name, '.json'));
    },
  };
}
