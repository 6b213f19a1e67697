import fs from 'node:fs';
import path from 'node:path';
import { StackError } from '../errors.ts';
import type { Project } from '../project.ts';

/** One edge function of a project: a folder of `supabase/functions` with an entry point. */
export interface EdgeFunction {
  name: string;
  entrypoint: string;
  /** Its `deno.json`, or an import map, where it has one. */
  importMap: string | null;
  /** Whether requests without a valid token are refused before they reach it. */
  verifyJwt: boolean;
  /** Folders outside `supabase/functions` that it may read, since its `static_files` are there. */
  readable: string[];
}

/** Where a project's functions are. */
export function functionsFolder(project: Project): string {
  return path.join(project.supabase, 'functions');
}

/**
 * Finds the functions of a project as the Supabase CLI does: folders with an `index.ts`, and what `config.toml` names.
 * Warnings of the CLI go to `note`. An `import_map.json` in a function's folder is a StackError, as in the CLI.
 */
export function listFunctions(project: Project, note: (text: string) => void): EdgeFunction[] {
  if (!project.config.edge_runtime.enabled) return [];
  const folder = functionsFolder(project);
  const configured = project.config.functions ?? {};
  const names = subfolders(folder).filter((name) => /^[A-Za-z][\w-]*$/.test(name));
  const definitions: EdgeFunction[] = [];
  for (const name of [...new Set([...names, ...Object.keys(configured)])].sort()) {
    const settings = configured[name];
    const given = settings?.entrypoint;
    const entrypoint = given ? path.resolve(project.supabase, given) : path.join(folder, name, 'index.ts');
    if (settings?.enabled === false) continue;
    if (!fs.existsSync(entrypoint)) {
      if (given) note(`The function "${name}" has no file ${given}.`);
      continue;
    }
    definitions.push({
      name,
      entrypoint,
      importMap: findImportMap(project, name, entrypoint, settings?.import_map ?? '', note),
      verifyJwt: settings?.verify_jwt ?? true,
      readable: (settings?.static_files ?? [])
        .map((pattern) => path.resolve(project.supabase, pattern.replace(/[*?[{].*$/, '')))
        .filter((place) => !isInside(folder, place)),
    });
  }
  return definitions;
}

function subfolders(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  // A folder may be a link to one elsewhere.
  return fs
    .readdirSync(folder)
    .filter((name) => fs.statSync(path.join(folder, name), { throwIfNoEntry: false })?.isDirectory());
}

/** The CLI's order: what config.toml names, the function's own deno.json, then one for all functions. */
function findImportMap(
  project: Project,
  name: string,
  entrypoint: string,
  configured: string,
  note: (text: string) => void,
): string | null {
  if (configured) return path.resolve(project.supabase, configured);
  const own = path.dirname(entrypoint);
  const found = existing(own, ['deno.json', 'deno.jsonc']);
  if (found) return found;
  const all = functionsFolder(project);
  if (own !== all && fs.existsSync(path.join(own, 'import_map.json'))) {
    throw new StackError(
      `The function "${name}" has an import_map.json in its folder, which is no longer supported.`,
      `Rename it to deno.json, or name it as functions.${name}.import_map in config.toml.`,
    );
  }
  const shared = existing(all, ['deno.json', 'deno.jsonc', 'import_map.json']);
  if (shared) {
    note(
      `The function "${name}" has no deno.json of its own: it uses ${path.relative(project.root, shared)}.`,
    );
  }
  return shared;
}

function existing(folder: string, names: string[]): string | null {
  return names.map((name) => path.join(folder, name)).find((file) => fs.existsSync(file)) ?? null;
}

/** Whether a path is in a folder, or is the folder. */
export function isInside(folder: string, place: string): boolean {
  const relative = path.relative(folder, place);
  return !relative.startsWith('..') && !path.isAbsolute(relative);
}
