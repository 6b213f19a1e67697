import type { Readable } from 'node:stream';
import { DataStore, ERRORS, Upload } from '@tus/server';
import type { Disk } from '../disk.ts';
import type { Records } from './records.ts';

/** As on Supabase, an upload that is not complete after a day is gone. */
export const expiresAfterMs = 24 * 60 * 60 * 1000;

/**
 * Where the TUS server keeps uploads: the bytes in the file that the object will have, the rest in a record. An
 * upload thus never has to be moved, and is resumed from what is on the disk, whatever ended the process before.
 * The TUS server wants a subclass; `@tus/file-store` neither syncs what it acknowledges nor tells a full disk.
 */
export class UploadStore extends DataStore {
  private readonly disk: Disk;
  private readonly records: Records;
  private readonly owner: (upload: Upload) => string | undefined;

  /** `owner` tells whom a new upload belongs to. */
  constructor(disk: Disk, records: Records, owner: (upload: Upload) => string | undefined) {
    super();
    this.disk = disk;
    this.records = records;
    this.owner = owner;
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
    const { bucketName, objectName } = metadata;
    const owner = this.owner(upload);
    upload.creation_date = new Date().toISOString();
    await this.records.set({
      id,
      bucket: bucketName ?? '',
      name: objectName ?? '',
      createdAt: upload.creation_date,
      metadata,
      ...(owner === undefined ? {} : { owner }),
      ...(size === undefined ? {} : { size }),
    });
    await this.disk.begin(id);
    return upload;
  }

  override async getUpload(id: string): Promise<Upload> {
    const record = await this.records.get(id);
    if (!record) throw ERRORS.FILE_NOT_FOUND;
    const file = await this.disk.find(id);
    // The object that it became was deleted or replaced.
    if (!file) throw ERRORS.FILE_NO_LONGER_EXISTS;
    const { size, metadata, createdAt } = record;
    return new Upload({
      id,
      offset: file.size,
      metadata,
      creation_date: createdAt,
      ...(size === undefined ? {} : { size }),
    });
  }

  override write(stream: Readable, id: string, offset: number): Promise<number> {
    return this.disk.append(id, stream, offset);
  }

  override async declareUploadLength(id: string, size: number): Promise<void> {
    const record = await this.records.get(id);
    if (!record) throw ERRORS.FILE_NOT_FOUND;
    await this.records.set({ ...record, size });
  }

  override async remove(id: string): Promise<void> {
    await this.records.remove(id);
    await this.disk.remove([id]);
  }

  override getExpiration(): number {
    return expiresAfterMs;
  }
}
