import path from 'node:path';
import { watch } from 'chokidar';
import type { Project } from '../project.ts';
import { functionsFolder, isInside } from './definitions.ts';

/** Editors save in several steps, and a checkout changes many files: changes within this time count as one. */
const quietMs = 100;

/** Folders of tools and temporary files of editors; the CLI's `functions serve` ignores them too. */
const ignoredFolders = /[\\/](node_modules|\.git|\.vscode|\.idea|vendor)([\\/]|$)/;
const ignoredFiles = /(~|\.tmp|\.sw[px]|[\\/]4913|[\\/]___[^\\/]*|[\\/]\.#[^\\/]*|\.DS_Store)$/;

/** A project's files, watched. */
export interface Watching {
  /** Watches these files as well, from now on. */
  follow(files: Iterable<string>): void;
  close(): Promise<void>;
}

/**
 * Calls `onChange` with the paths that have changed: of the project's functions, `config.toml`, and the files that are
 * `followed`; never twice at a time. Resolves once no change can be missed. Errors of watching go to `note`.
 */
export function watchFunctions(
  project: Project,
  followed: Iterable<string>,
  onChange: (changed: ReadonlySet<string>) => Promise<void>,
  note: (text: string) => void,
): Promise<Watching> {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let changed = new Set<string>();
  const folder = functionsFolder(project);
  const files = new Set([path.join(project.supabase, 'config.toml'), ...outside(followed)]);

  function outside(more: Iterable<string>): string[] {
    return [...more].filter((file) => !isInside(folder, file));
  }
  function change(place?: string): void {
    if (place) changed.add(place);
    clearTimeout(timer);
    timer = setTimeout(run, quietMs);
  }
  function run(): void {
    if (running) return;
    const now = changed;
    changed = new Set();
    running = onChange(now).finally(() => {
      running = null;
      if (changed.size > 0) change();
    });
  }

  // The folder supabase/ as well: functions/ and config.toml may be made later, or be replaced whole.
  const watcher = watch([project.supabase, ...files], {
    ignoreInitial: true,
    ignored: (place) => {
      if (ignoredFolders.test(place) || ignoredFiles.test(place)) return true;
      return place !== project.supabase && !isInside(folder, place) && !files.has(place);
    },
  });
  watcher.on('all', (_event, place) => change(place));
  let told = false;
  watcher.on('error', (error) => {
    if (!told) note(`Changes of functions may go unseen: ${error instanceof Error ? error.message : error}`);
    told = true;
  });
  return new Promise((resolve) => {
    watcher.on('ready', () =>
      resolve({
        follow(more) {
          const fresh = outside(more).filter((file) => !files.has(file));
          for (const file of fresh) files.add(file);
          if (fresh.length > 0) watcher.add(fresh);
        },
        async close() {
          clearTimeout(timer);
          await watcher.close();
          await running;
        },
      }),
    );
  });
}
