import type { Readable } from 'node:stream';
import { DataStore, ERRORS, Upload } from '@tus/server';
import type { Disk } from './disk.ts';
import type { Records, UploadRecord } from './tus-records.ts';

/** As on Supabase, an incomplete upload expires after a day. */
export const expiresAfterMs = 24 * 60 * 60 * 1000;

/** The version of the object that an upload becomes: the last part of its id. */
export function versionOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/**
 * Where the TUS server keeps uploads: the bytes in the file that the object will have, the rest in a record. An upload
 * is never moved, and continues from the bytes on the disk after any end of the process. The TUS server needs a
 * subclass; `@tus/file-store` neither syncs acknowledged bytes nor reports a full disk.
 */
export class UploadStore extends DataStore {
  private readonly disk: Disk;
  private readonly records: Records;

  constructor(disk: Disk, records: Records) {
    super();
    this.disk = disk;
    this.records = records;
    this.extensions = [
      'creation',
      'creation-with-upload',
      'creation-defer-length',
      'termination',
      'expiration',
    ];
  }

  override async create(upload: Upload): Promise<Upload> {
    const { id, size, metadata = {} } = upload;
    upload.creation_date = new Date().toISOString();
    await this.records.set(versionOf(id), {
      id,
      createdAt: upload.creation_date,
      metadata,
      ...(size === undefined ? {} : { size }),
    });
    await this.disk.begin(versionOf(id));
    return upload;
  }

  override async getUpload(id: string): Promise<Upload> {
    const { size, metadata, createdAt } = await this.mustFind(id);
    const file = await this.disk.find(versionOf(id));
    // The object that it became was deleted or replaced.
    if (!file) throw ERRORS.FILE_NO_LONGER_EXISTS;
    return new Upload({
      id,
      offset: file.size,
      metadata,
      creation_date: createdAt,
      ...(size === undefined ? {} : { size }),
    });
  }

  override write(stream: Readable, id: string, offset: number): Promise<number> {
    return this.disk.append(versionOf(id), stream, offset);
  }

  override async declareUploadLength(id: string, size: number): Promise<void> {
    await this.records.set(versionOf(id), { ...(await this.mustFind(id)), size });
  }

  override async remove(id: string): Promise<void> {
    await this.records.remove(versionOf(id));
    await this.disk.remove([versionOf(id)]);
  }

  override getExpiration(): number {
    return expiresAfterMs;
  }

  /** The record of an id. The same version under the name of another object is refused. */
  private async mustFind(id: string): Promise<UploadRecord> {
    const record = await this.records.get(versionOf(id));
    if (record?.id !== id) throw ERRORS.FILE_NOT_FOUND;
    return record;
  }
}
