import type { Sql } from 'postgres';
import { StackError } from './errors.ts';
import type { SqlFile } from './sql-files.ts';

/** An extension that a file creates. */
interface Wanted {
  extension: string;
  /** `supabase/migrations/….sql:4` */
  place: string;
}

/**
 * Throws a StackError that names the extensions which the files create and PostgreSQL does not have. Only statements of
 * their own count: in the body of a `do` block or of a function, a condition may precede them.
 */
export async function checkExtensions(sql: Sql, files: readonly SqlFile[]): Promise<void> {
  const wanted = files.flatMap(extensionsOf);
  if (wanted.length === 0) return;
  const rows = await sql<{ name: string }[]>`select name from pg_available_extensions`;
  const available = new Set(rows.map(({ name }) => name));
  const missing = wanted.filter(({ extension }) => !available.has(extension));
  if (missing.length === 0) return;
  const example = missing[0]?.extension;
  throw new StackError(
    `Nothing was applied: this PostgreSQL lacks extensions that the project creates.\n${missing
      .map(({ place, extension }) => `  ${place}: ${extension}`)
      .join('\n')}`,
    `To start without one, create it only where it exists: do $$ begin if exists (select from pg_available_extensions where name = '${example}') then create extension "${example}"; end if; end $$;`,
  );
}

/** Comments, texts and names in quotes, and bodies between dollars. */
const quoted =
  /--[^\n]*|\/\*[\s\S]*?\*\/|\be'(?:[^'\\]+|\\[\s\S])*'|'[^']*'|"[^"]*"|(\$(?:[a-z_]\w*)?\$)[\s\S]*?\1/gi;
const creation = /\bcreate\s+extension\s+(?:if\s+not\s+exists\s+)?("[^"]+"|[a-z_]\w*)/gi;

/** The extensions that a file creates in statements of its own. */
export function extensionsOf({ name, text }: SqlFile): Wanted[] {
  // Blanks keep the lines where they are. A name of one word may be that of an extension.
  const code = text.replace(quoted, (part) => (/^"\S+"$/.test(part) ? part : part.replace(/[^\n]/g, ' ')));
  return [...code.matchAll(creation)].map(({ 1: extension = '', index }) => ({
    extension: extension.startsWith('"') ? extension.slice(1, -1) : extension.toLowerCase(),
    place: `${name}:${code.slice(0, index).split('\n').length}`,
  }));
}
