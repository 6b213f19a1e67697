import fs from 'node:fs';
import postgres from 'postgres';
import { type Keys, type LoginRole, loginRoles } from '../keys.ts';

/** The URL of the stack's database for a role. On loopback there is no TLS, and clients would warn about that. */
export function databaseUrl(keys: Keys, port: number, role: LoginRole): string {
  return `postgresql://${role}:${keys.passwords[role]}@127.0.0.1:${port}/postgres?sslmode=disable`;
}

/**
 * Makes the roles, schemas and tables of a Supabase database before any migration. Safe to repeat. `exposesNewTables` is
 * `api.auto_expose_new_tables` of config.toml, which counts for a new database.
 */
export async function bootstrap(keys: Keys, port: number, exposesNewTables = true): Promise<void> {
  // Event triggers of the project run for its own statements: never with the rights of the superuser.
  const sql = postgres(databaseUrl(keys, port, 'supabase_admin'), {
    max: 1,
    onnotice: () => {},
    connection: { event_triggers: 'off' },
  });
  // Several statements sent at once are one transaction.
  const run = (...files: string[]) =>
    sql
      .unsafe(files.map((file) => fs.readFileSync(new URL(file, import.meta.url), 'utf8')).join('\n'))
      .simple();
  try {
    const [known] = await sql`select from pg_roles where rolname = 'postgres'`;
    const closed = exposesNewTables ? [] : ['./default-grants-closed.sql'];
    await run('./roles.sql', ...(known ? [] : ['./default-grants.sql', ...closed]));
    for (const role of loginRoles) {
      // DDL takes no parameters; the passwords are base64url, which needs no quoting.
      await sql.unsafe(`alter role ${role} with login password '${keys.passwords[role]}'`);
    }
    await run('../auth/schema.sql');
    await run('./auth-rights.sql');
    await run('../storage/schema.sql');
    await run('../realtime/schema.sql', '../realtime/partitions.sql');
  } finally {
    await sql.end({ timeout: 5 });
  }
}
