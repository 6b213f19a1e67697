import fc from 'fast-check';
import type { Column, Relation } from './catalogue.ts';
import { encode } from './odd.ts';
import type { Known } from './schemas.ts';
import { hostileText } from './values.ts';

const operators = [
  ...['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'like', 'ilike', 'match', 'imatch', 'is', 'isdistinct', 'in'],
  ...['fts', 'plfts', 'phfts', 'wfts', 'fts(english)', 'cs', 'cd', 'ov', 'sl', 'sr', 'nxr', 'nxl', 'adj'],
  ...['not.eq', 'not.not.eq', 'eq(any)', 'like(all)', 'in(any)', 'constructor', '', 'not', 'eq.eq'],
];

const operands = [
  ...[
    'null',
    'true',
    'unknown',
    '{}',
    '{a,b}',
    '()',
    '(a,b)',
    '("a\\"b",c)',
    '(,)',
    '[1,2)',
    '*',
    '%',
    '\\',
    '"',
  ],
  ...[
    '0',
    '-1',
    '1e400',
    'NaN',
    '2026-01-01',
    'infinity',
    'now',
    '00000000-0000-0000-0000-000000000000',
    '(()',
    '.',
  ],
];

/** Name and value of a query parameter. */
type Parameter = string[];

/** A value that a column or an argument probably accepts. */
export function likelyValue({ type, name }: Column, known: Known): fc.Arbitrary<unknown> {
  const among = (meant: (at: number) => string) => fc.noBias(fc.nat()).map(meant);
  if (/\[\]$/.test(type))
    return fc.array(likelyValue({ type: type.slice(0, -2), name }, known), { maxLength: 3 });
  const id = known[name.endsWith('_id') ? name : 'id'] ?? known.id;
  if (type === 'uuid' && id) return among(id);
  if (type === 'boolean') return fc.boolean();
  if (/^(integer|bigint|smallint|numeric)/.test(type)) return fc.integer({ min: 0, max: 50 });
  if (/^(timestamp|date)/.test(type)) return fc.constantFrom('2026-01-01', '1990-02-28');
  if (/^json/.test(type)) return fc.constantFrom<unknown>({}, [], 'x', 1);
  if (/role$/.test(type)) return fc.constantFrom('user', 'moderator', 'admin');
  const meant = known[name];
  return meant ? among(meant) : fc.constantFrom('sun', 'By the sea #sun', 'image/jpeg', '127.0.0.1');
}

/** Queries for a table or a function: valid ones, valid ones with an odd parameter, and odd parameters alone. */
export function queriesOf(
  catalogue: readonly Relation[],
  known: Known,
): (relation: Relation) => fc.Arbitrary<string> {
  const odd = oddParameter(catalogue, known);
  const tables = catalogue.filter(({ kind }) => kind === 'table').map(({ name }) => name);
  const written = (parameters: Parameter[]) =>
    parameters
      .map((parameter) => parameter.map(encode).join('='))
      .join('&')
      .slice(0, 30_000);

  return ({ kind, columns }) => {
    const sober = kind === 'table' ? soberParameters(columns, tables, known) : fc.constant<Parameter[]>([]);
    return fc.oneof(
      { weight: 3, arbitrary: sober.map(written) },
      { weight: 2, arbitrary: fc.tuple(sober, odd).map(([good, bad]) => written([...good, bad])) },
      { weight: 1, arbitrary: fc.array(odd, { maxLength: 4 }).map(written) },
    );
  };
}

/** Existing columns, filters of their types, and embeds of other tables, related or not. */
function soberParameters(
  columns: readonly Column[],
  tables: readonly string[],
  known: Known,
): fc.Arbitrary<Parameter[]> {
  const name = fc.constantFrom(...columns.map((column) => column.name));
  const select = fc
    .tuple(
      fc.subarray([...columns.map((column) => column.name), '*']),
      fc.option(fc.constantFrom(...tables), { freq: 2 }),
    )
    .map(
      ([names, embedded]): Parameter => [
        'select',
        [...names, ...(embedded ? [`${embedded}(*)`] : [])].join(','),
      ],
    );
  const filter = fc.constantFrom(...columns).chain((column) =>
    fc
      .tuple(
        fc.constantFrom(
          'eq',
          'neq',
          'gt',
          'lte',
          'in',
          'not.in',
          'is',
          ...(column.type === 'text' ? ['ilike', 'like', 'wfts'] : []),
        ),
        likelyValue(column, known),
      )
      .map(([operator, value]): [string, string] => {
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        if (operator === 'is') return [column.name, 'is.null'];
        return [column.name, `${operator}.${operator.endsWith('in') ? `(${JSON.stringify(text)})` : text}`];
      }),
  );
  const group = fc
    .tuple(fc.constantFrom('or', 'and', 'not.or'), fc.array(filter, { minLength: 1, maxLength: 3 }))
    .map(([word, filters]): Parameter => {
      const parts = filters.map(([column, test]) => `${column}.${test.replace(/[,()].*$/, '')}`);
      return [word, `(${parts.join(',')})`];
    });
  const order = fc
    .tuple(name, fc.constantFrom('', '.desc', '.asc.nullsfirst'))
    .map((pair): Parameter => ['order', pair.join('')]);
  const page = fc
    .tuple(fc.constantFrom('limit', 'offset'), fc.constantFrom('0', '1', '20'))
    .map((pair): Parameter => pair);
  const some = <T>(part: fc.Arbitrary<T>) => fc.array(part, { maxLength: 1 });
  return fc
    .tuple(some(select), fc.array(filter, { maxLength: 2 }), some(group), some(order), some(page))
    .map((parts) => parts.flat());
}

/** Parameters with valid and invalid syntax. */
function oddParameter(catalogue: readonly Relation[], known: Known): fc.Arbitrary<Parameter> {
  const tables = catalogue.filter(({ kind }) => kind === 'table');
  const names = [
    ...tables.flatMap(({ name, columns }) => [name, ...columns.map((column) => column.name)]),
    '*',
    'count',
  ];
  const anyName = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...names) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'owner',
        'a->b',
        'a->>0',
        '"a b"',
        'sum()',
        'nope',
        '..',
        "x'",
        '!inner',
        '',
      ),
    },
    { weight: 1, arbitrary: hostileText.map((text) => text.slice(0, 500)) },
  );
  const operand = fc.oneof(
    fc.constantFrom(...operands),
    fc.noBias(fc.nat()).map((at) => known.id?.(at) ?? ''),
    hostileText.map((text) => text.slice(0, 3_000)),
  );
  const filter = fc.tuple(fc.constantFrom(...operators), operand).map((parts) => parts.join('.'));

  const { select, tree } = fc.letrec<{ select: string; tree: string }>((tie) => ({
    // `a:b::text`, `posts!owner_id(id,tags(name))`, `...profiles(username)`, `id.count()`.
    select: fc
      .array(
        fc
          .record({
            spread: fc.constantFrom('', '', '', '...'),
            alias: fc.constantFrom('', '', '', 'x:', '":"', ':'),
            name: anyName,
            hint: fc.constantFrom('', '', '', '!inner', '!owner_id', '!left', '!nope', '!'),
            inner: fc.option(tie('select'), { depthSize: 'small', freq: 2 }),
            cast: fc.constantFrom('', '', '', '::text', '::int', '::nope', '.count()', '->a', '->>0'),
          })
          .map(({ spread, alias, name, hint, inner, cast }) =>
            inner === null ? `${spread}${alias}${name}${cast}` : `${spread}${alias}${name}${hint}(${inner})`,
          ),
        { maxLength: 4 },
      )
      .map((parts) => parts.join(',')),
    // `and(id.eq.1,or(a.is.null,not.and()))`
    tree: fc
      .tuple(
        fc.constantFrom('and', 'or', 'not.and', 'not.or', 'nor'),
        fc.array(
          fc.oneof(
            { depthSize: 'small' },
            fc.tuple(anyName, filter).map((pair) => pair.join('.')),
            tie('tree'),
          ),
          {
            maxLength: 4,
          },
        ),
      )
      .map(([word, parts]) => `${word}(${parts.join(',')})`),
  }));
  const deepTree = fc
    .constantFrom(30, 1_000)
    .map((depth) => `${'and('.repeat(depth)}id.is.null${')'.repeat(depth)}`);
  const order = fc
    .array(
      fc
        .tuple(anyName, fc.constantFrom('', '.asc', '.desc', '.desc.nullslast', '.nope', '(id)', '.asc.asc'))
        .map((pair) => pair.join('')),
      { maxLength: 3 },
    )
    .map((parts) => parts.join(','));
  const count = fc.constantFrom('0', '1', '10', '-1', '1.5', '99999999999999999999', 'x', '');
  const parameter = fc.oneof(
    { weight: 3, arbitrary: select.map((value) => ['select', value]) },
    { weight: 3, arbitrary: fc.tuple(anyName, filter).map((pair): string[] => pair) },
    {
      weight: 2,
      arbitrary: fc.oneof(tree, deepTree).map((value) => {
        const at = value.indexOf('(');
        return [value.slice(0, at), value.slice(at)];
      }),
    },
    { weight: 1, arbitrary: order.map((value) => ['order', value]) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('limit', 'offset', 'posts.limit'), count)
        .map((pair): string[] => pair),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom('columns', 'on_conflict'), anyName).map((pair): string[] => pair),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(hostileText, hostileText).map((pair) => pair.map((text) => text.slice(0, 500))),
    },
  );
  return parameter;
}
