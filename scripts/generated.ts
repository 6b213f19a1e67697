import path from 'node:path';
import postgres from 'postgres';
import { apiTypesFile } from './api-types.ts';
import { CommandError } from './command.ts';
import { errorFiles } from './error-list.ts';
import type { GeneratedFile } from './generated-file.ts';
import { root, type Target } from './noctra.ts';
import { runSupabase } from './programs.ts';

const header = '// Generated from the database by `npm run generate`. Changes here are lost.\n\n';

/** The SDK and the function are deployed each by itself, so each has a copy. */
const folders = [path.join('sdk', 'src'), path.join('supabase', 'functions', 'api')];

/** What the generated files have to contain, by the database of `target` and the sources of the function. */
export async function generate(target: Target): Promise<GeneratedFile[]> {
  const files = { 'database.types.ts': await databaseTypes(target), 'limits.ts': await limits(target) };
  const copies = folders.flatMap((folder) =>
    Object.entries(files).map(([name, content]) => ({
      file: path.join(root, folder, name),
      content: header + content,
    })),
  );
  return [...copies, ...errorFiles(), await apiTypesFile()];
}

async function databaseTypes({ databaseUrl }: Target): Promise<string> {
  const { code, output, stdout } = await runSupabase(
    ['gen', 'types', '--lang', 'typescript', '--schema', 'public'],
    databaseUrl,
  );
  if (code !== 0)
    throw new CommandError(
      `The types could not be generated:\n${output}`,
      'See whether the database can be reached.',
    );
  return stdout;
}

async function limits({ databaseUrl }: Target): Promise<string> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const [row] = await sql<{ limits: Record<string, number> }[]>`select public.limits() as limits`;
    const lines = Object.entries(row?.limits ?? {}).map(([name, value]) => `  ${name}: ${value},`);
    return `/** Noctra's limits: characters for text, bytes for sizes, else counts. The database enforces them. */\nexport const limits = {\n${lines.join('\n')}\n} as const;\n`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
