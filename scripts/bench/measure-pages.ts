import { type BenchNoctra, connect, connectAs, connectUnsecured } from './bench-stack.ts';
import { interleave, medianMilliseconds } from './interleave.ts';
import { type Page, type PageQuestion, pagesToMeasure } from './pages.ts';
import type { Recorder } from './report.ts';
import { ratio, summarize } from './statistics.ts';

/**
 * Measures a page of 20 posts with owner, tags, mentions and files, as one statement: by list_posts and by embeds, each
 * under row-level security and without it.
 */
export async function measurePages(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
  reader: string,
): Promise<void> {
  recorder.area('Pages, as SQL');
  const admin = connect(noctra.databaseUrl('supabase_admin'));
  const secured = await connectAs(noctra, reader);
  const unsecured = await connectUnsecured(noctra, reader);
  try {
    const pages = await pagesToMeasure(admin, 1_000_000);
    for (const page of pages) await assertSamePosts(secured, unsecured, page);
    const things = pages.flatMap((page) => [
      { name: nameOf(page), sql: secured, question: page.list },
      { name: `${nameOf(page)}, embeds`, sql: secured, question: page.embeds },
      { name: `${nameOf(page)}, list, no RLS`, sql: unsecured, question: page.list },
      { name: `${nameOf(page)}, no RLS`, sql: unsecured, question: page.unsecured },
    ]);
    const figures = await interleavePages(things, rounds);
    for (const [name, values] of figures) recorder.figure(name, 'ms', summarize(values));
    const of = (name: string) => figures.get(name) ?? [];
    for (const page of pages) {
      const name = nameOf(page);
      const unsecuredTimes = of(`${name}, no RLS`);
      recorder.ratio(
        `list_posts by itself without RLS: ${name}`,
        ratio(of(name), of(`${name}, list, no RLS`)),
        {
          atMost: 1.25,
        },
      );
      recorder.ratio(`list_posts by embeds without RLS: ${name}`, ratio(of(name), unsecuredTimes));
      recorder.ratio(
        `embeds by themselves without RLS: ${name}`,
        ratio(of(`${name}, embeds`), unsecuredTimes),
        {
          atMost: 2,
        },
      );
      if (page.depth > 0)
        recorder.ratio(`deep by first: ${page.kind}`, ratio(of(name), of(page.kind)), { atMost: 1.2 });
    }
    // The plan of list_posts shows the function alone; the plan of embeds shows the indexes.
    for (const page of pages) recorder.report.plans[nameOf(page)] = await explain(secured, page.embeds);
  } finally {
    await Promise.all([admin.end(), secured.end(), unsecured.end()]);
  }
}

/** Measures the same pages of a large and a small database: the number of posts must not determine the cost of a page. */
export async function measureGrowth(
  large: BenchNoctra,
  small: BenchNoctra,
  recorder: Recorder,
  rounds: number,
  reader: string,
): Promise<void> {
  recorder.area('Pages, large by small database');
  const sides = await Promise.all(
    [large, small].map(async (noctra) => {
      const admin = connect(noctra.databaseUrl('supabase_admin'));
      const pages = await pagesToMeasure(admin, 1_000_000);
      await admin.end();
      return { pages, sql: await connectAs(noctra, reader) };
    }),
  );
  try {
    // Only pages of both databases: a short list has no deep page.
    const kindOf = ({ kind, depth }: Page) => (depth === 0 ? kind : `${kind}, deep`);
    const named = sides.map(({ pages }) => new Map(pages.map((page) => [kindOf(page), page.list])));
    const names = [...(named[0]?.keys() ?? [])].filter((name) => named[1]?.has(name));
    const things = names.flatMap((name) =>
      sides.map(({ sql }, side) => ({
        name: `${name}, ${side === 0 ? 'large' : 'small'}`,
        sql,
        question: named[side]?.get(name) as PageQuestion,
      })),
    );
    const figures = await interleavePages(things, rounds);
    for (const [name, values] of figures) recorder.figure(name, 'ms', summarize(values));
    for (const name of names)
      recorder.ratio(name, ratio(figures.get(`${name}, large`) ?? [], figures.get(`${name}, small`) ?? []), {
        atMost: 1.3,
      });
  } finally {
    await Promise.all(sides.map(({ sql }) => sql.end()));
  }
}

function nameOf({ kind, depth }: Page): string {
  return depth === 0 ? kind : `${kind}, ${depth.toLocaleString('en')} rows deep`;
}

type Sql = ReturnType<typeof connect>;

function run(sql: Sql, { text, values }: PageQuestion) {
  return sql.unsafe<{ body: string }[]>(text, values, { prepare: true });
}

/** Median milliseconds of one page; by default of enough statements for a stable median. */
export function ask(sql: Sql, question: PageQuestion, statements = 50): Promise<number> {
  return medianMilliseconds(statements, () => run(sql, question));
}

/** Measures pages in turns. Their rounds are short and many, so that a slow phase of the machine affects all of them. */
export function interleavePages(
  pages: readonly { name: string; sql: Sql; question: PageQuestion }[],
  rounds: number,
): Promise<Map<string, number[]>> {
  const things = pages.map(({ name, sql, question }) => ({ name, round: () => ask(sql, question, 10) }));
  return interleave(things, 5 * rounds);
}

/** Throws unless all three ways return the same posts in the same order. */
async function assertSamePosts(secured: Sql, unsecured: Sql, page: Page): Promise<void> {
  const ids = async (sql: Sql, question: PageQuestion) => {
    const [row] = await run(sql, question);
    return (JSON.parse(row?.body ?? '[]') as { id: string }[]).map(({ id }) => id).join();
  };
  const listed = await ids(secured, page.list);
  const others = [await ids(secured, page.embeds), await ids(unsecured, page.unsecured)];
  if (!listed || others.some((other) => other !== listed))
    throw new Error(`The page "${nameOf(page)}" differs between list_posts, embeds and no RLS.`);
}

async function explain(sql: Sql, { text, values }: PageQuestion): Promise<string> {
  const rows = await sql.unsafe(`explain (analyze, buffers) ${text}`, values);
  return rows.map((row) => String(row['QUERY PLAN'])).join('\n');
}
