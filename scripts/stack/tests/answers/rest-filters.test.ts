import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf, service } from './asking.ts';
import { titles, type Writing, write } from './writing.ts';

let world: Writing;
beforeAll(async () => {
  world = await write();
});

type Query = ReturnType<typeof select>;
const select = () => world.ann.client.from('articles').select('title').eq('author_id', world.ann.id);
/** The indexes (0 to 2) of the titles that match a filter. */
async function found(filter: (query: Query) => Query): Promise<number[]> {
  const rows = dataOf(await filter(select()));
  return rows.map(({ title }) => titles.indexOf(title)).sort();
}

describe('comparisons', () => {
  test.each<[string, (query: Query) => Query, number[]]>([
    ['eq', (query) => query.eq('title', titles[0]), [0]],
    ['eq with reserved characters', (query) => query.eq('title', titles[2]), [2]],
    ['neq', (query) => query.neq('title', titles[0]), [1, 2]],
    ['gt', (query) => query.gt('title_length', 5), [1, 2]],
    ['gte', (query) => query.gte('title_length', 5), [0, 1, 2]],
    ['lt', (query) => query.lt('title_length', 5), []],
    ['lte', (query) => query.lte('title_length', 5), [0]],
    ['is', (query) => query.is('is_public', true), [0, 1, 2]],
    ['is null', (query) => query.is('title', null), []],
    ['isDistinct', (query) => query.isDistinct('title', titles[0]), [1, 2]],
    ['in', (query) => query.in('title', [titles[0], titles[2]]), [0, 2]],
    ['in with commas, parentheses and quotes', (query) => query.in('title', [titles[2], 'a "b"']), [2]],
    ['in of nothing', (query) => query.in('title', []), []],
    ['notIn', (query) => query.notIn('title', [titles[0], titles[2]]), [1]],
    ['match', (query) => query.match({ title: titles[1], is_public: true }), [1]],
    ['not', (query) => query.not('title', 'eq', titles[0]), [1, 2]],
    ['filter', (query) => query.filter('title_length', 'gt', 5), [1, 2]],
  ])('filters with %s', async (_name, filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  test('combines several comparisons', async () => {
    const filter = (query: Query) =>
      query
        .gt('title_length', 4)
        .lte('title_length', 1000)
        .not('title', 'ilike', '%about%')
        .is('is_public', true);
    expect(await found(filter)).toEqual([0, 2]);
  });

  test('compares citext without case', async () => {
    const people = () => world.ann.client.from('people').select('handle');
    expect(dataOf(await people().eq('handle', world.ann.handle.toUpperCase()))).toHaveLength(1);
    const both = [world.ann.handle.toUpperCase(), world.bob.handle.toUpperCase()];
    expect(dataOf(await people().in('handle', both))).toHaveLength(2);
  });
});

describe('patterns', () => {
  test.each<[string, (query: Query) => Query, number[]]>([
    ['like', (query) => query.like('title', 'H%'), [0]],
    ['like in the other case', (query) => query.like('title', 'h%'), []],
    ['ilike', (query) => query.ilike('title', 'h%'), [0]],
    ['like with the asterisk of PostgREST', (query) => query.filter('title', 'like', '*shoes'), [1]],
    ['likeAllOf', (query) => query.likeAllOf('title', ['%t%', '%100%']), [2]],
    ['likeAnyOf', (query) => query.likeAnyOf('title', ['Hello', 'Notes%']), [0, 1]],
    ['ilikeAllOf', (query) => query.ilikeAllOf('title', ['%T%', '%ODD%']), [2]],
    ['ilikeAnyOf', (query) => query.ilikeAnyOf('title', ['HELLO', 'notes%']), [0, 1]],
    ['regexMatch', (query) => query.regexMatch('title', '^Notes'), [1]],
    ['regexMatch in the other case', (query) => query.regexMatch('title', '^notes'), []],
    ['regexIMatch', (query) => query.regexIMatch('title', '^NOTES'), [1]],
  ])('filters with %s', async (_name, filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });
});

describe('logic trees', () => {
  test('nests and in or', async () => {
    const filter = (query: Query) =>
      query.or(`id.eq.${world.first},and(id.eq.${world.second},title.ilike.*RUNNING*)`);
    expect(await found(filter)).toEqual([0, 1]);
  });

  test('reads quoted values and negation', async () => {
    const filter = (query: Query) =>
      query.or(`title.eq."${titles[2]}",not.and(title.neq.Hello,id.not.is.null)`);
    expect(await found(filter)).toEqual([0, 2]);
  });
});

describe('full-text search', () => {
  test.each<[string, (query: Query) => Query, number[]]>([
    [
      'websearch',
      (query) => query.textSearch('search', 'runs', { type: 'websearch', config: 'english' }),
      [1],
    ],
    ['plain', (query) => query.textSearch('search', 'shoe notes', { type: 'plain', config: 'english' }), [1]],
    [
      'phrase',
      (query) => query.textSearch('search', 'notes shoes', { type: 'phrase', config: 'english' }),
      [],
    ],
    ['of operators', (query) => query.textSearch('search', "'shoe' & !'hello'"), [1]],
    // docs.postgrest.org, references/api/tables_views: text and json are turned into a tsvector, since PostgREST 13.
    ['in plain text', (query) => query.textSearch('title', 'running', { type: 'plain' }), [1]],
  ])('searches with %s', async (_name, filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });
});

describe('filters', () => {
  test('refuses a value of a wrong type', async () => {
    for (const [column, value] of [
      ['stage', 'bogus'],
      ['id', 'not-a-uuid'],
    ] as const) {
      const { error, status } = await world.ann.client.from('articles').select('id').eq(column, value);
      expect([error?.code, status]).toEqual(['22P02', 400]);
    }
  });

  test('compares with hundreds of values', async () => {
    const values = [world.first, ...Array.from({ length: 450 }, () => crypto.randomUUID())];
    const { data, error } = await world.ann.client.from('articles').select('id').in('id', values);
    expect([data, error]).toEqual([[{ id: world.first }], null]);
  });

  test('filters updates and deletes', async () => {
    const batch = crypto.randomUUID();
    const rows = [1, 2, 3].map((value) => ({ batch, value }));
    dataOf(await service.from('readings').insert(rows).select());
    const readings = () => service.from('readings');
    const changed = await readings()
      .update({ value: 9 })
      .eq('batch', batch)
      .or('value.eq.1,value.eq.2')
      .select();
    expect(changed.data).toHaveLength(2);
    const removed = await readings().delete().eq('batch', batch).gt('value', 5).select();
    expect(removed.data).toHaveLength(2);
  });
});
