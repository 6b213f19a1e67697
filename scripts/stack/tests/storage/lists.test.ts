import { beforeAll, describe, expect, it } from 'vitest';
import { ann, anonymous, bob, own, raw, useStorageFixtures } from './fixtures.ts';

useStorageFixtures();

describe('listing files', () => {
  const names = ['B.txt', 'a.txt', 'a/1', 'a/2', 'b/deep/3', 'c_.txt', 'cx.txt'];
  beforeAll(async () => {
    for (const name of names) await ann.client.storage.from(own).upload(`${ann.id}/list/${name}`, name);
  });
  const list = (options: object, path = 'list') =>
    ann.client.storage.from(own).list(`${ann.id}/${path}`, options);
  const namesOf = async (result: ReturnType<typeof list>) => (await result).data?.map(({ name }) => name);

  it('lists one folder in any case, with sub-folders without an id', async () => {
    const { data } = await list({});
    expect(data?.map(({ name }) => name)).toEqual(['a.txt', 'a', 'B.txt', 'b', 'c_.txt', 'cx.txt']);
    expect(data?.[0]).toMatchObject({
      id: expect.any(String),
      metadata: { size: 5 },
      updated_at: expect.stringMatching(/Z$/),
    });
    expect(data?.[1]).toEqual({
      name: 'a',
      id: null,
      updated_at: null,
      created_at: null,
      last_accessed_at: null,
      metadata: null,
    });
    expect(await namesOf(list({}, 'list/b'))).toEqual(['deep']);
    expect(await namesOf(list({}, 'list/nothing'))).toEqual([]);
  });

  it('can be searched, sorted and limited', async () => {
    expect(await namesOf(list({ search: 'A' }))).toEqual(['a.txt', 'a']);
    expect(await namesOf(list({ search: 'c_' }))).toEqual(['c_.txt']);
    expect(await namesOf(list({ limit: 2, offset: 1 }))).toEqual(['a', 'B.txt']);
    expect(await namesOf(list({ sortBy: { column: 'name', order: 'desc' } }))).toEqual(
      ['a.txt', 'a', 'B.txt', 'b', 'c_.txt', 'cx.txt'].reverse(),
    );
    expect(await namesOf(list({ sortBy: { column: 'created_at', order: 'desc' } }))).toEqual([
      'b',
      'a',
      'cx.txt',
      'c_.txt',
      'a.txt',
      'B.txt',
    ]);
    expect((await list({ sortBy: { column: 'metadata' } })).error).toMatchObject({ status: 400 });
  });

  it('lists what the policies show', async () => {
    expect((await bob.client.storage.from(own).list(`${ann.id}/list`)).data).toEqual([]);
    expect((await anonymous.storage.from(own).list('')).data).toEqual([]);
  });

  it.each([
    { column: 'name', order: 'asc' },
    { column: 'name', order: 'desc' },
    { column: 'created_at', order: 'asc' },
  ] as const)('continues from a cursor, by $column $order', async (sortBy) => {
    const prefix = `${ann.id}/list/`;
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const { data, error } = await ann.client.storage
        .from(own)
        .listV2({ prefix, limit: 2, with_delimiter: true, sortBy, ...(cursor ? { cursor } : {}) });
      if (error) throw error;
      pages.push([...data.folders, ...data.objects].map(({ name }) => name.slice(prefix.length)));
      cursor = data.nextCursor;
      expect(data.hasNext).toBe(cursor !== undefined);
    } while (cursor);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 2]);
    expect(pages.flat().sort()).toEqual(['B.txt', 'a.txt', 'a/', 'b/', 'c_.txt', 'cx.txt']);
  });

  it('lists everything under a prefix without a delimiter', async () => {
    const { data } = await ann.client.storage.from(own).listV2({ prefix: `${ann.id}/list/` });
    expect(data?.objects).toHaveLength(names.length);
    expect(data).toMatchObject({ hasNext: false, folders: [] });
    expect(
      (await raw(`object/list-v2/${own}`, { method: 'POST', as: ann, body: '{"cursor":"x"}' })).status,
    ).toBe(400);
  });

  it('finds one exact name, and has neither old versions nor delete markers', async () => {
    const bucket = ann.client.storage.from(own);
    const name = `${ann.id}/list/a/1`;
    expect((await bucket.list(name, { exactMatch: true })).data).toMatchObject([{ name: '1' }]);
    expect((await bucket.list(`${ann.id}/list/a`, { exactMatch: true })).data).toEqual([]);
    expect((await bucket.listV2({ prefix: name, exactMatch: true })).data?.objects).toHaveLength(1);
    expect((await bucket.listV2({ prefix: `${name}0`, exactMatch: true })).data?.objects).toEqual([]);
    for (const only of [{ noncurrentVersions: 'only' }, { deleteMarkers: 'only' }] as const) {
      expect((await bucket.list(`${ann.id}/list`, only)).data).toEqual([]);
      expect((await bucket.listV2({ prefix: ann.id, ...only })).data?.objects).toEqual([]);
    }
    expect((await bucket.list(`${ann.id}/list`, { noncurrentVersions: 'include' })).data).toHaveLength(6);
  });
});
