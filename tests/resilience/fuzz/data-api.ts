import fc from 'fast-check';
import type { Column, Relation } from './catalogue.ts';
import { likelyValue, queriesOf } from './data-api-queries.ts';
import { encode } from './odd.ts';
import type { Callers, FuzzRequest, Header } from './requests.ts';
import type { Known } from './schemas.ts';
import { asText, hostileValue, toJson } from './values.ts';

/** Valid and invalid requests to every table and function of the catalogue, by its name. */
export function dataApiRequests(
  catalogue: readonly Relation[],
  callers: Callers,
  publishableKey: string,
  known: Known,
): Map<string, fc.Arbitrary<FuzzRequest>> {
  const queryOf = queriesOf(catalogue, known);
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
  const seldomHeaders = fc.oneof(
    { weight: 2, arbitrary: fc.constant<Header[]>([]) },
    { weight: 1, arbitrary: headers },
  );
  const callerOf = (name: string) => {
    const people = name === 'delete_account' ? callers.leavers : callers.people;
    return fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...people) },
      { weight: 1, arbitrary: fc.constantFrom<Header[]>([], ...callers.strangers) },
    );
  };

  /** Usually a value of the column's type, sometimes any value. */
  const columnValue = (column: Column) =>
    fc.oneof({ weight: 9, arbitrary: likelyValue(column, known) }, { weight: 1, arbitrary: hostileValue });

  return new Map(
    catalogue.map((relation) => {
      const { kind, name, columns } = relation;
      const fields = Object.fromEntries(columns.map((column) => [column.name, columnValue(column)]));
      const some = fc.record(fields, { requiredKeys: [] });
      // Clients may write few columns, so a row with all columns would always be refused.
      const one = fc.oneof(
        ...columns.map(({ name }) => fc.record({ [name]: fields[name] ?? fc.constant(null) })),
        some,
      );
      const row = kind === 'table' ? one : fc.oneof({ weight: 3, arbitrary: fc.record(fields) }, some);
      const rows = fc.oneof(row, fc.array(row, { maxLength: 3 }), hostileValue);
      const methods =
        kind === 'table' ? ['GET', 'GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'PUT'] : ['POST', 'POST', 'GET'];
      const request = fc
        .record({
          method: fc.constantFrom(...methods),
          query: queryOf(relation),
          headers: seldomHeaders,
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
