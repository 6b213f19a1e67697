import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, newName, openDatabase, raw, service } from './asking.ts';
import { titles, type Writing, write } from './writing.ts';

const sql = openDatabase();
let world: Writing;
beforeAll(async () => {
  world = await write();
});

describe('results', () => {
  test.each<[string, string, object, unknown]>([
    ['text', 'greet', { name: 'Ann' }, 'Hello, Ann'],
    ['a boolean', 'is_open', {}, true],
    ['a time', 'new_year', {}, '2026-01-01T00:00:00+00:00'],
    ['null', 'nothing_at_all', {}, null],
    ['a list', 'three_numbers', {}, [1, 2, 3]],
    ['a set of numbers', 'count_up', { up_to: 3 }, [1, 2, 3]],
    ['an empty set', 'count_up', { up_to: 0 }, []],
    ['several outputs', 'two_outputs', {}, { number: 1, word: 'one' }],
  ])('answers %s', async (_name, name, parameters, expected) => {
    const { data, error, status } = await anonymous.rpc(name, parameters);
    expect([data, error, status]).toEqual([expected, null, 200]);
  });

  test('counts one value or one row', async () => {
    expect(await anonymous.rpc('greet', { name: 'Ann' }, { count: 'exact' })).toMatchObject({ count: 1 });
    expect(await anonymous.rpc('two_outputs', {}, { count: 'exact' })).toMatchObject({ count: 1 });
  });

  test('answers 204 for void', async () => {
    const { data, error, status } = await anonymous.rpc('do_nothing');
    expect([data, error, status]).toEqual([null, null, 204]);
  });

  test('answers jsonb unchanged', async () => {
    for (const content of [{ x: [1] }, [1, 2], 'text', 5, true]) {
      const packed = dataOf(await anonymous.rpc('pack', { amount: 1, content }));
      expect(packed).toEqual({ amount: 1, content });
    }
  });

  test('answers the rows of a table', async () => {
    const rows = dataOf(await anonymous.rpc('steps', { up_to: 2 }));
    const at = '2026-01-02T03:04:05.678901+00:00';
    expect(rows).toEqual([
      { step: 1, label: 'step 1', at },
      { step: 2, label: 'step 2', at },
    ]);
  });

  test('filters, orders and limits the rows of a table', async () => {
    const { data, error } = await anonymous
      .rpc('steps', { up_to: 10 })
      .select('step')
      .gt('step', 5)
      .order('step', { ascending: false })
      .limit(2);
    expect([data, error]).toEqual([[{ step: 10 }, { step: 9 }], null]);
  });

  test('answers one row of a table as an object', async () => {
    const article = dataOf(await world.ann.client.rpc('article_of', { article_id: world.first }));
    expect(article).toMatchObject({
      id: world.first,
      title: titles[0],
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*(Z|\+00:00)$/),
    });
  });

  test('embeds related rows into one row of a table', async () => {
    const article = dataOf(
      await world.ann.client.rpc('article_of', { article_id: world.second }).select('id, comments(body)'),
    );
    expect(article).toEqual({ id: world.second, comments: [{ body: 'three' }] });
  });
});

describe('functions that return rows of a table', () => {
  const all = (options = {}) => world.ann.client.rpc('all_articles', {}, options);

  test('embeds, filters, orders, pages and counts the rows of a function', async () => {
    const { data, count, error } = await all({ count: 'exact' })
      .select('title, people!articles_author_id_fkey(handle), stars(count)')
      .eq('author_id', world.ann.id)
      .order('title', { ascending: false })
      .range(0, 1);
    expect([count, error]).toEqual([3, null]);
    const people = { handle: world.ann.handle };
    expect(data).toEqual([
      { title: titles[2], people, stars: [{ count: 0 }] },
      { title: titles[1], people, stars: [{ count: 1 }] },
    ]);
  });

  test('answers one row with single', async () => {
    const article = dataOf(await all().eq('id', world.first).select('id, title').single());
    expect(article).toEqual({ id: world.first, title: titles[0] });
  });

  test('counts without rows', async () => {
    const { data, count, error } = await all({ count: 'exact', head: true }).eq('author_id', world.ann.id);
    expect([data, count, error]).toEqual([null, 3, null]);
  });

  test('orders embedded rows with GET', async () => {
    const { data, error } = await all({ get: true })
      .select('comments(body)')
      .eq('id', world.first)
      .order('id', { referencedTable: 'comments', ascending: false })
      .single();
    expect([data, error]).toEqual([
      { comments: [{ body: 'from Bob' }, { body: 'two' }, { body: 'one' }] },
      null,
    ]);
  });
});

describe('functions', () => {
  test('writes with POST, and refuses to with GET', async () => {
    const batch = newName();
    const read = await service.rpc('add_reading', { batch }, { get: true });
    expect([read.error?.code, read.status]).toEqual(['25006', 405]);
    const written = dataOf(await service.rpc('add_reading', { batch }));
    expect(await sql`select id from public.readings where batch = ${batch}`).toEqual([{ id: written }]);
  });

  test('answers with the status and headers that a function sets', async () => {
    const response = await raw('/rest/v1/rpc/answer_created', { method: 'POST' });
    expect([response.status, response.headers.get('x-shelf'), await response.json()]).toEqual([
      201,
      'left',
      'created',
    ]);
  });
});
