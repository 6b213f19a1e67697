import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf } from './asking.ts';
import { titles, type Writing, write } from './writing.ts';

let world: Writing;
beforeAll(async () => {
  world = await write();
});

const articles = () => world.ann.client.from('articles');
const among = () => [world.first, world.second, world.third];

describe('a generated column', () => {
  test('is read like any other', async () => {
    const article = dataOf(await articles().select('title_length').eq('id', world.first).single());
    expect(article).toEqual({ title_length: titles[0].length });
  });

  test('cannot be written', async () => {
    const { error, status } = await articles().insert({ title: 'x', title_length: 5 });
    expect([error?.code, status]).toEqual(['428C9', 400]);
  });
});

// docs.postgrest.org, references/api/computed_fields.
describe('a computed column', () => {
  test('is there when it is asked for, and not otherwise', async () => {
    const article = dataOf(await articles().select('id, star_count').eq('id', world.first).single());
    expect(article).toEqual({ id: world.first, star_count: 2 });
    expect(dataOf(await articles().select().eq('id', world.first).single())).not.toHaveProperty('star_count');
  });

  test('filters and orders', async () => {
    const rows = dataOf(
      await articles()
        .select('id')
        .gte('star_count', 1)
        .in('id', among())
        .order('star_count', { ascending: false }),
    );
    expect(rows).toEqual([{ id: world.first }, { id: world.second }]);
  });
});

// docs.postgrest.org, references/api/resource_embedding, "Computed Relationships".
describe('a computed relationship', () => {
  test('embeds what its function returns', async () => {
    const article = dataOf(await articles().select('latest_comments(body)').eq('id', world.first).single());
    expect(article).toEqual({ latest_comments: [{ body: 'from Bob' }, { body: 'two' }, { body: 'one' }] });
  });

  test('is filtered, and has embeds of its own', async () => {
    const article = dataOf(
      await articles()
        .select('latest_comments(body, people(handle))')
        .eq('id', world.first)
        .eq('latest_comments.author_id', world.bob.id)
        .single(),
    );
    expect(article).toEqual({
      latest_comments: [{ body: 'from Bob', people: { handle: world.bob.handle } }],
    });
  });
});

describe('an aggregate', () => {
  // docs.postgrest.org, references/api/aggregate_functions: off unless switched on, which Supabase does not.
  test('is refused', async () => {
    const { error, status } = await articles().select('title_length.max()');
    expect([error?.code, status]).toEqual(['PGRST123', 400]);
  });
});

describe('a column', () => {
  test('has another name and another type when asked', async () => {
    const article = dataOf(await articles().select('size:title_length::text').eq('id', world.first).single());
    expect(article).toEqual({ size: String(titles[0].length) });
  });
});
