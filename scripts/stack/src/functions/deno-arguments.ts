import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Project } from '../project.ts';
import { type EdgeFunction, functionsFolder } from './definitions.ts';
import { importArguments, type Packages } from './deno.ts';
import type { Limits } from './reports.ts';

const worker = new URL('./worker.ts', import.meta.url);
/** The files of the watchdog's thread: Deno counts loading them as reading. */
const threadFiles = ['./limits-watchdog.ts', './reports.ts'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);

/** Deno's arguments for a function. `mark` precedes the reports of the process. */
export function programArguments(
  options: { project: Project; definition: EdgeFunction; limits: Limits },
  mark: string,
  packages: Packages,
): string[] {
  const { project, definition, limits } = options;
  const modules = path.join(project.root, 'node_modules');
  const megabytes = Math.ceil(limits.memoryBytes / 1024 / 1024);
  const readable = [functionsFolder(project), modules, ...threadFiles, path.dirname(definition.entrypoint)];
  return [
    ...['run', '--no-prompt', '--quiet', ...importArguments(project, definition, packages)],
    `--v8-flags=--max-old-space-size=${megabytes},--expose-gc`,
    // As on the platform: the network, its variables, and the files that are deployed with it.
    ...[
      '--allow-net',
      '--allow-env',
      `--allow-read=${[...readable, ...definition.readable].map(escaped).join(',')}`,
    ],
    ...[writeBootFile(project, definition), mark, JSON.stringify(limits)],
  ];
}

/** A comma in a path is written twice: one separates paths. */
function escaped(place: string): string {
  return place.replaceAll(',', ',,');
}

/**
 * Writes the program that Deno runs, which imports the function's entry point. Static imports may be loaded from anywhere,
 * as when a function is bundled; a function still cannot read other files.
 */
function writeBootFile(project: Project, definition: EdgeFunction): string {
  const folder = path.join(project.state, 'functions');
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `boot-${definition.name}.ts`);
  const entrypoint = JSON.stringify(pathToFileURL(definition.entrypoint).href);
  fs.writeFileSync(
    file,
    `import { run } from ${JSON.stringify(worker.href)};\nawait run(() => import(${entrypoint}));\n`,
  );
  return file;
}
