import fc from 'fast-check';
import type { Column, Relation } from './catalogue.ts';
import { encode } from './odd.ts';
import type { Callers, FuzzRequest, Header } from './requests.ts';
import type { Known } from './schemas.ts';
import { asText, hostileText, hostileValue, toJson } from './values.ts';

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

/** Requests to every table and function of the catalogue, by its name: what supabase-js sends, and what nobody should. */
export function dataApiRequests(
  catalogue: readonly Relation[],
  callers: Callers,
  publishableKey: string,
  known: Known,
): Map<string, fc.Arbitrary<FuzzRequest>> {
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
  const query = fc.array(parameter, { maxLength: 4 }).map((pairs) =>
    pairs
      .map((pair) => pair.map(encode).join('='))
      .join('&')
      .slice(0, 30_000),
  );

  const headers = fc
    .subarray<Header>([
      ['prefer', 'count=exact'],
      ['prefer', 'count=planned, return=representation'],
      ['prefer', 'return=headers-only, missing=default'],
      ['prefer', 'resolution=merge-duplicates'],
      ['prefer', 'tx=rollback, handling=strict, max-affected=1'],
      ['accept', 'application/vnd.pgrst.object+json'],
      ['accept', 'text/csv'],
      ['accept', 'application/vnd.pgrst.plan+json'],
      ['accept', 'image/png'],
      ['accept-profile', 'private'],
      ['content-profile', 'auth'],
      ['range', '0-9'],
      ['range', '9-0'],
      ['range', 'x'],
    ])
    .map((list) => list.slice(0, 3));
  const callerOf = (name: string) => {
    const people = name === 'delete_account' ? callers.leavers : callers.people;
    return fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...people) },
      { weight: 1, arbitrary: fc.constantFrom<Header[]>([], ...callers.strangers) },
    );
  };

  const columnValue = ({ type, name }: Column): fc.Arbitrary<unknown> => {
    const meant = known[{ post_id: 'id', original_post_id: 'id', is_public: '' }[name] ?? name];
    const likely = meant
      ? fc.noBias(fc.nat()).map(meant)
      : /^(bool|int|numeric|bigint)/.test(type)
        ? fc.constantFrom<unknown>(true, false, 0, 1)
        : fc.string();
    const listed = /\[\]$/.test(type) ? fc.array(likely, { maxLength: 3 }) : likely;
    return fc.oneof({ weight: 3, arbitrary: listed }, { weight: 1, arbitrary: hostileValue });
  };

  return new Map(
    catalogue.map(({ kind, name, columns }) => {
      const row = fc.record(Object.fromEntries(columns.map((column) => [column.name, columnValue(column)])), {
        requiredKeys: [],
      });
      const rows = fc.oneof(row, fc.array(row, { maxLength: 3 }), hostileValue);
      const methods =
        kind === 'table' ? ['GET', 'GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'PUT'] : ['POST', 'POST', 'GET'];
      const request = fc
        .record({
          method: fc.constantFrom(...methods),
          query,
          headers,
          caller: callerOf(name),
          body: rows,
          args: row,
        })
        .map(({ method, query, headers, caller, body, args }): FuzzRequest => {
          const asQuery = kind === 'function' && method === 'GET' && typeof args === 'object';
          const pairs = asQuery
            ? Object.entries(args).map(([key, value]) => `${key}=${encode(asText(value))}`)
            : [];
          const hasBody = ['POST', 'PATCH', 'PUT'].includes(method);
          return {
            operation: name,
            method,
            path: `/rest/v1/${kind === 'function' ? 'rpc/' : ''}${name}?${[...pairs, query].join('&')}`.slice(
              0,
              40_000,
            ),
            headers: [
              ...(caller.some(([header]) => header === 'apikey')
                ? []
                : [['apikey', publishableKey] as Header]),
              ...caller.map(([header, value]): Header => [header, value.replace(/^Token /, 'Bearer ')]),
              ...(hasBody ? [['content-type', 'application/json'] as Header] : []),
              ...headers,
            ],
            body: hasBody ? Buffer.from(toJson(kind === 'function' ? args : body)) : null,
            cutAfter: null,
          };
        });
      return [name, request] as const;
    }),
  );
}
