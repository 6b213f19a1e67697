/** What a client wants to know of changes. */
export interface Wanted {
  event: '*' | 'INSERT' | 'UPDATE' | 'DELETE';
  /** `*` for all. */
  schema: string;
  table: string;
  /** All of them must hold. */
  filters: Filter[];
  /** The columns to show besides the primary key; null for all. */
  columns: string[] | null;
}

/** A condition on a column. */
export interface Filter {
  column: string;
  operator: string;
  /** For `in` the text of an array. */
  value: string;
  negated: boolean;
}

const operators = new Set([
  'eq',
  'neq',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'like',
  'ilike',
  'is',
  'match',
  'imatch',
  'isdistinct',
]);

/** Reads a client's wish; throws an Error whose message is for the client. */
export function readWanted(params: Record<string, unknown>): Wanted {
  const { schema, table, filter } = params;
  const columns = readColumns(params.select);
  const event = typeof params.event === 'string' ? params.event.toUpperCase() : '*';
  const isAction = event === 'INSERT' || event === 'UPDATE' || event === 'DELETE';
  const wanted: Omit<Wanted, 'schema' | 'table'> = {
    event: isAction ? event : '*',
    filters: typeof filter === 'string' ? readFilters(filter) : [],
    columns,
  };
  const hasFilter = 'filter' in params;
  if (typeof schema === 'string' && typeof table === 'string' && (!hasFilter || typeof filter === 'string'))
    return orNoColumns({ ...wanted, schema, table });
  if (typeof schema === 'string' && !('table' in params) && !hasFilter)
    return orNoColumns({ ...wanted, schema, table: '*' });
  if (typeof table === 'string' && !('schema' in params) && !hasFilter)
    return orNoColumns({ ...wanted, schema: 'public', table });
  throw new Error(
    `No subscription params provided. Please provide at least a \`schema\` or \`table\` to subscribe to: ${JSON.stringify(params)}`,
  );
}

function readColumns(select: unknown): string[] | null {
  if (typeof select === 'string') {
    throw new Error(
      'Error parsing `select` params: expected a list of column name strings, e.g. select: ["col1", "col2"]',
    );
  }
  const names = Array.isArray(select) ? select.filter((name) => typeof name === 'string') : [];
  return names.length > 0 ? names : null;
}

function orNoColumns(wanted: Wanted): Wanted {
  if (wanted.columns && (wanted.schema === '*' || wanted.table === '*')) {
    throw new Error(
      'Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.',
    );
  }
  return wanted;
}

function readFilters(text: string): Filter[] {
  if (text.trim() === '') return [];
  return splitFilters(text.trim()).map((part) => readFilter(part.trim()));
}

/** Splits at commas that are in no parentheses and in no quotes. Quotes count where a value may begin. */
function splitFilters(text: string): string[] {
  const parts = [''];
  let depth = 0;
  let quoted = false;
  let before = '';
  for (let at = 0; at < text.length; at++) {
    let character = text.charAt(at);
    if (quoted && character === '\\') character += text.charAt(++at);
    else if (quoted) quoted = character !== '"';
    else if (character === '"') quoted = ['.', '(', ','].includes(before);
    else if (character === '(') depth++;
    else if (character === ')') depth = Math.max(0, depth - 1);
    if (character === ',' && depth === 0 && !quoted) {
      parts.push('');
      before = '';
      continue;
    }
    parts.push(`${parts.pop()}${character}`);
    before = character;
  }
  return parts;
}

function readFilter(part: string): Filter {
  const refuse = (why: string) => new Error(`Error parsing \`filter\` params: ${why}`);
  if (part === '') throw refuse('filter must not contain empty segments (check for extra commas)');
  const [, column, not, condition] = /^([^=]*)=(not\.)?(.*)$/s.exec(part) ?? [];
  if (column === undefined || condition === undefined) throw refuse(JSON.stringify([part]));
  const [, operator, value] = /^([^.]*)\.(.*)$/s.exec(condition) ?? [];
  if (operator === undefined || value === undefined) throw refuse(JSON.stringify([condition]));
  if (!operators.has(operator)) throw refuse(`["${operator}", "${value}"]`);
  if (operator === 'in' && !/^\(.*\)$/s.test(value))
    throw refuse('`in` filter value must be wrapped by parentheses');
  return {
    column,
    operator,
    value: operator === 'in' ? `{${value.slice(1, -1)}}` : unquote(value),
    negated: not !== undefined,
  };
}

function unquote(value: string): string {
  return /^"(?:[^"\\]|\\.)*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value;
}
