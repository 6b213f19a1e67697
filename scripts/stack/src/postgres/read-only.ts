import fs from 'node:fs';
import path from 'node:path';
import type { Sql } from 'postgres';
import type { Account } from './programs.ts';

// Supabase also makes a database read-only when its disk is nearly full. The settings file is written in advance and only
// renamed, which works without a free byte.
const name = 'read-only.conf';
const settings = 'default_transaction_read_only = on\n';
const include = `\ninclude_if_exists = '${name}'\n`;

/** Prepares the settings file before the server starts. The server starts writable. */
export function prepareReadOnly(dataDir: string, account: Account | null): void {
  const main = path.join(dataDir, 'postgresql.conf');
  const on = path.join(dataDir, name);
  const off = `${on}.off`;
  if (!fs.readFileSync(main, 'utf8').includes(include)) fs.appendFileSync(main, include);
  if (fs.existsSync(on)) fs.renameSync(on, off);
  if (fs.existsSync(off) && fs.statSync(off).size === settings.length) return;
  fs.writeFileSync(off, settings, { mode: 0o600 });
  if (account) fs.chownSync(off, account.uid, account.gid);
}

/** Makes new transactions read-only, or writable again. `sql` is a superuser's. */
export async function setReadOnly(sql: Sql, dataDir: string, readOnly: boolean): Promise<void> {
  const on = path.join(dataDir, name);
  const off = `${on}.off`;
  const [from, to] = readOnly ? [off, on] : [on, off];
  if (fs.existsSync(from)) fs.renameSync(from, to);
  // Repeated at each call: the signal may have been lost, or the server restarted since.
  await sql`select pg_reload_conf()`;
}
