import path from 'node:path';
import { watch } from 'chokidar';
import type { Project } from '../project.ts';
import { functionsFolder } from './definitions.ts';

/** Editors save in several steps, and a checkout changes many files: what comes within this time is one change. */
const quietMs = 100;

/** Folders that nobody edits, and files that editors keep for a moment; the CLI's `functions serve` ignores them too. */
const ignoredFolders = /[\\/](node_modules|\.git|\.vscode|\.idea|vendor)([\\/]|$)/;
const ignoredFiles = /(~|\.tmp|\.sw[px]|[\\/]4913|[\\/]___[^\\/]*|[\\/]\.#[^\\/]*|\.DS_Store)$/;

/** A project's files, watched. */
export interface Watching {
  close(): Promise<void>;
}

/**
 * Calls `onChange` after each change of the project's functions, of `config.toml` or of one of the `others` (files or
 * folders); never twice at a time. Resolves when nothing more can be missed. What cannot be watched is told to `note`.
 */
export function watchFunctions(
  project: Project,
  others: string[],
  onChange: () => Promise<void>,
  note: (text: string) => void,
): Promise<Watching> {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let again = false;
  const folder = functionsFolder(project);
  const wanted = [folder, path.join(project.supabase, 'config.toml'), ...others];

  function change(): void {
    clearTimeout(timer);
    timer = setTimeout(run, quietMs);
  }
  function run(): void {
    if (running) {
      again = true;
      return;
    }
    running = onChange().finally(() => {
      running = null;
      if (again) change();
      again = false;
    });
  }

  // The folder supabase/ as well: functions/ and config.toml may be made later, or be replaced whole.
  const watcher = watch([project.supabase, ...others], {
    ignoreInitial: true,
    ignored: (place) => {
      if (ignoredFolders.test(place) || ignoredFiles.test(place)) return true;
      return (
        place !== project.supabase && !wanted.some((one) => place === one || place.startsWith(one + path.sep))
      );
    },
  });
  watcher.on('all', change);
  let told = false;
  watcher.on('error', (error) => {
    if (!told) note(`Changes of functions may go unseen: ${error instanceof Error ? error.message : error}`);
    told = true;
  });
  return new Promise((resolve) => {
    watcher.on('ready', () =>
      resolve({
        async close() {
          clearTimeout(timer);
          await watcher.close();
          await running;
        },
      }),
    );
  });
}
