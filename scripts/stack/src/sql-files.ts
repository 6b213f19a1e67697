import fs from 'node:fs';
import path from 'node:path';
import { StackError } from './errors.ts';
import type { Project } from './project.ts';

/** A file of SQL that is applied once. */
export interface SqlFile {
  /** Its path from the project's folder, as the Supabase CLI records it: `supabase/seed.sql`. */
  name: string;
  text: string;
}

/** A file of `supabase/migrations`. */
export interface Migration extends SqlFile {
  version: string;
  title: string;
}

/** What a project applies to its database, in this order. */
export interface SqlFiles {
  /** `supabase/roles.sql`, where it is. */
  roles: SqlFile[];
  migrations: Migration[];
  seeds: SqlFile[];
  /** What was left out, in sentences. */
  notes: string[];
}

/** Finds the files as the Supabase CLI does. Two migrations with one version are a StackError. */
export function readSqlFiles(project: Project): SqlFiles {
  const { migrations, seed } = project.config.db;
  const notes: string[] = [];
  const read = (file: string): SqlFile => ({
    name: path.isAbsolute(file) ? file : path.posix.join('supabase', file),
    // Without the byte order mark that some editors write.
    text: fs.readFileSync(path.resolve(project.supabase, file), 'utf8').replace(/^\uFEFF/, ''),
  });
  return {
    roles: fs.existsSync(path.join(project.supabase, 'roles.sql')) ? [read('roles.sql')] : [],
    migrations: migrations.enabled
      ? migrationNames(project, notes).map((name) => ({ ...read(`migrations/${name}`), ...partsOf(name) }))
      : [],
    seeds: seed.enabled ? seedNames(project, notes).map(read) : [],
    notes,
  };
}

const migrationName = /^(\d+)_(.*)\.sql$/;

function partsOf(name: string): { version: string; title: string } {
  const [, version = '', title = ''] = migrationName.exec(name) ?? [];
  return { version, title };
}

function migrationNames(project: Project, notes: string[]): string[] {
  const folder = path.join(project.supabase, 'migrations');
  if (!fs.existsSync(folder)) return [];
  const files = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const byVersion = new Map<string, string>();
  for (const { name } of files) {
    const { version } = partsOf(name);
    const other = byVersion.get(version);
    if (version === '') {
      if (name.endsWith('.sql'))
        notes.push(`supabase/migrations/${name} is not applied: its name is not like <timestamp>_name.sql`);
    } else if (other === undefined) byVersion.set(version, name);
    else {
      throw new StackError(
        `Two migrations have the version ${version}: ${other} and ${name}.`,
        'Give one of them another number.',
      );
    }
  }
  return [...byVersion.values()].sort();
}

/** The files of `[db.seed] sql_paths`, from `supabase/`, in the order of the patterns. */
function seedNames(project: Project, notes: string[]): string[] {
  const names = project.config.db.seed.sql_paths.flatMap((pattern) => {
    const found = fs.globSync(pattern, { cwd: project.supabase }).map((name) => name.replaceAll('\\', '/'));
    // Every config.toml of the CLI names this one.
    if (found.length === 0 && pattern !== './seed.sql')
      notes.push(`[db.seed] sql_paths: no file is like ${pattern}`);
    return found.sort();
  });
  return [...new Set(names)];
}
