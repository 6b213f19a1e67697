import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, newName, service } from './asking.ts';
import { titles, type Writing, write } from './writing.ts';

let world: Writing;
beforeAll(async () => {
  world = await write();
});

const articles = () => world.ann.client.from('articles');
const names = (rows: { name: string }[]) => rows.map(({ name }) => name).sort();

describe('embeds', () => {
  test('embeds three levels, to one and to many, with a count', async () => {
    const article = dataOf(
      await articles()
        .select(
          `id, title, author:people!articles_author_id_fkey(id, handle), comments(body, author:people(handle)),
           article_topics(topics(name)), stars(count)`,
        )
        .eq('id', world.first)
        .single(),
    );
    expect(article).toMatchObject({
      author: { id: world.ann.id, handle: world.ann.handle },
      stars: [{ count: 2 }],
    });
    expect(article.comments).toContainEqual({ body: 'from Bob', author: { handle: world.bob.handle } });
    const through = article.article_topics as unknown as { topics: { name: string } }[];
    expect(names(through.map(({ topics }) => topics))).toEqual(world.topics);
  });

  test('embeds rows through a junction table', async () => {
    const article = dataOf(await articles().select('id, topics(name)').eq('id', world.first).single());
    expect(names(article.topics)).toEqual(world.topics);
  });

  test('embeds one object for a one-to-one relationship', async () => {
    const summary = { article_id: world.first, body: 'short' };
    expect((await world.ann.client.from('summaries').upsert(summary)).error).toBeNull();
    const article = dataOf(await articles().select('summaries(body)').eq('id', world.first).single());
    expect(article).toEqual({ summaries: { body: 'short' } });
    const none = dataOf(await articles().select('summaries(body)').eq('id', world.third).single());
    expect(none).toEqual({ summaries: null });
  });

  test('embeds the parent and the children of a table that references itself', async () => {
    const [parent, child] = [newName('parent'), newName('child')];
    const { id } = dataOf(await service.from('stock').insert({ code: parent }).select('id').single());
    dataOf(await service.from('stock').insert({ code: child, parent_id: id }).select());
    const up = await service.from('stock').select('code, parent:parent_id(code)').eq('code', child).single();
    expect([up.data, up.error]).toEqual([{ code: child, parent: { code: parent } }, null]);
    const down = await service
      .from('stock')
      .select('code, children:stock!parent_id(code)')
      .eq('code', parent)
      .single();
    expect([down.data, down.error]).toEqual([{ code: parent, children: [{ code: child }] }, null]);
  });

  test('embeds by the column of a foreign key', async () => {
    const comment = dataOf(
      await world.ann.client
        .from('comments')
        .select('author_id(handle)')
        .eq('article_id', world.second)
        .single(),
    );
    expect(comment).toEqual({ author_id: { handle: world.ann.handle } });
  });
});

describe('spread embeds', () => {
  test('spreads the columns of a to-one embed', async () => {
    const { data, error } = await articles()
      .select('id, ...people!articles_author_id_fkey(writer:handle)')
      .eq('id', world.first)
      .single();
    expect([data, error]).toEqual([{ id: world.first, writer: world.ann.handle }, null]);
  });

  // docs.postgrest.org, references/api/resource_embedding, "Spread To-Many relationships", since PostgREST 13.
  test('spreads the columns of a to-many embed as lists', async () => {
    const { data, error } = await articles()
      .select('id, ...comments(bodies:body)')
      .eq('id', world.first)
      .order('id', { referencedTable: 'comments' })
      .single();
    expect([data, error]).toEqual([{ id: world.first, bodies: ['one', 'two', 'from Bob'] }, null]);
  });

  test('spreads through a junction table in two steps', async () => {
    const { data, error } = await articles()
      .select('article_topics(...topics(name))')
      .eq('id', world.second)
      .single();
    expect([data, error]).toEqual([{ article_topics: [{ name: world.topics[1] }] }, null]);
  });
});

describe('relationships', () => {
  test('refuses an embed that several relationships fit', async () => {
    const { error, status } = await articles().select('id, people(handle)').limit(1);
    expect(status).toBe(300);
    expect(error).toMatchObject({
      code: 'PGRST201',
      hint: expect.stringContaining('articles_author_id_fkey'),
      details: expect.any(Array),
    });
  });

  test('refuses an embed without a relationship', async () => {
    const { error, status } = await articles().select('id, nothing(x)').limit(1);
    expect([error?.code, error?.hint, status]).toEqual(['PGRST200', null, 400]);
  });

  test('names the closest related table in the hint', async () => {
    const { error } = await articles().select('id, comment(body)').limit(1);
    expect(error?.hint).toBe("Perhaps you meant 'comments' instead of 'comment'.");
    // A table that is named correctly is no hint for a wrong key.
    expect((await articles().select('id, comments!nothing(body)').limit(1)).error?.hint).toBe(null);
  });

  test('refuses two embeds of one name', async () => {
    const one = 'people!articles_author_id_fkey(handle)';
    const { error, status } = await articles().select(`id, ${one}, ${one}`).limit(1);
    expect([error?.code, status]).toEqual(['42712', 400]);
    expect(error?.message).toBe('table name "articles_people_1" specified more than once');
    expect(dataOf(await articles().select(`id, ${one}, again:${one}`).limit(1))).toHaveLength(1);
  });

  // docs.postgrest.org, references/api/resource_embedding: the foreign keys must be part of a junction's primary key.
  test('embeds through no table whose primary key lacks the foreign keys', async () => {
    const depot = dataOf(await service.from('depots').insert({ name: 'north' }).select('id').single());
    const parcel = dataOf(
      await service.from('parcels').insert({ depot_id: depot.id }).select('id, depots(name)').single(),
    );
    expect(parcel).toMatchObject({ depots: { name: 'north' } });
    const { data, error } = await service
      .from('parcels')
      .select('depots(name)')
      .eq('id', parcel.id as number);
    expect([data, error]).toEqual([[{ depots: { name: 'north' } }], null]);
  });
});

describe('views', () => {
  test('applies the policies of the caller to a view', async () => {
    const { data, error } = await world.ann.client
      .from('article_cards')
      .select('id, title, stars')
      .eq('id', world.first)
      .single();
    expect([data, error]).toEqual([{ id: world.first, title: titles[0], stars: 2 }, null]);
    const nobody = await anonymous.from('article_cards').select('id, stars');
    expect([nobody.data, nobody.error]).toEqual([[], null]);
  });

  // PostgREST's Plan.hs, findRel: a constraint or a column leads to tables only.
  test('embeds the table behind a foreign key, and not a view that shows the same key', async () => {
    const comment = dataOf(
      await world.ann.client
        .from('comments')
        .select('article_id(title), article:comments_article_id_fkey(title)')
        .eq('article_id', world.second)
        .single(),
    );
    expect(comment).toEqual({ article_id: { title: titles[1] }, article: { title: titles[1] } });
  });

  test('embeds through the foreign keys of a view\u2019s columns', async () => {
    const { data, error } = await world.ann.client
      .from('article_cards')
      .select('id, people!articles_author_id_fkey(handle)')
      .eq('id', world.first)
      .single();
    expect([data, error]).toEqual([{ id: world.first, people: { handle: world.ann.handle } }, null]);
  });
});
