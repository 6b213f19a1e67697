import fs from 'node:fs';
import type { Account } from './programs.ts';

/** A data folder as the server's account can reach it. */
export interface DataDir {
  path: string;
  spawn: {
    cwd: string;
    detached: true;
    windowsHide: true;
    uid?: number;
    gid?: number;
    stdio: ('ignore' | 'pipe' | number)[];
  };
  close(): void;
}

/**
 * PostgreSQL refuses to run as root, and root's projects are often in folders that no other account may enter (`/root`, a
 * temporary folder). On Linux the folder is therefore passed as an open file descriptor, which needs no rights on the
 * folders above.
 */
export function openDataDir(dataDir: string, account: Account | null): DataDir {
  // Detached: Ctrl-C goes to this process, which ends the server after the services.
  if (!account)
    return {
      path: dataDir,
      spawn: { cwd: dataDir, detached: true, windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] },
      close() {},
    };
  const fd = fs.openSync(dataDir, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  return {
    path: '/proc/self/fd/3',
    spawn: {
      cwd: '/',
      detached: true,
      windowsHide: true,
      uid: account.uid,
      gid: account.gid,
      stdio: ['ignore', 'pipe', 'pipe', fd],
    },
    close: () => fs.closeSync(fd),
  };
}

/** The server's variables, without defaults that a `psql` user may have set (PGDATA, PGPORT, …). */
export function serverEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PG') && !name.startsWith('LC_'),
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}
