import type { ApiRequest } from './api-request.ts';
import type { Connection, Connections } from './connections.ts';
import { isPostgresError } from './refusals.ts';
import type { SchemaCache } from './schema.ts';
import { identifier, literal } from './sql.ts';

/** What serving a request takes. */
export interface Context {
  connections: Connections;
  cache: SchemaCache;
}

/** A statement with its values. */
export interface Statement {
  text: string;
  values: readonly (string | null)[];
}

/** The transaction of one request. */
export interface Transaction {
  readOnly: boolean;
  statement: Statement;
  /** Asked before the statement: the planner's guess. */
  explain?: Statement | null;
  /** Settings of the function that is called, `name=value`. */
  settings?: readonly string[];
}

/** A row: each value is the text that PostgreSQL writes. */
export type Row = readonly (string | null)[];

/** The rows of a transaction's statements. */
export interface Rows {
  explained: readonly Row[];
  rows: readonly Row[];
}

/** Runs a request as one transaction, as the caller's role. `check` sees the rows before a commit, which it prevents by throwing. */
export async function transact<T>(
  context: Context,
  request: ApiRequest,
  transaction: Transaction,
  check: (rows: Rows) => T,
): Promise<T> {
  try {
    return await runTransaction(context, request, transaction, check, true);
  } catch (error) {
    if (!isPostgresError(error) || error.code !== unknownStatement) throw error;
    // A function has deallocated the prepared statements of a connection.
    preparedNames.delete(context.cache);
    return runTransaction(context, request, transaction, check, false);
  }
}

/** SQLSTATE: a prepared statement does not exist. */
const unknownStatement = '26000';

function runTransaction<T>(
  { connections, cache }: Context,
  request: ApiRequest,
  { readOnly, statement, explain = null, settings = [] }: Transaction,
  check: (rows: Rows) => T,
  prepare: boolean,
): Promise<T> {
  const setting = setUp(cache, request, settings);
  const { preRequest, txEnd } = cache.settings;
  const undo = request.preferences.tx === null ? txEnd.rollback : request.preferences.tx === 'rollback';
  return connections.use(request.caller, async (connection) => {
    const ask = (asked: Statement) =>
      runStatement(connection, asked, prepare ? nameOf(cache, asked.text) : undefined);
    // All are sent before the first answer. After a failure PostgreSQL refuses the others, and the commit rolls back.
    const sent = Promise.all([
      connection.query(beginSql(cache, request, settings, readOnly)),
      ask(setting),
      preRequest === null ? [] : ask({ text: `select ${preRequest}()`, values: [] }),
      explain ? ask(explain) : [],
      ask(statement),
    ]);
    const commit = readOnly ? connection.query('commit') : null;
    try {
      const [, , , explained, rows] = await sent;
      const value = check({ explained, rows });
      // A rollback shows what a commit would refuse.
      if (undo && !commit) await connection.query('set constraints all immediate');
      await (commit ?? connection.query(undo ? 'rollback' : 'commit'));
      return value;
    } catch (error) {
      await (commit ?? connection.query('rollback')).catch(() => {});
      throw error;
    }
  });
}

async function runStatement(
  connection: Connection,
  { text, values }: Statement,
  name: string | undefined,
): Promise<Row[]> {
  const { rows } = await connection.query<(string | null)[]>({
    ...(name !== undefined && { name }),
    text,
    values: [...values],
    rowMode: 'array',
  });
  return rows;
}

/** The names of prepared statements by their text. A changed schema needs new ones: the types in the old are stale. */
const preparedNames = new WeakMap<SchemaCache, Map<string, string>>();
let names = 0;

/** Each takes memory on every connection: more than an app has are run without preparation. */
const maxPrepared = 300;

function nameOf(cache: SchemaCache, text: string): string | undefined {
  const known = preparedNames.get(cache) ?? new Map<string, string>();
  preparedNames.set(cache, known);
  if (!known.has(text) && known.size < maxPrepared) known.set(text, `data_api_${++names}`);
  return known.get(text);
}

const isolationLevels = ['read committed', 'repeatable read', 'serializable'];

function beginSql(
  cache: SchemaCache,
  { caller }: ApiRequest,
  settings: readonly string[],
  readOnly: boolean,
): string {
  const name = 'default_transaction_isolation';
  const wanted =
    new Map(settings.map(splitSetting)).get(name) ?? cache.roleSettings.get(caller.role)?.get(name);
  const isolation = isolationLevels.find((level) => level === wanted);
  return `begin${isolation ? ` isolation level ${isolation}` : ''}${readOnly ? ' read only' : ''}`;
}

/** Sets role, claims and the rest for this transaction only, in one statement. */
function setUp(
  cache: SchemaCache,
  { caller, method, path, headers, schema, preferences }: ApiRequest,
  settings: readonly string[],
): Statement {
  const sent = Object.fromEntries(headers);
  const given: Record<string, string> = {
    search_path: [schema, ...cache.settings.extraSearchPath].map(identifier).join(', '),
    role: caller.role,
    'request.jwt.claims': JSON.stringify({ ...caller.claims, role: caller.role }),
    'request.method': method,
    'request.path': path,
    'request.headers': JSON.stringify(sent),
    'request.cookies': JSON.stringify(parseCookies(sent.cookie ?? '')),
    // A function may have set these for the whole session.
    'response.headers': '',
    'response.status': '',
    ...(preferences.timezone !== null && { timezone: preferences.timezone }),
  };
  const calls = Object.keys(given).map((name, index) => `set_config('${name}', $${index + 1}, true)`);
  // Written by the project's owner, not by a client.
  const own = [
    ...[...(cache.roleSettings.get(caller.role) ?? [])].filter(([name]) => name !== 'search_path'),
    ...settings.map(splitSetting),
  ];
  for (const [name, value] of own) {
    if (!name.startsWith('default_transaction_'))
      calls.push(`set_config(${literal(name)}, ${literal(value)}, true)`);
  }
  return { text: `select ${calls.join(', ')}`, values: Object.values(given) };
}

function splitSetting(setting: string): [name: string, value: string] {
  const [name = '', ...value] = setting.split('=');
  return [name, value.join('=')];
}

function parseCookies(header: string): Record<string, string> {
  const pairs = header.split(';').map((part) => splitSetting(part.trim()));
  return Object.fromEntries(pairs.filter(([name]) => name));
}
