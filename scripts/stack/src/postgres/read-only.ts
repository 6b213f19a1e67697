import fs from 'node:fs';
import path from 'node:path';
import type { Sql } from 'postgres';
import type { Account } from './programs.ts';

// Supabase does the same to a database whose disk is nearly full. The settings lie ready beside the server's own, so that
// a disk without a single free byte can still be dealt with: a rename needs none.
const name = 'read-only.conf';
const settings = 'default_transaction_read_only = on\n';
const include = `\ninclude_if_exists = '${name}'\n`;

/** Lays ready what makes a server read-only, before it starts. It starts writable. */
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

/** Makes each transaction that begins from now on read-only, or gives that up. `sql` is a superuser's. */
export async function setReadOnly(sql: Sql, dataDir: string, readOnly: boolean): Promise<void> {
  const on = path.join(dataDir, name);
  const off = `${on}.off`;
  const [from, to] = readOnly ? [off, on] : [on, off];
  if (fs.existsSync(from)) fs.renameSync(from, to);
  // Asked each time: the word may not have reached it, or it has been started again since.
  await sql`select pg_reload_conf()`;
}
