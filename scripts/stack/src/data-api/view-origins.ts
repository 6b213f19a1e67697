/** Where a view's column comes from. */
export interface Origin {
  /** `oid` of the table. */
  table: number;
  /** The column's number there. */
  column: number;
}

/** By `oid` of a view, by the number of its column. Columns that are computed are missing. */
export type Origins = Map<number, Map<number, Origin>>;

/** Tells which column of which table each column of the views comes from, through views that stand on views. */
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

/** A view cannot stand on itself, so the way down ends. */
function trace(direct: Origins, origin: Origin): Origin | null {
  const view = direct.get(origin.table);
  if (!view) return origin;
  const next = view.get(origin.column);
  return next ? trace(direct, next) : null;
}

/**
 * Reads PostgreSQL's own text of a view's query. In it each column of the result is a TARGETENTRY that names the table
 * and column it comes from; those of the query itself stand two braces deep, those of queries within it deeper.
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

/** The entry's own fields come after its expression, at its end. */
function readEntry(entry: string, columns: Map<number, Origin>): void {
  const found = /:resno (\d+) .*:resorigtbl (\d+) :resorigcol (\d+) :resjunk (true|false)\s*$/s.exec(
    entry.slice(entry.lastIndexOf(':resno ')),
  );
  if (!found || found[4] === 'true' || found[2] === '0' || found[3] === '0') return;
  columns.set(Number(found[1]), { table: Number(found[2]), column: Number(found[3]) });
}
