import { interleave, medianMilliseconds } from './interleave.ts';
import { type BenchNoctra, connect, connectAs, connectUnsecured } from './noctra.ts';
import { type PagePair, type PageQuestion, pageQuestions } from './pages.ts';
import type { Recorder } from './report.ts';
import { ratio, summarize } from './statistics.ts';

/** Enough statements a round for a figure above the clock's noise. */
const statementsPerRound = 50;

/**
 * A page of 20 posts with all that belongs to them, as one statement: under row-level security in a reader's role, and
 * the same rows without it; each list at its beginning and deep down.
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
    const pairs = await pageQuestions(admin, 1_000_000);
    for (const pair of pairs) await assertSameRows(secured, unsecured, pair);
    const things = pairs.flatMap((pair) => [
      { name: nameOf(pair.secured), round: () => ask(secured, pair.secured) },
      { name: `${nameOf(pair.secured)}, no RLS`, round: () => ask(unsecured, pair.unsecured) },
    ]);
    const figures = await interleave(things, rounds);
    for (const [name, values] of figures) recorder.figure(name, 'ms', summarize(values));
    const of = (name: string) => figures.get(name) ?? [];
    for (const { secured: question } of pairs) {
      const name = nameOf(question);
      recorder.ratio(`RLS: ${name}`, ratio(of(name), of(`${name}, no RLS`)), { atMost: 1.25 });
      if (question.depth > 0)
        recorder.ratio(`deep by first: ${question.kind}`, ratio(of(name), of(question.kind)), {
          atMost: 1.2,
        });
    }
    for (const { secured: question } of pairs)
      recorder.report.plans[nameOf(question)] = await explain(secured, question);
  } finally {
    await Promise.all([admin.end(), secured.end(), unsecured.end()]);
  }
}

/**
 * The same pages of a large and of a smaller database, in turns: what a page costs must not follow the number of posts.
 */
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
      const questions = await pageQuestions(admin, 1_000_000);
      await admin.end();
      return { questions, sql: await connectAs(noctra, reader) };
    }),
  );
  try {
    // The first page and the deep one of each kind; where one list is too short for a deep page, neither has it.
    const kindOf = ({ secured: { kind, depth } }: PagePair) => (depth === 0 ? kind : `${kind}, deep`);
    const named = sides.map(
      ({ questions }) => new Map(questions.map((pair) => [kindOf(pair), pair.secured])),
    );
    const names = [...(named[0]?.keys() ?? [])].filter((name) => named[1]?.has(name));
    const things = names.flatMap((name) =>
      sides.map(({ sql }, side) => ({
        name: `${name}, ${side === 0 ? 'large' : 'small'}`,
        round: () => ask(sql, named[side]?.get(name) as PageQuestion),
      })),
    );
    const figures = await interleave(things, rounds);
    for (const [name, values] of figures) recorder.figure(name, 'ms', summarize(values));
    for (const name of names)
      recorder.ratio(name, ratio(figures.get(`${name}, large`) ?? [], figures.get(`${name}, small`) ?? []), {
        atMost: 1.3,
      });
  } finally {
    await Promise.all(sides.map(({ sql }) => sql.end()));
  }
}

function nameOf({ kind, depth }: PageQuestion): string {
  return depth === 0 ? kind : `${kind}, ${depth.toLocaleString('en')} rows deep`;
}

type Sql = ReturnType<typeof connect>;

function run(sql: Sql, { text, values }: PageQuestion) {
  return sql.unsafe<{ body: string }[]>(text, values, { prepare: true });
}

function ask(sql: Sql, question: PageQuestion): Promise<number> {
  return medianMilliseconds(statementsPerRound, () => run(sql, question));
}

/** A comparison of different pages would say nothing. */
async function assertSameRows(secured: Sql, unsecured: Sql, pair: PagePair): Promise<void> {
  const [one] = await run(secured, pair.secured);
  const [other] = await run(unsecured, pair.unsecured);
  if (!one?.body || one.body === '[]' || one.body !== other?.body)
    throw new Error(
      `The page "${nameOf(pair.secured)}" is not the same with and without row-level security.`,
    );
}

async function explain(sql: Sql, { text, values }: PageQuestion): Promise<string> {
  const rows = await sql.unsafe(`explain (analyze, buffers) ${text}`, values);
  return rows.map((row) => String(row['QUERY PLAN'])).join('\n');
}
