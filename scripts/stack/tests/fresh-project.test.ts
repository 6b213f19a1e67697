import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressesOf, removeProjects, run } from './running.ts';

const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
let project = '';
let said = '';

/** Runs the Supabase CLI in the project. */
function cli(...args: string[]): void {
  execFileSync(process.execPath, [path.join(modules, 'supabase/dist/supabase.js'), ...args], {
    cwd: project,
    env: { ...process.env, SUPABASE_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

const tables = `
create table public.authors (
  id uuid primary key default auth.uid() references auth.users on delete cascade,
  name text not null
);
create table public.articles (
  id bigint generated always as identity primary key,
  author_id uuid not null default auth.uid() references public.authors on delete cascade,
  title text not null
);
create table public.comments (
  id bigint generated always as identity primary key,
  article_id bigint not null references public.articles on delete cascade,
  text text not null
);
alter table public.articles enable row level security;
create policy "everybody reads" on public.articles for select using (true);
create policy "authors write" on public.articles for insert to authenticated with check (author_id = auth.uid());
create policy "users upload" on storage.objects for insert to authenticated with check (bucket_id = 'images');
`;

beforeAll(async () => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), 'fresh-'));
  cli('init');
  cli('migration', 'new', 'tables');
  cli('functions', 'new', 'hello');
  const migrations = path.join(project, 'supabase/migrations');
  const [migration = ''] = fs.readdirSync(migrations);
  fs.writeFileSync(path.join(migrations, migration), tables);
  // The template of older versions of the CLI, with imports of its own.
  const older = path.join(project, 'supabase/functions/older');
  fs.mkdirSync(path.join(older, 'words'), { recursive: true });
  fs.writeFileSync(
    path.join(older, 'deno.json'),
    '{ "imports": { "types/": "jsr:@supabase/functions-js@^2/", "words/": "./words/", "jose": "npm:jose@^6" } }',
  );
  fs.writeFileSync(path.join(older, 'words/word.ts'), "export const word = 'older';");
  fs.writeFileSync(
    path.join(older, 'index.ts'),
    `import "jsr:@supabase/functions-js@2/edge-runtime.d.ts"
     import "types/edge-runtime.d.ts"
     import { word } from "words/word.ts"
     import { base64url } from "jose"
     import { encode } from "jose/base64url"
     Deno.serve(() => Response.json([word, base64url.encode === encode]))`,
  );
  const config = path.join(project, 'supabase/config.toml');
  // The template's own example of a bucket.
  const uncommented = fs
    .readFileSync(config, 'utf8')
    .replace(/^# (\[storage\.buckets\.images\])$/m, '$1')
    .replace(/^# public = false$/m, 'public = true');
  fs.writeFileSync(config, uncommented);
  // As `npm install @supabase/server` in the project would, so that the test fetches nothing.
  for (const name of ['jose', '@supabase', 'iceberg-js', 'tslib'])
    fs.cpSync(path.join(modules, name), path.join(project, 'node_modules', name), {
      recursive: true,
      filter: (file) => !/cli-|@supabase[\\/](config|lite|pg-delta)/.test(file),
    });
  const start = run(project, 'start', '--port', '0');
  await start.ready;
  said = start.output();
});
afterAll(() => removeProjects([project]));

test('a project of the CLI’s templates starts without a warning', () => {
  expect(said).toContain('Applied 1 migration');
  expect(said).not.toMatch(/note|warn|error|not served|did not start/i);
});

test('its tables, bucket, function and sign-up work', async () => {
  const { url, publishableKey } = addressesOf(project);
  const client = createClient(url, publishableKey, { auth: { persistSession: false } });
  const anonymous = createClient(url, publishableKey, { auth: { persistSession: false } });
  const { data: signUp } = await client.auth.signUp({ email: 'ann@fresh.example', password: 'a password' });
  expect(signUp.session).not.toBeNull();
  expect((await client.from('authors').insert({ name: 'Ann' })).error).toBeNull();
  const article = await client.from('articles').insert({ title: 'First' }).select('id').single();
  expect(article.error).toBeNull();
  expect((await anonymous.from('articles').insert({ title: 'Mine' })).error).toMatchObject({ code: '42501' });
  expect(
    (await anonymous.from('comments').insert({ article_id: article.data?.id, text: 'Hi' })).error,
  ).toBeNull();
  const { data } = await anonymous.from('articles').select('title, authors(name), comments(text)');
  expect(data).toEqual([{ title: 'First', authors: { name: 'Ann' }, comments: [{ text: 'Hi' }] }]);

  const images = client.storage.from('images');
  const dot = new Blob(['a'], { type: 'image/png' });
  expect((await images.upload('dot.png', dot)).error).toBeNull();
  const download = await fetch(images.getPublicUrl('dot.png').data.publicUrl);
  expect(await download.text()).toBe('a');

  const hello = await client.functions.invoke('hello', { body: { name: 'Functions' } });
  expect(hello.data).toEqual({ message: 'Hello Functions!' });
  expect((await client.functions.invoke('older')).data).toEqual(['older', true]);
});
