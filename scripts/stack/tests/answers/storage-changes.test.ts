import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf, newName, openDatabase, type Person, signUp } from './asking.ts';
import { png } from './files.ts';

const sql = openDatabase();
let ann: Person;
let bob: Person;
beforeAll(async () => {
  [ann, bob] = await Promise.all([signUp(), signUp()]);
});

const files = () => ann.client.storage.from('files');
const newPath = () => `${ann.id}/${newName()}.png`;
/** A file of Ann's. */
async function upload(): Promise<string> {
  return dataOf(await files().upload(newPath(), png, { contentType: 'image/png' })).path;
}
const isThere = async (path: string, bucket = 'files') =>
  (await ann.client.storage.from(bucket).exists(path)).data;

describe('moving a file', () => {
  test('moves a file to another name', async () => {
    const from = await upload();
    const to = newPath();
    const { data, error } = await files().move(from, to);
    expect([data?.message, error]).toEqual(['Successfully moved', null]);
    expect([await isThere(from), await isThere(to)]).toEqual([false, true]);
    expect(dataOf(await files().download(to)).size).toBe(png.length);
  });

  test('moves a file to another bucket and keeps its owner', async () => {
    const from = await upload();
    const to = newPath();
    const { error } = await files().move(from, to, { destinationBucket: 'open' });
    expect(error).toBeNull();
    expect([await isThere(from), await isThere(to, 'open')]).toEqual([false, true]);
    const [row] = await sql`select owner_id from storage.objects where name = ${to}`;
    expect(row).toEqual({ owner_id: ann.id });
  });

  test('refuses to move a file of another user', async () => {
    const from = await upload();
    const { error } = await bob.client.storage.from('files').move(from, newName());
    expect(error?.status).toBe(400);
    expect(await isThere(from)).toBe(true);
  });

  test('refuses to move a file that does not exist', async () => {
    const { error } = await files().move(newPath(), newPath());
    expect(error).toMatchObject({ status: 400, message: 'Object not found' });
  });

  test('refuses to move a file onto an existing one', async () => {
    const [from, to] = [await upload(), await upload()];
    const { error } = await files().move(from, to);
    expect(error).toMatchObject({ statusCode: '409' });
    expect(await isThere(from)).toBe(true);
  });
});

describe('copying a file', () => {
  test('copies a file with its bytes and type', async () => {
    const from = await upload();
    const to = newPath();
    expect(dataOf(await files().copy(from, to))).toMatchObject({ path: `files/${to}` });
    expect([await isThere(from), await isThere(to)]).toEqual([true, true]);
    const downloaded = dataOf(await files().download(to));
    expect([downloaded.size, downloaded.type]).toEqual([png.length, 'image/png']);
  });

  test('copies a file to another bucket', async () => {
    const from = await upload();
    const to = newPath();
    dataOf(await files().copy(from, to, { destinationBucket: 'open' }));
    expect(await isThere(to, 'open')).toBe(true);
  });
});

describe('removing a file', () => {
  test('removes files and lists them in the answer', async () => {
    const paths = [await upload(), await upload()];
    const removed = dataOf(await files().remove(paths));
    expect(removed.map(({ name }) => name).sort()).toEqual(paths.sort());
    for (const path of paths) {
      expect(await isThere(path)).toBe(false);
      expect((await files().download(path)).error?.status).toBe(400);
    }
  });

  test('leaves a file of another user in place', async () => {
    const path = await upload();
    const { data, error } = await bob.client.storage.from('files').remove([path]);
    expect([data, error]).toEqual([[], null]);
    expect(await isThere(path)).toBe(true);
  });

  test('answers an empty list for a file that does not exist', async () => {
    const { data, error } = await files().remove([newPath()]);
    expect([data, error]).toEqual([[], null]);
  });

  test('refuses to delete a file by SQL, which would leave its bytes', async () => {
    const path = await upload();
    const attempt = sql`delete from storage.objects where name = ${path}`;
    await expect(attempt).rejects.toMatchObject({ code: '42501' });
    expect(await isThere(path)).toBe(true);
  });
});
