import path from 'node:path';
import { type Project, projectEnvironment, readEnvFile, resolveEnv } from '../project.ts';
import { functionsFolder } from './definitions.ts';

/**
 * The variables that a project gives its functions, a map by function name, in the CLI's order: the secrets of
 * config.toml's `[edge_runtime]`, `supabase/functions/.env` or the file that is given instead of it, the function's own
 * `.env` (only without such a file), and its `env` in config.toml. Names that begin with SUPABASE_ are the platform's:
 * each one that is left out goes to `note`.
 */
export function readVariables(
  project: Project,
  names: string[],
  envFile: string | undefined,
  note: (text: string) => void,
): Map<string, Record<string, string>> {
  const folder = functionsFolder(project);
  const shared = {
    ...project.config.edge_runtime.secrets,
    ...readEnvFile(envFile ?? path.join(folder, '.env')),
  };
  const refused = new Set<string>();
  const variables = names.map((name) => {
    const own = {
      ...(envFile ? {} : readEnvFile(path.join(folder, name, '.env'))),
      ...(resolveEnv(
        project.config.functions?.[name]?.env ?? {},
        projectEnvironment(project.supabase),
      ) as object),
    };
    const allowed = Object.entries({ ...shared, ...own }).filter(([variable]) => {
      if (variable.startsWith('SUPABASE_')) refused.add(variable);
      return !variable.startsWith('SUPABASE_');
    });
    return [name, Object.fromEntries(allowed)] as const;
  });
  for (const variable of refused) note(`Env name cannot start with SUPABASE_, skipping: ${variable}`);
  return new Map(variables);
}
