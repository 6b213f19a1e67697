import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf } from './asking.ts';
import { titles, type Writing, write } from './writing.ts';

let world: Writing;
beforeAll(async () => {
  world = await write();
});

const articles = () => world.ann.client.from('articles');
const among = () => [world.first, world.second, world.third];

describe('generated columns', () => {
  test('reads a generated column', async () => {
    const article = dataOf(await articles().select('title_length').eq('id', world.first).single());
    expect(article).toEqual({ title_length: titles[0].length });
  });

  test('refuses to write a generated column', async () => {
    const { error, status } = await articles().insert({ title: 'x', title_length: 5 });
    expect([error?.code, status]).toEqual(['428C9', 400]);
  });
});

// docs.postgrest.org, references/api/computed_fields.
describe('computed columns', () => {
  test('selects a computed column by its name only', async () => {
    const article = dataOf(await articles().select('id, star_count').eq('id', world.first).single());
    expect(article).toEqual({ id: world.first, star_count: 2 });
    expect(dataOf(await articles().select().eq('id', world.first).single())).not.toHaveProperty('star_count');
  });

  test('filters and orders by a computed column', async () => {
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
describe('computed relationships', () => {
  test('embeds the rows of a computed relationship', async () => {
    const article = dataOf(await articles().select('latest_comments(body)').eq('id', world.first).single());
    expect(article).toEqual({ latest_comments: [{ body: 'from Bob' }, { body: 'two' }, { body: 'one' }] });
  });

  test('filters a computed relationship, and embeds into it', async () => {
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

describe('aggregates', () => {
  // docs.postgrest.org, references/api/aggregate_functions: off unless switched on, which Supabase does not.
  test('refuses an aggregate', async () => {
    const { error, status } = await articles().select('title_length.max()');
    expect([error?.code, status]).toEqual(['PGRST123', 400]);
  });
});

describe('columns', () => {
  test('renames and casts a column', async () => {
    const article = dataOf(await articles().select('size:title_length::text').eq('id', world.first).single());
    expect(article).toEqual({ size: String(titles[0].length) });
  });
});
