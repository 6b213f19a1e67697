import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { requireSpaceForFiles } from '../disk-space.ts';
import { errorCode } from '../errors.ts';
import { tooLarge } from './storage-error.ts';

/** What is known of bytes once they are stored. */
export interface Stored {
  size: number;
  /** The MD5 in quotes, as Amazon S3 makes it. */
  eTag: string;
  lastModified: Date;
}

/**
 * The bytes of objects, a file for each version. A version is a new UUID, so that names of objects never become paths.
 * Bytes count once a row names their version; the sweep removes all others.
 */
export interface Disk {
  /** Stores the bytes of a stream. More than `limit` bytes, or a stream that fails, leave nothing. */
  write(version: string, chunks: AsyncIterable<Uint8Array>, limit?: number): Promise<Stored>;
  /** Stores the same bytes under another version, or answers null if there are none. */
  copy(from: string, to: string): Promise<Stored | null>;
  /** A stream of the bytes from `start` to before `end`, or null if there are none. */
  read(version: string, start: number, end: number): Promise<ReadableStream<Uint8Array> | null>;
  remove(versions: Iterable<string | null>): Promise<void>;
  /** The file of a version, or null where there is none. */
  find(version: string): Promise<{ path: string; size: number } | null>;
  /** Makes an empty version, to be filled by `append`. It counts as an object once a row names it. */
  begin(version: string): Promise<void>;
  /** Adds bytes to a version of `offset` bytes, and answers its new size. If the stream fails, the bytes before stay. */
  append(version: string, chunks: AsyncIterable<Uint8Array>, offset: number): Promise<number>;
  /** What is known of a version that was filled by `append`; null where there is none. */
  measure(version: string): Promise<Stored | null>;
  /** Removes files of earlier runs, except the versions that `keep` picks out of a list. */
  sweep(keep: (versions: string[]) => Promise<ReadonlySet<string>>): Promise<void>;
}

const versionPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const chunkSize = 128 * 1024;

/** A row follows its bytes within this time. */
const longestWaitMs = 60 * 60 * 1000;

/** The free space of the disk is checked again after this many bytes. */
const lookEvery = 4 * 1024 * 1024;

/** Opens the folder of bytes, and makes it when it is missing. */
export function createDisk(folder: string): Disk {
  const opened = Date.now();

  // Two levels: some file systems are slow with very many files in one folder.
  const pathOf = (version: string) => path.join(folder, version.slice(0, 2), version);

  /** Makes the empty file of a version. */
  async function create(version: string): Promise<fs.FileHandle> {
    const file = pathOf(version);
    if (await fs.mkdir(path.dirname(file), { recursive: true })) await syncFolder(folder);
    const handle = await fs.open(file, 'wx');
    await syncFolder(path.dirname(file));
    return handle;
  }

  /** Opens the bytes of a version, or answers null: SQL can write any version into a row. */
  async function openVersion(version: string): Promise<fs.FileHandle | null> {
    if (!versionPattern.test(version)) return null;
    try {
      return await fs.open(pathOf(version), 'r');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async function write(
    version: string,
    chunks: AsyncIterable<Uint8Array>,
    limit = Number.POSITIVE_INFINITY,
  ): Promise<Stored> {
    const hash = createHash('md5');
    let size = 0;
    try {
      await using file = await create(version);
      for await (const chunk of withSpace(folder, chunks)) {
        size += chunk.length;
        if (size > limit) throw tooLarge();
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      await file.sync();
    } catch (error) {
      await fs.rm(pathOf(version), { force: true });
      throw error;
    }
    return { size, eTag: `"${hash.digest('hex')}"`, lastModified: new Date() };
  }

  return {
    write,

    async copy(from, to) {
      const source = await openVersion(from);
      return source && (await write(to, source.createReadStream({ highWaterMark: chunkSize })));
    },

    async read(version, start, end) {
      const file = await openVersion(version);
      if (!file) return null;
      let position = start;
      return new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            try {
              const length = Math.min(chunkSize, end - position);
              const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
              position += bytesRead;
              if (bytesRead > 0) controller.enqueue(buffer.subarray(0, bytesRead));
              else if (position < end) throw new Error(`the bytes of version ${version} are not whole`);
              if (position < end) return;
              await file.close();
              controller.close();
            } catch (error) {
              await file.close().catch(() => {});
              controller.error(error);
            }
          },
          cancel: () => file.close(),
        },
        { highWaterMark: 0 },
      );
    },

    async remove(versions) {
      for (const version of versions) {
        if (version === null || !versionPattern.test(version)) continue;
        // Bytes that cannot be removed now are removed by the next sweep.
        await fs.rm(pathOf(version), { force: true }).catch(() => {});
      }
    },

    async find(version) {
      if (!versionPattern.test(version)) return null;
      try {
        const { size } = await fs.stat(pathOf(version));
        return { path: pathOf(version), size };
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return null;
        throw error;
      }
    },

    async begin(version) {
      await using file = await create(version);
      await file.sync();
    },

    async append(version, chunks, offset) {
      await using file = await fs.open(pathOf(version), 'r+');
      let position = offset;
      try {
        for await (const chunk of withSpace(folder, chunks)) {
          let written = 0;
          while (written < chunk.length) {
            const { bytesWritten } = await file.write(chunk, written, chunk.length - written, position);
            written += bytesWritten;
            position += bytesWritten;
          }
        }
      } finally {
        // A client continues from the size that it is told, so the bytes must survive a power cut.
        await file.sync();
      }
      return position;
    },

    async measure(version) {
      const source = await openVersion(version);
      if (!source) return null;
      const hash = createHash('md5');
      let size = 0;
      for await (const chunk of source.createReadStream({ highWaterMark: chunkSize })) {
        size += chunk.length;
        hash.update(chunk);
      }
      return { size, eTag: `"${hash.digest('hex')}"`, lastModified: new Date() };
    },

    async sweep(keep) {
      // Bytes are written before their row: new files may still get one.
      const before = Math.max(opened, Date.now() - longestWaitMs);
      const entries = await fs
        .readdir(folder, { recursive: true, withFileTypes: true })
        .catch((error: unknown) => {
          if (errorCode(error) === 'ENOENT') return [];
          throw error;
        });
      // The records of resumable uploads, in a folder with a longer name, have a sweep of their own.
      const files = entries.filter(
        (entry) => entry.isFile() && /^[0-9a-f]{2}$/.test(path.basename(entry.parentPath)),
      );
      for (let start = 0; start < files.length; start += 1000) {
        const batch = files.slice(start, start + 1000);
        const kept = await keep(batch.map((entry) => entry.name));
        for (const { name, parentPath } of batch) {
          const file = path.join(parentPath, name);
          if (!kept.has(name) && (await fs.stat(file)).mtimeMs < before) await fs.rm(file, { force: true });
        }
      }
    },
  };
}

/** Passes bytes on while the disk has room for files. */
async function* withSpace(folder: string, chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let unseen = lookEvery;
  for await (const chunk of chunks) {
    if (unseen >= lookEvery) {
      await requireSpaceForFiles(folder);
      unseen = 0;
    }
    unseen += chunk.length;
    yield chunk;
  }
}

/** Makes a new file survive a power cut. Windows has no such call for folders, and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await fs.open(folder, 'r');
  await handle.sync();
}
