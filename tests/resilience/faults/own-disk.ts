import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A small disk for one test. */
export interface OwnDisk {
  /** The path of the disk in the stack's process. */
  folder: string;
  /** The command that must start the stack. */
  prefix: string[];
  /** The path of the disk in this process; `pid` is a process started by `prefix`. */
  seen(pid: number): string;
  /** Unmounts and removes it. */
  remove(): void;
}

/**
 * Makes a disk in memory. Linux: `mount` as root, else `unshare`, which needs user namespaces. macOS: `hdiutil`. Throws
 * on other systems.
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
    throw new Error('This test needs its own small disk, which it can make only on Linux and macOS.');
  const options = `size=${megabytes}m,mode=0755`;
  if (process.getuid?.() === 0) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
    const remove = () => {
      execFileSync('umount', ['--lazy', folder]);
      removeFolder();
    };
    return { folder, prefix: [], seen: () => folder, remove };
  }
  // PostgreSQL refuses to run as root: inside the namespace, switch back to the calling account.
  const script = `mount -t tmpfs -o ${options} tmpfs "$1" && shift && exec unshare --user --map-user=${process.getuid?.()} "$@"`;
  return {
    folder,
    prefix: ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', folder],
    seen: (pid) => `/proc/${pid}/root${folder}`,
    remove: removeFolder,
  };
}
