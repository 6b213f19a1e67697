import { afterEach, expect, test } from 'vitest';
import { newName, openDatabase } from './asking.ts';

const sql = openDatabase();
const name = newName('made');
afterEach(async () => {
  for (const table of ['auth.users', 'storage.objects'])
    await sql.unsafe(`drop policy if exists ${name} on ${table}; drop trigger if exists ${name} on ${table}`);
});

const policy = (table: string) => sql.unsafe(`create policy ${name} on ${table} for select using (false)`);
const trigger = (table: string) =>
  sql.unsafe(
    `create trigger ${name} before update on ${table} for each row when (false) execute function suppress_redundant_updates_trigger()`,
  );

// On the platform postgres does not own these tables; supautils lets it make policies and triggers.
test.each(['auth.users', 'storage.objects'])(
  'lets postgres make policies and triggers on %s',
  async (table) => {
    await policy(table);
    await sql.unsafe(`alter policy ${name} on ${table} using (true)`);
    await trigger(table);
    await sql.unsafe(`drop trigger ${name} on ${table}; drop policy ${name} on ${table}`);
  },
);

test.each([
  `comment on trigger ${name} on storage.objects is 'x'`,
  `comment on policy ${name} on storage.objects is 'x'`,
  `alter trigger ${name} on storage.objects rename to other`,
  `comment on table storage.objects is 'x'`,
  `comment on column auth.users.email is 'x'`,
  'alter table storage.objects add column extra text',
  'create index on auth.users (phone)',
  'create table auth.extra ()',
])('refuses postgres what only an owner may do: %s', async (statement) => {
  await policy('storage.objects');
  await trigger('storage.objects');
  await expect(sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
});
