import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, type Person, signUp } from './asking.ts';
import { png } from './files.ts';

let ann: Person;
beforeAll(async () => {
  ann = await signUp();
  for (const name of ['c.png', 'a.png', 'b.png', 'sub/deep/d.png'])
    dataOf(await files().upload(`${ann.id}/${name}`, png, { contentType: 'image/png' }));
});

const files = () => ann.client.storage.from('files');
const names = (entries: { name: string }[]) => entries.map(({ name }) => name);

describe('listing files', () => {
  test('lists files by name with their metadata, and folders', async () => {
    const entries = dataOf(await files().list(ann.id, { limit: 100 }));
    expect(names(entries)).toEqual(['a.png', 'b.png', 'c.png', 'sub']);
    expect(entries[0]).toMatchObject({
      id: expect.any(String),
      created_at: expect.any(String),
      metadata: { size: png.length, mimetype: 'image/png' },
    });
    expect(entries[3]).toMatchObject({ name: 'sub', id: null, metadata: null });
  });

  test('lists the folders of the root', async () => {
    const entries = dataOf(await files().list('', { limit: 1_000, search: ann.id }));
    expect(entries).toEqual([expect.objectContaining({ name: ann.id, id: null })]);
  });

  test('lists the content of a folder', async () => {
    expect(names(dataOf(await files().list(`${ann.id}/sub`)))).toEqual(['deep']);
    expect(names(dataOf(await files().list(`${ann.id}/sub/deep`)))).toEqual(['d.png']);
  });

  test('can be searched, sorted and limited', async () => {
    expect(names(dataOf(await files().list(ann.id, { search: 'b.' })))).toEqual(['b.png']);
    const descending = { limit: 2, sortBy: { column: 'name', order: 'desc' } };
    expect(names(dataOf(await files().list(ann.id, descending)))).toEqual(['sub', 'c.png']);
    expect(names(dataOf(await files().list(ann.id, { limit: 1, offset: 1 })))).toEqual(['b.png']);
    const newest = { limit: 1, sortBy: { column: 'created_at', order: 'desc' } };
    expect(dataOf(await files().list(ann.id, newest))).toHaveLength(1);
  });

  test('is empty for users who may see nothing', async () => {
    const { data, error } = await anonymous.storage.from('files').list(ann.id);
    expect([data, error]).toEqual([[], null]);
  });
});

// Names are whole, and a folder's ends with a slash: src/test/object-list-v2.test.ts of supabase/storage.
describe('listing files by cursor', () => {
  test('continues where the previous page ended', async () => {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = dataOf(
        await files().listV2({
          prefix: `${ann.id}/`,
          limit: 2,
          with_delimiter: true,
          ...(cursor ? { cursor } : {}),
        }),
      );
      found.push(...names(page.objects), ...names(page.folders));
      cursor = page.hasNext ? page.nextCursor : undefined;
    } while (cursor);
    expect(found.sort()).toEqual(['a.png', 'b.png', 'c.png', 'sub/'].map((name) => `${ann.id}/${name}`));
  });

  test('lists everything under a prefix without a delimiter', async () => {
    const page = dataOf(await files().listV2({ prefix: `${ann.id}/sub/` }));
    expect([page.folders, page.hasNext]).toEqual([[], false]);
    expect(names(page.objects)).toEqual([`${ann.id}/sub/deep/d.png`]);
  });
});
