import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import postgres, { type Sql } from 'postgres';
import { afterEach, describe, expect, test } from 'vitest';
import { type Keys, loadKeys } from '../../src/keys.ts';
import { bootstrap, databaseUrl } from '../../src/postgres/bootstrap.ts';
import { startPostgres } from '../../src/postgres/server.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** An empty database. */
async function emptyDatabase(): Promise<{ keys: Keys; port: number; sql: Sql }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stack-schema-'));
  undo.push(() => fs.rmSync(folder, { recursive: true, force: true }));
  const keys = await loadKeys(folder);
  const server = await startPostgres({
    dataDir: path.join(folder, 'postgres'),
    port: 0,
    logFile: path.join(folder, 'postgres.log'),
    password: keys.passwords.supabase_admin,
  });
  undo.push(() => server.stop());
  const { port } = server;
  const sql = postgres(databaseUrl(keys, port, 'supabase_admin'), { max: 1, onnotice: () => {} });
  undo.push(() => sql.end());
  return { keys, port, sql };
}

describe('schema auth', () => {
  test('has the tables of Supabase Auth, owned by its role, after every start', async () => {
    const { keys, port, sql } = await emptyDatabase();
    await bootstrap(keys, port);
    await bootstrap(keys, port);
    const tables = await sql`
      select relname, relrowsecurity, relowner::regrole::text as owner, obj_description(oid) is not null as commented
      from pg_class where relnamespace = 'auth'::regnamespace and relkind = 'r' order by relname
    `;
    expect(tables.map(({ relname }) => relname)).toEqual(
      expect.arrayContaining([
        'users',
        'identities',
        'sessions',
        'refresh_tokens',
        'one_time_tokens',
        'flow_state',
      ]),
    );
    for (const table of tables)
      expect(table).toMatchObject({ relrowsecurity: true, owner: 'supabase_auth_admin', commented: true });
  });

  test('accepts the seeds of other projects, and fills in generated columns', async () => {
    const { keys, port, sql } = await emptyDatabase();
    await bootstrap(keys, port);
    const asPostgres = postgres(databaseUrl(keys, port, 'postgres'), { max: 1 });
    undo.push(() => asPostgres.end());
    for (const name of ['one', 'two']) {
      const [user] = await asPostgres`
        insert into auth.users (
          instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
          raw_user_meta_data, is_super_admin, created_at, updated_at, confirmation_token, email_change,
          email_change_token_new, recovery_token
        ) values (
          '00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated',
          ${`${name}@example.com`}, extensions.crypt('password', extensions.gen_salt('bf')), now(),
          '{"provider": "email", "providers": ["email"]}', '{}', null, now(), now(), '', '', '', ''
        ) returning id, confirmed_at, email_confirmed_at
      `;
      expect(user?.confirmed_at).toEqual(user?.email_confirmed_at);
      const [identity] = await asPostgres`
        insert into auth.identities (user_id, provider_id, provider, identity_data)
        values (${user?.id}, ${user?.id}, 'email', ${sql.json({ email: `${name.toUpperCase()}@example.com` })})
        returning id, email
      `;
      expect(identity).toMatchObject({ id: expect.any(String), email: `${name}@example.com` });
    }
    await expect(asPostgres`alter table auth.users add column mine text`).rejects.toMatchObject({
      code: '42501',
    });
  });
});
