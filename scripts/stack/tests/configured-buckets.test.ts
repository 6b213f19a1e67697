import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startProject, writeProject } from './written-project.ts';

const config = `
[storage]
file_size_limit = "1MiB"
[storage.buckets.images]
public = true
allowed_mime_types = ["image/svg+xml"]
objects_path = "./images"
[storage.buckets.notes]
file_size_limit = "1KiB"
`;

test('buckets of config.toml are created with their files, once', async () => {
  const root = writeProject({
    'config.toml': config,
    'images/a folder/dot.svg': '<svg/>',
    'images/one.svg': '<svg/>',
  });
  const { stack, sql } = await startProject(root);
  const buckets = () =>
    sql`select id, public, file_size_limit::int, allowed_mime_types from storage.buckets order by id`;
  expect(await buckets()).toEqual([
    { id: 'images', public: true, file_size_limit: 1048576, allowed_mime_types: ['image/svg+xml'] },
    { id: 'notes', public: false, file_size_limit: 1024, allowed_mime_types: null },
  ]);
  const file = await fetch(`${stack.run.url}/storage/v1/object/public/images/a%20folder/dot.svg`);
  expect([await file.text(), file.headers.get('content-type')]).toEqual(['<svg/>', 'image/svg+xml']);
  await sql`update storage.buckets set public = false where id = 'images'`;
  await stack.stop();

  const again = await startProject(root);
  const [images] = await again.sql`select public from storage.buckets where id = 'images'`;
  expect(images?.public).toBe(false);
  expect(await again.sql`select from storage.objects`).toHaveLength(2);
});

test('a file that its bucket refuses is named, and all files are uploaded when that is corrected', async () => {
  const files = { 'images/a.svg': '<svg/>', 'images/b.png': 'PNG', 'images/c.svg': '<svg/>' };
  const root = writeProject({ 'config.toml': config, ...files });
  await expect(startProject(root)).rejects.toThrow(
    /b\.png was not uploaded: mime type image\/png is not supported/,
  );
  const corrected = config.replace('["image/svg+xml"]', '["image/*"]');
  fs.writeFileSync(path.join(root, 'supabase/config.toml'), corrected);
  const { sql, stack } = await startProject(root);
  const names = async () =>
    (await sql`select name from storage.objects order by name`).map(({ name }) => name);
  expect(await names()).toEqual(['a.svg', 'b.png', 'c.svg']);

  await sql`update storage.buckets set public = false where id = 'images'`;
  await stack.stop();
  const again = await startProject(root);
  expect(await again.sql`select from storage.buckets where not public and id = 'images'`).toHaveLength(1);
});
