import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A small disk for one test. */
export interface OwnDisk {
  /** A folder on it, as the stack sees it. */
  folder: string;
  /** The command that starts the stack. */
  prefix: string[];
  /** The same folder in this process; `pid` was started by `prefix`. */
  seen(pid: number): string;
  /** Removes it. */
  remove(): void;
}

/**
 * Makes a disk in memory: as root by `mount`; by another account of Linux in a namespace that `unshare` makes, where it
 * needs user namespaces; on macOS by `hdiutil`. Elsewhere it throws, since only an administrator could make one.
 */
export function makeOwnDisk(megabytes: number): OwnDisk {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-disk-'));
  const removeFolder = () => fs.rmSync(folder, { recursive: true, force: true });
  if (process.platform === 'darwin') {
    const image = path.join(os.tmpdir(), `${path.basename(folder)}.dmg`);
    execFileSync('hdiutil', ['create', '-size', `${megabytes}m`, '-fs', 'HFS+', '-quiet', image]);
    execFileSync('hdiutil', ['attach', '-nobrowse', '-quiet', '-mountpoint', folder, image]);
    const remove = () => {
      execFileSync('hdiutil', ['detach', '-force', '-quiet', folder]);
      fs.rmSync(image, { force: true });
      removeFolder();
    };
    return { folder, prefix: [], seen: () => folder, remove };
  }
  if (process.platform !== 'linux')
    throw new Error('This test needs a small disk, which it can make on Linux and macOS only.');
  const options = `size=${megabytes}m,mode=0755`;
  if (process.getuid?.() === 0) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
    const remove = () => {
      execFileSync('umount', ['--lazy', folder]);
      removeFolder();
    };
    return { folder, prefix: [], seen: () => folder, remove };
  }
  // PostgreSQL does not run as root, not even as the root of a namespace: change back to the account of the caller.
  const script = `mount -t tmpfs -o ${options} tmpfs "$1" && shift && exec unshare --user --map-user=${process.getuid?.()} "$@"`;
  return {
    folder,
    prefix: ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', folder],
    seen: (pid) => `/proc/${pid}/root${folder}`,
    remove: removeFolder,
  };
}
