import { dataOf, newName, type Person, service, signUp } from './asking.ts';

/** Two users, and three articles of the first. */
export interface Writing {
  ann: Person;
  bob: Person;
  /** Starred by both; three comments, the last by Bob; both topics. */
  first: string;
  /** Starred by Bob; one comment; the second topic. */
  second: string;
  /** Without stars, comments and topics. */
  third: string;
  /** The names of two topics, in order. */
  topics: [string, string];
}

/** The titles of the three articles: the second for search, the third for quoting. */
export const titles = ['Hello', 'Notes about running shoes', 'Third, (odd) title, 100%'] as const;

/** Writes them under new names. */
export async function write(): Promise<Writing> {
  const [ann, bob] = await Promise.all([signUp(), signUp()]);
  const rows = titles.map((title) => ({ title }));
  const written = dataOf(await ann.client.from('articles').insert(rows).select('id, title'));
  const [first, second, third] = titles.map(
    (title) => written.find((row: { title: string }) => row.title === title)?.id as string,
  ) as [string, string, string];
  const topics: [string, string] = [newName('a'), newName('b')];
  const named = dataOf(
    await service
      .from('topics')
      .insert(topics.map((name) => ({ name })))
      .select('id, name'),
  );
  const [one, two] = topics.map((name) => named.find((row: { name: string }) => row.name === name)?.id);
  const steps = [
    await service.from('article_topics').insert([
      { article_id: first, topic_id: one },
      { article_id: first, topic_id: two },
      { article_id: second, topic_id: two },
    ]),
    await bob.client.from('stars').insert([{ article_id: first }, { article_id: second }]),
    await ann.client.from('stars').insert({ article_id: first }),
    await ann.client.from('comments').insert([
      { article_id: first, body: 'one' },
      { article_id: first, body: 'two' },
      { article_id: second, body: 'three' },
    ]),
    await bob.client.from('comments').insert({ article_id: first, body: 'from Bob' }),
  ];
  for (const { error } of steps) if (error) throw error;
  return { ann, bob, first, second, third, topics };
}
