import fs from 'node:fs';
import postgres from 'postgres';
import { type Keys, type LoginRole, loginRoles } from '../keys.ts';

/** The URL of the stack's database for a role. On loopback there is no TLS, and clients would warn about that. */
export function databaseUrl(keys: Keys, port: number, role: LoginRole): string {
  return `postgresql://${role}:${keys.passwords[role]}@127.0.0.1:${port}/postgres?sslmode=disable`;
}

/** Makes the roles, schemas and tables of a Supabase database before any migration. Safe to repeat. */
export async function bootstrap(keys: Keys, port: number): Promise<void> {
  const sql = postgres(databaseUrl(keys, port, 'supabase_admin'), { max: 1, onnotice: () => {} });
  const run = (file: string) => sql.unsafe(fs.readFileSync(new URL(file, import.meta.url), 'utf8')).simple();
  try {
    await run('./roles.sql');
    for (const role of loginRoles) {
      // DDL takes no parameters; the passwords are base64url, which needs no quoting.
      await sql.unsafe(`alter role ${role} with login password '${keys.passwords[role]}'`);
    }
    await run('../auth/schema.sql');
    await run('./auth-rights.sql');
    await run('../storage/schema.sql');
  } finally {
    await sql.end({ timeout: 5 });
  }
}
