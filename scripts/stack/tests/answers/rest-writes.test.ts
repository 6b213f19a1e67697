import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf, newName, openDatabase, service } from './asking.ts';
import { titles, type Writing, write } from './writing.ts';

const sql = openDatabase();
let world: Writing;
beforeAll(async () => {
  world = await write();
});

const comments = () => world.ann.client.from('comments');
/** A comment of Ann's on the second article. */
async function comment(body: string): Promise<number> {
  return dataOf(await comments().insert({ article_id: world.second, body }).select('id').single()).id;
}

describe('inserts', () => {
  test('answers all inserted rows with their defaults', async () => {
    const rows = titles.map((title) => ({ title }));
    const { data, error, status } = await world.ann.client
      .from('articles')
      .insert(rows)
      .select('id, title, title_length, stage');
    expect([error, status]).toEqual([null, 201]);
    expect(data).toEqual(
      titles.map((title) => ({
        id: expect.any(String),
        title,
        title_length: title.length,
        stage: 'draft',
      })),
    );
  });

  test('answers 201 without rows to an insert without select', async () => {
    const { data, error, status } = await comments().insert([
      { article_id: world.second, body: 'a' },
      { article_id: world.second, body: 'b' },
    ]);
    expect([data, error, status]).toEqual([null, null, 201]);
  });

  test('answers an inserted row with single', async () => {
    const { data, error, status } = await comments()
      .insert({ article_id: world.second, body: 'alone' })
      .select()
      .single();
    expect([error, status]).toEqual([null, 201]);
    expect(data).toMatchObject({ body: 'alone', author_id: world.ann.id, created_at: expect.any(String) });
  });

  test('embeds related rows in the answer to an insert', async () => {
    const { data, error } = await comments()
      .insert({ article_id: world.second, body: 'with more' })
      .select('body, author:people(handle), article:articles(id, title)')
      .single();
    expect(error).toBeNull();
    expect(data).toEqual({
      body: 'with more',
      author: { handle: world.ann.handle },
      article: { id: world.second, title: titles[1] },
    });
  });

  test('inserts null for a key that a row lacks', async () => {
    const codes = [newName(), newName()];
    const { data, error } = await service
      .from('stock')
      .insert([{ code: codes[0], note: 'given' }, { code: codes[1] }])
      .select('code, note')
      .order('id');
    expect(error).toBeNull();
    expect(data).toEqual([
      { code: codes[0], note: 'given' },
      { code: codes[1], note: null },
    ]);
  });

  test('uses column defaults for missing keys with defaultToNull: false', async () => {
    const codes = [newName(), newName()];
    const { data, error } = await service
      .from('stock')
      .insert([{ code: codes[0], note: 'given' }, { code: codes[1] }], { defaultToNull: false })
      .select('code, note')
      .order('id');
    expect(error).toBeNull();
    expect(data).toEqual([
      { code: codes[0], note: 'given' },
      { code: codes[1], note: 'no note' },
    ]);
  });

  test('inserts nothing for an empty list', async () => {
    const { data, error, status } = await service.from('stock').insert([]).select();
    expect([data, error, status]).toEqual([[], null, 201]);
  });

  test('counts inserted rows', async () => {
    const rows = [{ code: newName() }, { code: newName() }];
    const { count, error } = await service.from('stock').insert(rows, { count: 'exact' });
    expect([count, error]).toEqual([2, null]);
  });
});

describe('updates', () => {
  test('answers an updated row with single', async () => {
    const { data, error } = await world.ann.client
      .from('people')
      .update({ bio: 'writes' })
      .eq('id', world.ann.id)
      .select('id, bio')
      .single();
    expect([data, error]).toEqual([{ id: world.ann.id, bio: 'writes' }, null]);
  });

  test('embeds related rows in the answer to an update', async () => {
    const id = await comment('before');
    const { data, error } = await comments()
      .update({ body: 'after' })
      .eq('id', id)
      .select('id, body, articles(title)')
      .single();
    expect([data, error]).toEqual([{ id, body: 'after', articles: { title: titles[1] } }, null]);
  });

  test('answers an updated row that no longer matches the filter', async () => {
    const id = await comment('before');
    const { data, error } = await comments()
      .update({ body: 'after' })
      .eq('id', id)
      .eq('body', 'before')
      .select('body, articles(id)');
    expect([data, error]).toEqual([[{ body: 'after', articles: { id: world.second } }], null]);
  });

  test('answers 204 to an update without select', async () => {
    const id = await comment('before');
    const { data, error, status } = await comments().update({ body: 'after' }).eq('id', id);
    expect([data, error, status]).toEqual([null, null, 204]);
    expect(await sql`select body from public.comments where id = ${id}`).toEqual([{ body: 'after' }]);
  });

  test('answers 204 or an empty list to an update of no row', async () => {
    const { error, status } = await comments().update({ body: 'x' }).eq('id', -5);
    expect([error, status]).toEqual([null, 204]);
    const listed = await comments().update({ body: 'x' }).eq('id', -5).select();
    expect([listed.data, listed.error, listed.status]).toEqual([[], null, 200]);
  });
});

describe('deletes', () => {
  test('answers the deleted row', async () => {
    const id = await comment('soon gone');
    const { data, error, status } = await comments().delete().eq('id', id).select('id, body').single();
    expect([data, error, status]).toEqual([{ id, body: 'soon gone' }, null, 200]);
    expect(await sql`select id from public.comments where id = ${id}`).toHaveLength(0);
  });

  test('answers 204 to a delete without select', async () => {
    const { data, error, status } = await comments().delete().eq('id', -5);
    expect([data, error, status]).toEqual([null, null, 204]);
  });

  test('counts deleted rows', async () => {
    const ids = [await comment('first'), await comment('second')];
    const { count, error } = await comments().delete({ count: 'exact' }).in('id', ids);
    expect([count, error]).toEqual([2, null]);
    expect((await comments().delete({ count: 'exact' }).in('id', ids)).count).toBe(0);
  });
});

describe('writes with single', () => {
  test('refuses an update of no row', async () => {
    const { error, status } = await comments().update({ body: 'x' }).eq('id', -5).select().single();
    expect([error?.code, status]).toEqual(['PGRST116', 406]);
  });

  test('refuses and rolls back an update of several rows', async () => {
    const body = newName('body');
    const { error, status } = await comments()
      .update({ body })
      .eq('article_id', world.first)
      .select()
      .single();
    expect([error?.code, status]).toEqual(['PGRST116', 406]);
    expect(await sql`select id from public.comments where body = ${body}`).toHaveLength(0);
  });

  test('refuses and rolls back an insert of several rows', async () => {
    const body = newName('body');
    const row = { article_id: world.first, body };
    const { error, status } = await comments().insert([row, row]).select().single();
    expect([error?.code, status]).toEqual(['PGRST116', 406]);
    expect(await sql`select id from public.comments where body = ${body}`).toHaveLength(0);
  });
});
