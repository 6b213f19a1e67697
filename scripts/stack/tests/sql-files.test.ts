import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { extensionsOf } from '../src/missing-extensions.ts';
import { startProject, writeProject } from './written-project.ts';

const creates = (text: string) =>
  extensionsOf({ name: 'a.sql', text }).map(({ place, extension }) => `${place} ${extension}`);

describe('the extensions that a file creates', () => {
  test('are those of its own statements, with their lines', () => {
    const text = `create extension if not exists "uuid-ossp" with schema extensions;
      create table t (note text default 'it''s'); CREATE EXTENSION
        Vector;`;
    expect(creates(text)).toEqual(['a.sql:1 uuid-ossp', 'a.sql:2 vector']);
  });

  test('are not those of comments, texts, quoted names and bodies', () => {
    const text = `-- create extension a;
      /* it's
         create extension b; */
      select 'create extension c', e'it\\'s create extension d', 1 as "create extension e";
      do $$ begin if exists (select from pg_available_extensions where name = 'f') then
        create extension f; end if; end $$;
      create function g() returns text language sql as $body$ select $$x$$; create extension g $body$;
      create extension h;`;
    expect(creates(text)).toEqual(['a.sql:8 h']);
  });
});

describe('a start', () => {
  test('applies nothing of a project that creates an extension which PostgreSQL lacks', async () => {
    const root = writeProject({
      'migrations/1_tables.sql': 'create table public.first (id int);',
      'migrations/2_search.sql': '\ncreate extension if not exists vector with schema extensions;',
      'seed.sql': 'create extension pg_net;',
    });
    const error = await startProject(root).catch((reason: unknown) => reason);
    expect(String(error)).toContain(
      'supabase/migrations/2_search.sql:2: vector\n  supabase/seed.sql:1: pg_net',
    );
    expect(error).toMatchObject({ advice: expect.stringContaining("where name = 'vector'") });
    const guarded =
      "do $$ begin if exists (select from pg_available_extensions where name = 'vector') then create extension vector; end if; end $$;";
    fs.writeFileSync(path.join(root, 'supabase/migrations/2_search.sql'), guarded);
    fs.rmSync(path.join(root, 'supabase/seed.sql'));
    const { steps } = await startProject(root);
    expect(steps).toContain('Applied 2 migrations');
  });

  test('applies roles, migrations and the seeds of all patterns once, and records them as the CLI does', async () => {
    const root = writeProject({
      'config.toml':
        '[db.seed]\nsql_paths = ["./seeds/*.sql", "./more.sql", "./seeds/b.sql", "./none-*.sql"]\n',
      'roles.sql': "create role reporter; alter role authenticated set statement_timeout = '5s';",
      'migrations/1_tables.sql':
        'create table public.names (id int generated always as identity, name text); grant select on names to reporter;',
      'migrations/notes.sql': 'not SQL',
      'seeds/b.sql': "insert into names (name) values ('b');",
      'seeds/a.sql': "insert into names (name) values ('a');",
      'more.sql': "insert into names (name) values ('more');",
    });
    const { sql, steps } = await startProject(root);
    expect(steps).toContain('Note: [db.seed] sql_paths: no file is like ./none-*.sql');
    expect(steps.join()).toContain('supabase/migrations/notes.sql is not applied');
    const names = () => sql`select string_agg(name, ' ' order by id) as names from names`;
    expect(await names()).toEqual([{ names: 'a b more' }]);
    const recorded = await sql`select path from supabase_migrations.seed_files order by path`;
    expect(recorded.map((row) => row.path)).toEqual([
      'supabase/more.sql',
      'supabase/roles.sql',
      'supabase/seeds/a.sql',
      'supabase/seeds/b.sql',
    ]);
  });

  test('neither migrates nor seeds where config.toml says so, and names what is not served', async () => {
    const root = writeProject({
      'config.toml':
        '[db]\nmajor_version = 15\n[db.migrations]\nenabled = false\n[db.seed]\nenabled = false\n',
      'migrations/1_tables.sql': 'create table public.names (name text);',
      'seed.sql': 'not SQL',
    });
    const { sql, steps } = await startProject(root);
    expect(steps).toContain('Note: config.toml: db.major_version = 15 is not served');
    expect(await sql`select to_regclass('public.names') as names`).toEqual([{ names: null }]);
  });

  test.each([
    ['seed.sql', 'A seed failed:\nsupabase/seed.sql:2: '],
    ['roles.sql', 'The roles failed:\nsupabase/roles.sql:2: '],
    ['migrations/1_first.sql', 'A migration failed:\nsupabase/migrations/1_first.sql:2: '],
  ])('says of a failing %s what it is, and where it fails', async (file, sentence) => {
    await expect(startProject(writeProject({ [file]: '\nselect no_such_column;' }))).rejects.toThrow(
      sentence,
    );
  });

  test('refuses two migrations with one version', async () => {
    const root = writeProject({ 'migrations/1_a.sql': 'select 1;', 'migrations/1_b.sql': 'select 1;' });
    await expect(startProject(root)).rejects.toThrow(
      'Two migrations have the version 1: 1_a.sql and 1_b.sql',
    );
  });
});
