import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf } from './asking.ts';
import { type Writing, write } from './writing.ts';

let world: Writing;
beforeAll(async () => {
  world = await write();
});

/** The three articles of this file alone. */
const among = () => [world.first, world.second, world.third];
const articles = () => world.ann.client.from('articles');
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id).sort();

describe('filters on embedded rows', () => {
  test('keeps outer rows without matching embedded rows', async () => {
    const rows = dataOf(
      await articles().select('id, stars(person_id)').eq('stars.person_id', world.ann.id).in('id', among()),
    );
    expect(rows).toHaveLength(3);
    expect(rows.find(({ id }) => id === world.first)?.stars).toEqual([{ person_id: world.ann.id }]);
    expect(rows.find(({ id }) => id === world.second)?.stars).toEqual([]);
  });

  test('removes outer rows without matching embedded rows with !inner', async () => {
    const rows = dataOf(
      await articles()
        .select('id, stars!inner(person_id)')
        .eq('stars.person_id', world.bob.id)
        .in('id', among()),
    );
    expect(ids(rows)).toEqual([world.first, world.second].sort());
  });

  test('counts the outer rows that remain', async () => {
    const { count, error } = await articles()
      .select('id, stars!inner(person_id)', { count: 'exact', head: true })
      .eq('stars.person_id', world.bob.id)
      .in('id', among());
    expect([count, error]).toEqual([2, null]);
  });

  test('filters embedded rows two levels down', async () => {
    const rows = dataOf(
      await articles()
        .select('id, comments!inner(body, people!inner(handle))')
        .eq('comments.people.handle', world.bob.handle)
        .in('id', among()),
    );
    expect(rows).toEqual([
      { id: world.first, comments: [{ body: 'from Bob', people: { handle: world.bob.handle } }] },
    ]);
  });

  test('finds rows without embedded rows', async () => {
    const rows = dataOf(await articles().select('id, stars()').is('stars', null).in('id', among()));
    expect(rows).toEqual([{ id: world.third }]);
  });

  test('finds rows with embedded rows', async () => {
    const rows = dataOf(await articles().select('id, stars()').not('stars', 'is', null).in('id', among()));
    expect(ids(rows)).toEqual([world.first, world.second].sort());
  });

  test('filters embedded rows with or', async () => {
    const rows = dataOf(
      await articles()
        .select('id, comments!inner(body)')
        .or('body.eq.one,body.eq.from Bob', { referencedTable: 'comments' })
        .in('id', among()),
    );
    expect(rows.map(({ id }) => id)).toEqual([world.first]);
    expect(rows[0]?.comments).toHaveLength(2);
  });

  test('filters outer rows by any of several embeds', async () => {
    const rows = dataOf(
      await articles()
        .select('id, stars!left(person_id), comments!left(id)')
        .or('stars.not.is.null,comments.not.is.null')
        .in('id', among()),
    );
    expect(ids(rows)).toEqual([world.first, world.second].sort());
  });
});

describe('embedded rows', () => {
  test('orders and limits embedded rows', async () => {
    const article = dataOf(
      await articles()
        .select('comments(body)')
        .eq('id', world.first)
        .order('id', { referencedTable: 'comments', ascending: false })
        .limit(1, { referencedTable: 'comments' })
        .single(),
    );
    expect(article.comments).toEqual([{ body: 'from Bob' }]);
  });

  test('cuts embedded rows to a range', async () => {
    const article = dataOf(
      await articles()
        .select('comments(body)')
        .eq('id', world.first)
        .order('id', { referencedTable: 'comments' })
        .range(1, 2, { referencedTable: 'comments' })
        .single(),
    );
    expect(article.comments).toEqual([{ body: 'two' }, { body: 'from Bob' }]);
  });

  test('embeds one table twice under two aliases', async () => {
    const article = dataOf(
      await articles()
        .select('mine:comments(body), others:comments(body)')
        .eq('id', world.first)
        .eq('mine.author_id', world.ann.id)
        .eq('others.author_id', world.bob.id)
        .order('id', { referencedTable: 'mine' })
        .single(),
    );
    expect(article).toEqual({ mine: [{ body: 'one' }, { body: 'two' }], others: [{ body: 'from Bob' }] });
  });

  test('orders outer rows by a to-one embed', async () => {
    const rows = dataOf(
      await world.ann.client
        .from('comments')
        .select('body, people(handle)')
        .eq('article_id', world.first)
        .order('people(handle)', { ascending: world.bob.handle < world.ann.handle })
        .order('id'),
    );
    expect(rows.map(({ body }) => body)).toEqual(['from Bob', 'one', 'two']);
  });
});
