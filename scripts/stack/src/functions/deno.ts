import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { StackError } from '../errors.ts';
import type { Project } from '../project.ts';
import type { EdgeFunction } from './definitions.ts';
import { mapPlatformTypes } from './platform-types.ts';

/** Where packages come from: the project's `node_modules`, or Deno's own store. */
export type Packages = 'manual' | 'none';

/** Deno's arguments for the imports of a function. */
export function importArguments(project: Project, definition: EdgeFunction, packages: Packages): string[] {
  const { importMap } = definition;
  // Packages of the project's node_modules are used, so that a start fetches nothing.
  const hasPackages = fs.existsSync(path.join(project.root, 'node_modules'));
  const argumentList = ['--no-lock', ...(hasPackages ? [`--node-modules-dir=${packages}`] : [])];
  // A deno.json has more settings than imports; any other file is an import map.
  const isConfig = importMap !== null && /^deno\.jsonc?$/.test(path.basename(importMap));
  const map = mapPlatformTypes(project, definition) ?? (isConfig ? null : importMap);
  return [
    ...argumentList,
    ...(isConfig ? ['--config', importMap] : []),
    ...(map === null ? [] : ['--import-map', map]),
  ];
}

/** The files of a function by its imports, without packages; null when Deno cannot tell. */
export async function findModules(
  project: Project,
  definition: EdgeFunction,
): Promise<ReadonlySet<string> | null> {
  try {
    const { stdout } = await promisify(execFile)(
      denoProgram(),
      ['info', '--json', ...importArguments(project, definition, 'manual'), definition.entrypoint],
      { cwd: project.root, env: inheritedVariables(), maxBuffer: 64 * 1024 * 1024 },
    );
    const { modules } = JSON.parse(stdout) as { modules: { specifier: string }[] };
    const files = modules
      .filter(({ specifier }) => specifier.startsWith('file:') && !specifier.includes('/node_modules/'))
      .map(({ specifier }) => fileURLToPath(specifier));
    return new Set(files);
  } catch {
    return null;
  }
}

/** The Deno binary of the npm package. */
export function denoProgram(): string {
  const folder = path.dirname(createRequire(import.meta.url).resolve('deno/package.json'));
  const program = path.join(folder, process.platform === 'win32' ? 'deno.exe' : 'deno');
  if (fs.existsSync(program)) return program;
  throw new StackError(
    'Deno is not installed.',
    'Run `npm ci` again, with install scripts allowed for the package "deno".',
  );
}

/** The variables for Deno's cache, proxies and npm settings. A function gets no other variable of this machine. */
export function inheritedVariables(): NodeJS.ProcessEnv {
  const kept =
    /^(PATH|HOME|USERPROFILE|LOCALAPPDATA|APPDATA|SYSTEMROOT|TMPDIR|TEMP|TMP|XDG_CACHE_HOME|DENO_DIR|(https?|no|all)_proxy|npm_config_registry|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.test(name)));
}
