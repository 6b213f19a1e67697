import fs from 'node:fs';
import path from 'node:path';
import { errorMessage, StackError } from '../errors.ts';
import { type Project, readEnvFile } from '../project.ts';
import { FunctionProcess } from './process.ts';

/** One edge function of a project: a folder of `supabase/functions` with an entry point. */
export interface EdgeFunction {
  name: string;
  entrypoint: string;
  /** Its own `deno.json` or import map, where it has one. */
  importMap: string | null;
  /** Whether requests without a valid token are refused before they reach it. */
  verifyJwt: boolean;
}

/** The edge functions of a project, running. */
export interface Functions {
  /** The function that serves a path such as `/api/posts`, or undefined. */
  find(path: string): EdgeFunction | undefined;
  /** Passes a request on; its URL is kept from the function's name on. */
  fetch(target: EdgeFunction, request: Request, forwarded: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

/** Finds the functions of a project as the Supabase CLI does: folders with an `index.ts`, and what `config.toml` names. */
export function listFunctions(project: Project): EdgeFunction[] {
  const folder = path.join(project.supabase, 'functions');
  const configured = project.config.functions ?? {};
  const folders = fs.existsSync(folder) ? fs.readdirSync(folder, { withFileTypes: true }) : [];
  const names = folders
    .filter((entry) => entry.isDirectory() && /^[A-Za-z][\w-]*$/.test(entry.name))
    .map((entry) => entry.name);
  return [...new Set([...names, ...Object.keys(configured)])].flatMap((name) => {
    const settings = configured[name];
    const entrypoint = path.resolve(
      project.supabase,
      settings?.entrypoint || path.join('functions', name, 'index.ts'),
    );
    if (settings?.enabled === false || !fs.existsSync(entrypoint)) return [];
    const candidates = settings?.import_map
      ? [path.resolve(project.supabase, settings.import_map)]
      : ['deno.json', 'deno.jsonc'].map((file) => path.join(path.dirname(entrypoint), file));
    const importMap = candidates.find((file) => fs.existsSync(file)) ?? null;
    return [{ name, entrypoint, importMap, verifyJwt: settings?.verify_jwt ?? true }];
  });
}

/** Starts all functions of a project; a function that cannot start is a StackError with what Deno said. */
export async function startFunctions(
  project: Project,
  environment: Record<string, string>,
): Promise<Functions> {
  const running = new Map<string, { definition: EdgeFunction; process: FunctionProcess }>();
  const secrets = readEnvFile(path.join(project.supabase, 'functions', '.env'));
  for (const definition of listFunctions(project)) {
    const process = new FunctionProcess(definition, project, { ...secrets, ...environment });
    running.set(definition.name, { definition, process });
  }
  const all = [...running.values()];
  try {
    await Promise.all(all.map(({ process }) => process.start()));
  } catch (error) {
    await Promise.all(all.map(({ process }) => process.stop()));
    if (error instanceof StackError) throw error;
    throw new StackError(
      `The edge functions did not start: ${errorMessage(error)}`,
      'Correct the function and start again.',
      { cause: error },
    );
  }
  return {
    find: (pathname) => running.get(pathname.split('/')[1] ?? '')?.definition,
    async fetch(target, request, forwarded) {
      const process = running.get(target.name)?.process;
      return process ? process.fetch(request, forwarded) : new Response(null, { status: 404 });
    },
    async stop() {
      await Promise.all(all.map(({ process }) => process.stop()));
    },
  };
}
