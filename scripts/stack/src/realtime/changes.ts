import type { Sql } from 'postgres';
import { isApiRole } from '../caller.ts';
import { errorMessage, isDatabaseAway } from '../errors.ts';
import { report } from '../service-log.ts';
import { describe, failed, keyError, keyValues, type Row, readRow } from './changed-row.ts';
import type { Change, Subscriber, Subscription } from './database.ts';
import { filterSql } from './filter-sql.ts';
import type { RowChange } from './pgoutput.ts';
import type { Settled } from './settled.ts';
import { type Column, createParameters, readTables, type Table } from './table-columns.ts';
import { createVisibility } from './visibility.ts';
import { readWanted, type Wanted } from './wanted.ts';

/** Decides who gets which change. */
export interface Changes {
  /** Subscribes; rejects with a message for the client. */
  subscribe(wanted: Record<string, unknown>, caller: Subscriber): Promise<Subscription>;
  /** Whether nobody is subscribed. */
  isEmpty(): boolean;
  /** Publishes a change to those who may see it. Rejects only when the database is away. */
  handle(change: RowChange): Promise<void>;
}

interface Subscribed {
  id: number;
  wanted: Wanted;
  caller: Subscriber;
}

const publication = 'supabase_realtime';

/** The filters of so many go into one statement, which may have 65,535 parameters. */
const subscribersAtATime = 500;

/** How many filters a subscription may have. */
const mostFilters = 100;

/** How many values a filter `in` may list. */
const mostValues = 100;

export function createChanges(sql: Sql, settled: Settled, publish: (change: Change) => void): Changes {
  const isVisible = createVisibility(sql);
  const byTable = new Map<string, Set<Subscribed>>();
  let lastId = 0;

  function about(schema: string, table: string): Subscribed[] {
    const keys = [keyOf(schema, table), keyOf(schema, '*'), keyOf('*', table), keyOf('*', '*')];
    return keys.flatMap((key) => [...(byTable.get(key) ?? [])]);
  }

  async function handle(change: RowChange): Promise<void> {
    const { action, relation } = change;
    const interested = about(relation.schema, relation.table).filter(
      ({ wanted }) => wanted.event === '*' || wanted.event === action,
    );
    if (interested.length === 0) return;
    await settled(change.transaction);
    const roles = [...new Set(interested.map(({ caller }) => caller.role))];
    const [table] = await readTables(sql, { id: relation.id }, roles);
    if (!table) return;
    for (let at = 0; at < interested.length; at += subscribersAtATime)
      await publishTo(interested.slice(at, at + subscribersAtATime), change, table);
  }

  async function publishTo(interested: Subscribed[], change: RowChange, table: Table): Promise<void> {
    const { action } = change;
    let row: Row<Subscribed>;
    try {
      row = await readRow(sql, change, table, interested);
    } catch (error) {
      if (isDatabaseAway(error) || interested.length === 1) throw error;
      // A filter that fails harms no other subscription.
      for (const one of interested) await publishTo([one], change, table).catch(unlessAway);
      return;
    }
    for (const [role, ofRole] of Map.groupBy(row.passing, ({ caller }) => caller.role)) {
      const error = action === 'DELETE' ? null : keyError(table, role);
      const seen =
        error || !table.isSecured || action === 'DELETE'
          ? ofRole
          : await isVisible(table, keyValues(change, table), ofRole);
      for (const group of Map.groupBy(seen, ({ wanted }) => JSON.stringify(wanted.columns)).values()) {
        const columns = group[0]?.wanted.columns ?? null;
        const data = error ? failed(change, error) : describe(change, table, row, role, columns);
        publish({ ids: group.map(({ id }) => id), type: action, data });
      }
    }
  }

  return {
    async subscribe(params, caller) {
      const wanted = readWanted(params);
      await check(sql, wanted, caller);
      const subscribed: Subscribed = { id: ++lastId, wanted, caller };
      const key = keyOf(wanted.schema, wanted.table);
      const others = byTable.get(key) ?? new Set();
      byTable.set(key, others.add(subscribed));
      return {
        id: subscribed.id,
        unsubscribe() {
          others.delete(subscribed);
          if (others.size === 0 && byTable.get(key) === others) byTable.delete(key);
        },
        async update(newCaller) {
          await check(sql, wanted, newCaller);
          subscribed.caller = newCaller;
        },
      };
    },
    isEmpty: () => byTable.size === 0,
    async handle(change) {
      try {
        await handle(change);
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
        report('realtime', `A change of ${change.relation.schema}.${change.relation.table} is lost:`, error);
      }
    },
  };
}

function unlessAway(error: unknown): void {
  if (isDatabaseAway(error)) throw error;
}

const keyOf = (schema: string, table: string) => JSON.stringify([schema, table]);

/** Rejects, in the real service's words, where nothing could ever come of a subscription. */
async function check(sql: Sql, wanted: Wanted, { role }: Subscriber): Promise<void> {
  const { event, schema, table, filters, columns } = wanted;
  const list = filters.map(({ column, operator, value, negated }) =>
    JSON.stringify([column, operator, value, negated]),
  );
  const parameters = `[event: ${event}, schema: ${schema}, table: ${table}, filters: [${list}], select: ${columns ? JSON.stringify(columns) : 'nil'}]`;
  const refusal = 'Unable to subscribe to changes with given parameters.';
  const refuse = (error: unknown): never => {
    if (isDatabaseAway(error)) throw error;
    const why = `Exception: ${errorMessage(error)}`;
    throw new Error(
      `${refusal} An exception happened so please check your connect parameters: ${parameters}. ${why}`,
    );
  };
  if (!isApiRole(role)) return refuse(`role "${role}" does not exist`);
  const tables = await readTables(sql, { publication, schema, table }, [role]).catch(refuse);
  if (tables.length === 0) {
    throw new Error(
      `${refusal} Please check Realtime is enabled for the given connect parameters: ${parameters}`,
    );
  }
  for (const found of tables) await checkColumns(sql, wanted, found.columns).catch(refuse);
}

async function checkColumns(sql: Sql, { filters, columns }: Wanted, known: Column[]): Promise<void> {
  const readable = new Map(
    known.filter(({ readers }) => readers.length > 0).map((column) => [column.name, column]),
  );
  for (const name of columns ?? [])
    if (!readable.has(name)) throw new Error(`invalid column for select ${name}`);
  if (filters.length > mostFilters) throw new Error(`too many filters. Maximum ${mostFilters}`);
  for (const filter of filters) {
    const column = readable.get(filter.column);
    if (!column) throw new Error(`invalid column for filter ${filter.column}`);
    const { parameters, parameter } = createParameters();
    const condition = filterSql(filter, `null::${column.cast}`, column.cast, parameter);
    const count = filter.operator === 'in' ? 'cardinality($1::text::text[])' : '0';
    const pattern = filter.operator.endsWith('match') ? "'' ~ $1::text" : 'true';
    const [row] = await sql.unsafe(`select ${condition}, ${pattern}, ${count} as count`, parameters);
    if (Number(row?.count) > mostValues)
      throw new Error(`too many values for \`in\` filter. Maximum ${mostValues}`);
  }
}
