import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openDatabase } from '../kit/database.ts';

const sql = openDatabase({ max: 1 });

// A fixed seed: every run tests the same texts. fast-check prints the smallest failing one.
const seed = 20261122;

// What the rules are about: signs, their neighbours, and what looks like a URL or an address.
const pieces = [
  ...[
    '@',
    '#',
    '＠',
    '＃',
    '&',
    '&#',
    '!',
    '$',
    '_',
    '-',
    '+',
    '.',
    ':',
    '/',
    '?',
    '(',
    ')',
    '://',
    '@@',
    '##',
  ],
  ...['nora', 'otto', 'RT', 'rt:', 'ab', '7', '2026', 'http://', 'example.com', 'a.bb/', 'x@a.bb', '&#39;'],
  ...[
    'é',
    'ß',
    'İ',
    'Σ',
    'я',
    '写',
    'の',
    'ー',
    '한',
    'ก',
    'ั',
    'ह',
    'ि',
    'ص',
    'ش',
    '١',
    'א',
    '״',
    '·',
    '་',
    '\u{20000}',
  ],
  ...[
    '\u0301',
    '\u200c',
    '\u200d',
    '\ufe0e',
    '\ufe0f',
    '\u20e3',
    '☀',
    '👩‍🚀',
    '🇳🇴',
    ' ',
    '\n',
    '\u00a0',
    '\u3000',
    '\u2028',
  ],
  ...[
    '\u0001',
    '\u001b',
    '\u0085',
    '\u200b',
    '\u202e',
    '\ufeff',
    '\ufffe',
    '\uffff',
    '\u{10ffff}',
    '\u{e0100}',
  ],
];
const piece = fc.constantFrom(...pieces);
/** Any text that PostgreSQL can store: no NUL and no half surrogate pairs. */
const anything = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll('\0', ''));
const run = fc.tuple(piece, fc.integer({ min: 2, max: 400 })).map(([text, times]) => text.repeat(times));
const caption = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: piece },
      { weight: 3, arbitrary: anything },
      { weight: 1, arbitrary: run },
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));
// Many texts in one query: the round trip takes longer than the work.
const captions = fc.array(caption, { minLength: 100, maxLength: 100, size: 'max' });

interface Found {
  text: string;
  mentions: string[];
  hashtags: string[];
}

async function extract(texts: readonly string[]): Promise<Found[]> {
  return sql<Found[]>`
    select text, public.extract_mentions(text) as mentions, public.extract_hashtags(text) as hashtags
    from unnest(${texts as string[]}::text[]) with ordinality as given (text, place) order by place
  `;
}

/** Whether the words are in the text in this order, each after one of the signs. */
function standIn(text: string, signs: string, words: readonly string[]): boolean {
  let from = 0;
  return words.every((word) => {
    const places = [...signs].map((sign) => text.indexOf(sign + word, from)).filter((place) => place >= 0);
    from = Math.min(...places) + 1;
    return places.length > 0;
  });
}

test('extraction returns words of the text that have the form of names and tags, for any text', async () => {
  await fc.assert(
    fc.asyncProperty(captions, async (texts) => {
      const found = await extract(texts);
      expect(found).toHaveLength(texts.length);
      for (const { text, mentions, hashtags } of found) {
        for (const name of mentions) expect(name).toMatch(/^[A-Za-z0-9_]{3,30}$/);
        for (const tag of hashtags) expect(tag).toMatch(/^(?=.*[\p{L}\p{M}])[^\s#＃@＠!-/:-?[-^{-~]+$/u);
        expect({ text, mentions: standIn(text, '@＠', mentions) }).toEqual({ text, mentions: true });
        expect({ text, hashtags: standIn(text, '#＃', hashtags) }).toEqual({ text, hashtags: true });
      }
    }),
    { seed, numRuns: 50 },
  );
});

test('extraction returns from two lines what it returns from each of them', async () => {
  await fc.assert(
    fc.asyncProperty(captions, captions, async (texts, others) => {
      const found = await extract([...texts, ...others]);
      const together = await extract(texts.map((text, place) => `${text}\n${others[place]}`));
      const apart = texts.map((_, place) => [found[place], found[place + texts.length]] as [Found, Found]);
      expect(together.map(({ mentions, hashtags }) => ({ mentions, hashtags }))).toEqual(
        apart.map(([one, other]) => ({
          mentions: [...one.mentions, ...other.mentions],
          hashtags: [...one.hashtags, ...other.hashtags],
        })),
      );
    }),
    { seed, numRuns: 25 },
  );
});

test('extraction returns the same under any collation', async () => {
  const answers = ['C', 'pg_c_utf8', 'unicode', 'tr-x-icu', 'lt-x-icu'].map(
    (collation) => sql`
      public.extract_mentions(text collate ${sql(collation)}) = public.extract_mentions(text)
      and public.extract_hashtags(text collate ${sql(collation)}) = public.extract_hashtags(text)
      and convert_to(private.tag_name(text collate ${sql(collation)}), 'UTF8') = convert_to(private.tag_name(text), 'UTF8')
    `,
  );
  await fc.assert(
    fc.asyncProperty(captions, async (texts) => {
      for (const answer of answers)
        expect(await sql`select text from unnest(${texts}::text[]) as text where not (${answer})`).toEqual(
          [],
        );
    }),
    { seed, numRuns: 15 },
  );
});

test('normalising a tag twice gives the same tag', async () => {
  await fc.assert(
    fc.asyncProperty(captions, async (texts) => {
      const rows = await sql<{ text: string; once: string[]; again: string[] }[]>`
        select
          text,
          array(select private.tag_name(tag) from unnest(tags) as tag) as once,
          array(select private.tag_name(private.tag_name(tag)) from unnest(tags) as tag) as again
        from unnest(${texts}::text[]) as text
        cross join public.extract_hashtags(text) as tags
      `;
      for (const { text, once, again } of rows) expect({ text, again }).toEqual({ text, again: once });
    }),
    { seed, numRuns: 25 },
  );
});
