import fs from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { type CliConfig, CliConfigSchema } from '@supabase/config';
import { Schema } from 'effect';
import { parse } from 'smol-toml';
import { errorMessage, StackError } from './errors.ts';
import { namesUnserved, withCurrentNames } from './unserved.ts';

/** A Supabase project folder, with the settings of its `supabase/config.toml`. */
export interface Project {
  /** The folder that holds `supabase/`. */
  root: string;
  /** `supabase/` itself. */
  supabase: string;
  /** The folder for the project's database, files, keys and logs. Never committed. */
  state: string;
  config: CliConfig;
  /** What `config.toml` says in vain, in sentences. */
  notes: string[];
}

/**
 * Reads the project in `root`. Its state folder is `.stack` there, unless `state` names another. A folder without
 * `supabase/` or with a broken `config.toml` is a StackError.
 */
export function readProject(root: string, state?: string): Project {
  const given = path.resolve(root);
  // Two paths to a project must give the same one, and Deno grants rights by real paths.
  const folder = fs.existsSync(given) ? fs.realpathSync.native(given) : given;
  const supabase = path.join(folder, 'supabase');
  if (!fs.existsSync(supabase)) {
    throw new StackError(
      `There is no Supabase project in ${folder}: it has no folder "supabase".`,
      'Name the folder of the project with --workdir, or make one with `npx supabase init`.',
    );
  }
  return {
    root: folder,
    supabase,
    state: path.resolve(folder, state ?? '.stack'),
    ...readConfig(supabase),
  };
}

function readConfig(supabase: string): Pick<Project, 'config' | 'notes'> {
  const file = path.join(supabase, 'config.toml');
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  try {
    const decode = Schema.decodeUnknownSync(CliConfigSchema);
    const written = resolveEnv(parse(text), projectEnvironment(supabase)) as Record<string, unknown>;
    const document = withCurrentNames(written);
    const config = decode(document);
    return { config, notes: namesUnserved(document, config, decode({})) };
  } catch (error) {
    throw new StackError(
      `${file} cannot be used: ${errorMessage(error).replace(/\s+/g, ' ')}.`,
      'Correct that line and start again.',
      {
        cause: error,
      },
    );
  }
}

/** The variables for `env(NAME)` in `config.toml`: of this process, else of `supabase/.env`. */
export function projectEnvironment(supabase: string): Record<string, string | undefined> {
  return { ...readEnvFile(path.join(supabase, '.env')), ...process.env };
}

/** The variables of a `.env` file; none when it does not exist. */
export function readEnvFile(file: string): Record<string, string> {
  if (!fs.existsSync(file)) return {};
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(fs.readFileSync(file, 'utf8')))) {
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}

/**
 * Replaces `"env(NAME)"` by the variable's value; an unset name stays as it is written. The `env` of a function stays as
 * well: Supabase's schema requires the reference there.
 */
export function resolveEnv(
  value: unknown,
  environment: Record<string, string | undefined>,
  place: string[] = [],
): unknown {
  if (place[0] === 'functions' && place[2] === 'env') return value;
  if (typeof value === 'string') {
    const name = /^env\((\w+)\)$/.exec(value)?.[1];
    return name === undefined ? value : (environment[name] ?? value);
  }
  if (Array.isArray(value)) return value.map((item) => resolveEnv(item, environment, place));
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, resolveEnv(item, environment, [...place, key])]),
    );
  }
  return value;
}

/** Bytes of a size such as `50MiB` (1024-based, like the Supabase CLI's `MB`) or a plain number of bytes. */
export function parseSize(size: string | number): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*$/i.exec(String(size));
  if (!match)
    throw new StackError(`"${size}" is not a size.`, 'Write it like 50MiB in supabase/config.toml.');
  return Math.floor(Number(match[1]) * 1024 ** ' KMGT'.indexOf((match[2] || ' ').toUpperCase()));
}
