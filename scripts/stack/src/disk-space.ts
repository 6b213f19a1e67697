import fs from 'node:fs/promises';

const MiB = 1024 * 1024;

/**
 * Bytes of a disk that are kept free. PostgreSQL crashes when it cannot extend its write-ahead log, and then cannot even
 * be read: it becomes read-only before that. Uploads stop earlier, so that small rows can still be written.
 */
export const reserves = { database: 64 * MiB, files: 128 * MiB };

/** Bytes that can be written on the disk of a folder by others than root. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await fs.statfs(folder);
  return bavail * bsize;
}

/** Throws `ENOSPC`, as a full disk does, when only the reserve for files is left. */
export async function requireSpaceForFiles(folder: string): Promise<void> {
  if ((await freeBytes(folder)) > reserves.files) return;
  throw Object.assign(new Error('No space left on device, but for the reserve'), { code: 'ENOSPC' });
}

/** The state of a disk. */
export interface DiskWatch {
  /** Whether the database's reserve has been reached. */
  isFull(): boolean;
  stop(): void;
}

/** Often enough: half a second is too short to fill a reserve through the services. */
const everyMs = 500;

/**
 * Watches the disk of a folder. `apply` is called when the disk becomes too full, repeatedly while it is, and once when it
 * has room again. An error of it is ignored: it is called again.
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
      // Hysteresis: the state must not flicker.
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
