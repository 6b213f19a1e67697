import fs from 'node:fs';
import postgres from 'postgres';
import { type Keys, type LoginRole, loginRoles } from '../keys.ts';

/** The address of the stack's database for one of its roles. On loopback there is no TLS, and clients warn unless told. */
export function databaseUrl(keys: Keys, port: number, role: LoginRole): string {
  return `postgresql://${role}:${keys.passwords[role]}@127.0.0.1:${port}/postgres?sslmode=disable`;
}

/** Gives a blank database what a Supabase database has before any migration. Safe to repeat. */
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
