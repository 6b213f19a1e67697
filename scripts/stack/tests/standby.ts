import fs from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { errorCode } from '../src/errors.ts';
import { serverAccount } from '../src/postgres/programs.ts';
import { type PostgresServer, startPostgres } from '../src/postgres/server.ts';

/** A standby of a primary that runs on this machine. */
export interface StandbyOptions {
  /** The data folder of the primary. */
  primaryDir: string;
  /** The primary as its superuser. */
  primaryUrl: string;
  /** Where the standby's data go. */
  dataDir: string;
  logFile: string;
}

/**
 * Starts a streaming standby. `pg_basebackup` does not come with the server's programs, so the backup is PostgreSQL's
 * low-level one: https://www.postgresql.org/docs/17/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP.
 */
export async function startStandby(options: StandbyOptions): Promise<PostgresServer> {
  const { primaryDir, primaryUrl, dataDir, logFile } = options;
  // One connection: a backup ends in the session that began it.
  const sql = postgres(primaryUrl, { max: 1, onnotice: () => {} });
  try {
    // From here on the primary keeps the log that the standby still needs.
    await sql`select pg_create_physical_replication_slot('standby', true)`;
    await sql`select pg_backup_start('standby', fast => true)`;
    fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    copyData(primaryDir, dataDir);
    const [backup] = await sql<
      { labelfile: string }[]
    >`select labelfile from pg_backup_stop(wait_for_archive => false)`;
    fs.writeFileSync(path.join(dataDir, 'backup_label'), backup?.labelfile ?? '');
  } finally {
    await sql.end();
  }
  fs.writeFileSync(path.join(dataDir, 'standby.signal'), '');
  const { hostname, port: primaryPort, username, password } = new URL(primaryUrl);
  fs.appendFileSync(
    path.join(dataDir, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=${hostname} port=${primaryPort} user=${username} password=${password}'\n` +
      `primary_slot_name = 'standby'\n`,
  );
  giveToServer(dataDir);
  return startPostgres({ dataDir, port: 0, logFile, password });
}

/** Folders and files that a standby makes itself: https://www.postgresql.org/docs/17/protocol-replication.html. */
const emptied = /^(pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)$/;
const leftOut = /^(postmaster\.(pid|opts)|pg_internal\.init.*|pgsql_tmp.*)$/;

/** Copies a data folder that is in use. Files that vanish meanwhile are restored from the write-ahead log. */
function copyData(from: string, to: string): void {
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (leftOut.test(entry.name)) continue;
    if (entry.isDirectory()) {
      fs.mkdirSync(target, { mode: 0o700 });
      if (!emptied.test(entry.name)) copyData(source, target);
      continue;
    }
    try {
      fs.copyFileSync(source, target);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
}

/** As root the server runs as another account, which must own its data. */
function giveToServer(dataDir: string): void {
  const account = serverAccount();
  if (!account) return;
  for (const name of ['', ...fs.readdirSync(dataDir, { recursive: true })])
    fs.chownSync(path.join(dataDir, String(name)), account.uid, account.gid);
}
