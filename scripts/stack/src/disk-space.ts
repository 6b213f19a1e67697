import fs from 'node:fs/promises';

const MiB = 1024 * 1024;

/**
 * Bytes of a disk that are kept free. PostgreSQL crashes when it cannot add to its write-ahead log, and then cannot even
 * be read: it has to stop writing before. Files stop earlier, so that what is small can still be written.
 */
export const reserves = { database: 64 * MiB, files: 128 * MiB };

/** Bytes that can be written on the disk of a folder by others than root. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await fs.statfs(folder);
  return bavail * bsize;
}

/** Throws what the system throws on a full disk (`ENOSPC`) when no more than the reserve for files is left. */
export async function requireSpaceForFiles(folder: string): Promise<void> {
  if ((await freeBytes(folder)) > reserves.files) return;
  throw Object.assign(new Error('No space left on device, but for the reserve'), { code: 'ENOSPC' });
}

/** What is known of a disk. */
export interface DiskWatch {
  /** Whether the database's reserve has been reached. */
  isFull(): boolean;
  stop(): void;
}

/** Often enough: half a second is too short to fill a reserve through the services. */
const everyMs = 500;

/**
 * Watches the disk of a folder. `apply` is called whenever it has become too full or has room again, and at every look
 * while it is too full; what it throws is thrown away, and it is called again.
 */
export function watchDisk(folder: string, apply: (full: boolean) => Promise<void>): DiskWatch {
  let full = false;
  let applied = false;
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    try {
      const free = await freeBytes(folder);
      // Room for more than the reserve is asked before it counts as free again: it must not flicker.
      full = free < (full ? 1.5 : 1) * reserves.database;
      if (full || applied) {
        await apply(full);
        applied = full;
      }
    } catch {
      // The next look tries again.
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(look, everyMs);
  return { isFull: () => full, stop: () => clearInterval(timer) };
}
