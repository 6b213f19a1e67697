import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf } from './asking.ts';
import { type Writing, write } from './writing.ts';

let world: Writing;
beforeAll(async () => {
  world = await write();
});

/** The three articles of this file, whoever else writes. */
const among = () => [world.first, world.second, world.third];
const articles = () => world.ann.client.from('articles');
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id).sort();

describe('a filter on embedded rows', () => {
  test('leaves the outer rows as they are', async () => {
    const rows = dataOf(
      await articles().select('id, stars(person_id)').eq('stars.person_id', world.ann.id).in('id', among()),
    );
    expect(rows).toHaveLength(3);
    expect(rows.find(({ id }) => id === world.first)?.stars).toEqual([{ person_id: world.ann.id }]);
    expect(rows.find(({ id }) => id === world.second)?.stars).toEqual([]);
  });

  test('takes the outer rows away with !inner', async () => {
    const rows = dataOf(
      await articles()
        .select('id, stars!inner(person_id)')
        .eq('stars.person_id', world.bob.id)
        .in('id', among()),
    );
    expect(ids(rows)).toEqual([world.first, world.second].sort());
  });

  test('counts the outer rows that are left', async () => {
    const { count, error } = await articles()
      .select('id, stars!inner(person_id)', { count: 'exact', head: true })
      .eq('stars.person_id', world.bob.id)
      .in('id', among());
    expect([count, error]).toEqual([2, null]);
  });

  test('goes down two levels', async () => {
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

  test('finds who is without', async () => {
    const rows = dataOf(await articles().select('id, stars()').is('stars', null).in('id', among()));
    expect(rows).toEqual([{ id: world.third }]);
  });

  test('finds who is with', async () => {
    const rows = dataOf(await articles().select('id, stars()').not('stars', 'is', null).in('id', among()));
    expect(ids(rows)).toEqual([world.first, world.second].sort());
  });

  test('may be an or', async () => {
    const rows = dataOf(
      await articles()
        .select('id, comments!inner(body)')
        .or('body.eq.one,body.eq.from Bob', { referencedTable: 'comments' })
        .in('id', among()),
    );
    expect(rows.map(({ id }) => id)).toEqual([world.first]);
    expect(rows[0]?.comments).toHaveLength(2);
  });

  test('may be an or of several embeds', async () => {
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
  test('have an order and a limit of their own', async () => {
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

  test('have a range of their own', async () => {
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

  test('may come twice, under names of their own', async () => {
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

  test('order the outer rows, where they are one', async () => {
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
