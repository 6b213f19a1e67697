import type postgres from 'postgres';
import { type BenchNoctra, connect, connectAs } from './bench-stack.ts';
import { interleave } from './interleave.ts';
import { ask } from './measure-pages.ts';
import type { PageQuestion } from './pages.ts';
import type { Recorder } from './report.ts';
import { ratio, summarize } from './statistics.ts';
import { createPostText, pageText } from './texts.ts';

/** A search, and the milliseconds that it may take on a million posts. */
interface Search {
  name: string;
  call: string;
  values: readonly string[];
  atMost: number;
}

/** Milliseconds of a search that is made to be slow. */
const slowest = 250;

/** Words of the sentences in data.sql, and of its tags and names. */
const searches: readonly Search[] = [
  { name: 'people by a prefix', call: 'search_people($1)', values: ['person_12'], atMost: 5 },
  { name: 'people by the prefix of all', call: 'search_people($1)', values: ['p'], atMost: 5 },
  { name: 'people by a word of the bio', call: 'search_people($1)', values: ['sea40'], atMost: 5 },
  { name: 'people by a misspelt name', call: 'search_people($1)', values: ['persom_7731'], atMost: slowest },
  { name: 'people by a word of all bios', call: 'search_people($1)', values: ['by the'], atMost: slowest },
  { name: 'suggested people', call: 'suggest_people($1)', values: ['person_77'], atMost: 5 },
  { name: 'suggested people by one character', call: 'suggest_people($1)', values: ['p'], atMost: 5 },
  { name: 'posts by a common word', call: 'search_posts($1)', values: ['and'], atMost: 30 },
  { name: 'posts by a common word of Japanese', call: 'search_posts($1)', values: ['遠く'], atMost: 30 },
  { name: 'posts by two common words', call: 'search_posts($1)', values: ['new guitar'], atMost: 30 },
  { name: 'posts by a rare word', call: 'search_posts($1)', values: ['sea40000'], atMost: 10 },
  { name: 'posts by a word that no post has', call: 'search_posts($1)', values: ['xylophone'], atMost: 10 },
  {
    name: 'posts by common words that no post has together',
    call: 'search_posts($1)',
    values: ['guitar shore'],
    atMost: slowest,
  },
  { name: 'tags by a prefix', call: 'search_tags($1)', values: ['sea4'], atMost: 5 },
  { name: 'tags by one character', call: 'search_tags($1)', values: ['s'], atMost: 5 },
  { name: 'trends that were counted', call: 'trending_tags()', values: [], atMost: 1 },
];

/** The captions that are published with and without terms: short, and as long as one may be, where words hardly repeat. */
const captions = {
  'a sentence': 'New strings on the old guitar, and the neighbours are being very kind about it.',
  'a sentence of Japanese': '今日は朝から海が静かで、遠くの島まではっきりと見えました。',
  'a sentence of Russian': 'Сегодня утром туман над рекой стоял так низко, что моста не было видно.',
  'a long caption': Array.from({ length: 400 }, (_, place) => `word${place}`).join(' '),
  'a long caption of Japanese': String.fromCodePoint(
    // A quarter is of 300 Han characters, the rest hiragana.
    ...Array.from({ length: 2200 }, (_, place) =>
      place % 4 === 0 ? 0x4e00 + ((place * 37) % 300) : 0x3042 + ((place * place * 7) % 80),
    ),
  ),
};

/** Measures searches against the time that they may take, and publishing by publishing without terms. */
export async function measureSearch(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
  reader: string,
): Promise<void> {
  const admin = connect(noctra.databaseUrl('supabase_admin'));
  const sql = await connectAs(noctra, reader);
  try {
    recorder.area('Search, as SQL');
    const figures = await interleave(
      searches.map(({ name, call, values }) => ({
        name,
        round: () => ask(sql, { text: pageText(call), values: [...values] }),
      })),
      rounds,
    );
    for (const { name, atMost } of searches) {
      const times = figures.get(name) ?? [];
      recorder.figure(name, 'ms', summarize(times));
      recorder.ratio(`by ${atMost} ms: ${name}`, summarize(times.map((time) => time / atMost)), {
        atMost: 1,
      });
    }
    await measurePublishing(recorder, admin, sql, rounds);
    await measureSizes(recorder, admin);
  } finally {
    await Promise.all([admin.end(), sql.end()]);
  }
}

/** Measures publishing as it is, and without the triggers that keep the terms. */
async function measurePublishing(
  recorder: Recorder,
  admin: postgres.Sql,
  sql: postgres.Sql,
  rounds: number,
): Promise<void> {
  recorder.area('What terms cost a post, as SQL');
  const setTriggers = async (state: 'enable' | 'disable') => {
    for (const name of ['_300_keep_terms_of_new', '_300_keep_terms'])
      await admin.unsafe(`alter table public.posts ${state} trigger ${name}`);
  };
  try {
    for (const [name, caption] of Object.entries(captions)) {
      const question: PageQuestion = { text: createPostText, values: [caption.slice(0, 2200)] };
      const figures = await interleave(
        (['enable', 'disable'] as const).map((state) => ({
          name: state,
          round: async () => {
            await setTriggers(state);
            return ask(sql, question);
          },
        })),
        rounds,
      );
      const of = (state: string) => figures.get(state) ?? [];
      recorder.figure(`publishing ${name}`, 'ms', summarize(of('enable')));
      recorder.ratio(`by publishing without terms: ${name}`, ratio(of('enable'), of('disable')), {
        atMost: 1.3,
      });
    }
  } finally {
    await setTriggers('enable');
  }
}

/** Records what search needs of the disk, beside the posts themselves. */
async function measureSizes(recorder: Recorder, admin: postgres.Sql): Promise<void> {
  const rows = await admin<{ name: string; mebibytes: number }[]>`
    select name, pg_relation_size(name::regclass) / 1048576.0 as mebibytes
    from unnest(array[
      'public.posts', 'private.post_terms', 'private.post_terms_pkey', 'private.post_terms_terms_idx',
      'public.profiles_username_prefix_idx', 'public.profiles_username_similar_idx', 'public.profiles_search_terms_idx'
    ]) as name
  `;
  for (const { name, mebibytes } of rows) recorder.figure(name, 'MiB', summarize([Number(mebibytes)]));
}
