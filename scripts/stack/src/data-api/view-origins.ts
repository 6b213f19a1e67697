/** The table column that a view's column shows. */
export interface Origin {
  /** `oid` of the table. */
  table: number;
  /** The column's number there. */
  column: number;
}

/** By `oid` of a view, then by the number of its column. Computed columns are missing. */
export type Origins = Map<number, Map<number, Origin>>;

/** Finds the table column behind each column of the views, also through views on views. */
export function originsOf(views: readonly { oid: number; rule: string | null }[]): Origins {
  const direct: Origins = new Map();
  for (const { oid, rule } of views) if (rule !== null) direct.set(oid, readRule(rule));
  const origins: Origins = new Map();
  for (const [oid, columns] of direct) {
    const traced = new Map<number, Origin>();
    for (const [position, origin] of columns) {
      const end = trace(direct, origin);
      if (end) traced.set(position, end);
    }
    origins.set(oid, traced);
  }
  return origins;
}

/** Ends, since a view cannot select from itself. */
function trace(direct: Origins, origin: Origin): Origin | null {
  const view = direct.get(origin.table);
  if (!view) return origin;
  const next = view.get(origin.column);
  return next ? trace(direct, next) : null;
}

/**
 * Reads PostgreSQL's text of a view's parsed query. Each column of the result is a TARGETENTRY that holds its table and
 * column. Those of the query itself are two braces deep, those of subqueries deeper.
 */
function readRule(rule: string): Map<number, Origin> {
  const columns = new Map<number, Origin>();
  let depth = 0;
  let start = -1;
  for (let at = 0; at < rule.length; at++) {
    const sign = rule[at];
    if (sign === '\\') at++;
    else if (sign === '{') {
      depth++;
      if (depth === 2 && rule.startsWith('{TARGETENTRY', at)) start = at;
    } else if (sign === '}') {
      if (depth === 2 && start >= 0) {
        readEntry(rule.slice(start, at), columns);
        start = -1;
      }
      depth--;
    }
  }
  return columns;
}

/** The fields of an entry follow its expression. */
function readEntry(entry: string, columns: Map<number, Origin>): void {
  const found = /:resno (\d+) .*:resorigtbl (\d+) :resorigcol (\d+) :resjunk (true|false)\s*$/s.exec(
    entry.slice(entry.lastIndexOf(':resno ')),
  );
  if (!found || found[4] === 'true' || found[2] === '0' || found[3] === '0') return;
  columns.set(Number(found[1]), { table: Number(found[2]), column: Number(found[3]) });
}
