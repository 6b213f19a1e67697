import type { Caller } from '../caller.ts';
import { RefusedError } from './errors.ts';
import { isPostgresError, mayBeStale } from './failures.ts';
import type { Lane, Lanes, Row } from './lanes.ts';
import type { SchemaCache } from './schema-cache.ts';
import { identifier, literal } from './sql.ts';

/** Who makes a request and how: what policies and functions can ask for. */
export interface Session {
  caller: Caller;
  method: string;
  /** The path below the Data API: `/posts`. */
  path: string;
  headers: Headers;
  /** What names are looked up in, in order. */
  searchPath: readonly string[];
  timezone: string | null;
  /** Settings of the function that is called, `name=value`. */
  settings: readonly string[];
}

/** A statement with its values. */
export interface Query {
  text: string;
  values: readonly (string | null)[];
}

/** A transaction of one request. */
export interface Transaction {
  session: Session;
  readOnly: boolean;
  /** Whether it only reads a table, with the role as its last column: its end may be sent before the answer is there. */
  isPlainRead: boolean;
  /** Asked before the statement: the planner's guess. */
  explain: Query | null;
  statement: Query;
}

/** The rows of a transaction's statements. */
export interface Answers {
  explained: readonly Row[] | null;
  rows: readonly Row[];
}

/**
 * Runs a request as one transaction. `check` sees the rows before they are committed: what it throws undoes everything.
 * A statement that was prepared before a change of the schema, and fails for it, is prepared anew, once.
 */
export async function transact<T>(
  lanes: Lanes,
  cache: SchemaCache,
  transaction: Transaction,
  check: (answers: Answers) => T,
): Promise<T> {
  const texts = [setUp(cache, transaction.session), transaction.statement];
  return lanes.use(async (lane) => {
    const wasPrepared = texts.some(({ text }) => lane.isPrepared(text));
    try {
      return await runOn(lane, cache, transaction, check, false);
    } catch (error) {
      if (!wasPrepared || !mayBeStale(error)) throw error;
    }
    const value = await runOn(lane, cache, transaction, check, true);
    // It was stale indeed: what else this connection has prepared may be, too.
    lane.usable = false;
    return value;
  });
}

/** `anew` takes no statement as it was prepared before. */
async function runOn<T>(
  lane: Lane,
  cache: SchemaCache,
  transaction: Transaction,
  check: (answers: Answers) => T,
  anew: boolean,
): Promise<T> {
  const { session, readOnly, explain, statement, isPlainRead } = transaction;
  const set = setUp(cache, session);
  const sent: Promise<readonly Row[]>[] = [
    lane.send(beginSql(cache, session, readOnly)),
    lane.send(set.text, set.values, anew),
  ];
  const explained = explain ? lane.send(explain.text, explain.values, anew) : null;
  if (explained) sent.push(explained);
  const rows = lane.send(statement.text, statement.values, anew);
  sent.push(rows);
  // A plain read changes nothing: its end can be sent along. Everything else waits for the answer.
  if (isPlainRead) sent.push(lane.send('commit'));
  try {
    const settled = await Promise.allSettled(sent);
    const failed = settled.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    const answer = await rows;
    if (isPlainRead) requireRole(answer, session);
    const value = check({ explained: explained ? await explained : null, rows: answer });
    if (!isPlainRead) await lane.send('commit');
    return value;
  } catch (error) {
    const isKnown = isPostgresError(error) || error instanceof RefusedError;
    if (!isKnown) lane.discard();
    else if (!isPlainRead) await lane.send('rollback').catch(() => lane.discard());
    throw error;
  }
}

/**
 * A second line of defence: what ran after a plain read's transaction had ended would not have run as the caller.
 */
function requireRole(rows: readonly Row[], { caller }: Session): void {
  if (rows[0]?.at(-1)?.toString('utf8') === caller.role) return;
  throw Object.assign(new Error('The statement ran outside its transaction.'), { code: 'CONNECTION_CLOSED' });
}

function beginSql(cache: SchemaCache, { caller, settings }: Session, readOnly: boolean): string {
  const name = 'default_transaction_isolation';
  const ofFunction = settings.find((setting) => setting.startsWith(`${name}=`))?.slice(name.length + 1);
  const isolation = (ofFunction ?? cache.roleSettings.get(caller.role)?.get(name) ?? '').replace(
    /[^a-z ]/g,
    '',
  );
  return `begin${isolation ? ` isolation level ${isolation}` : ''}${readOnly ? ' read only' : ''}`;
}

const claimsText = new WeakMap<object, string>();

/** Sets role, claims and the rest up, for this transaction only, in one statement. */
function setUp(cache: SchemaCache, session: Session): Query {
  const { caller, searchPath, timezone } = session;
  let claims = claimsText.get(caller.claims);
  if (claims === undefined) {
    claims = JSON.stringify({ ...caller.claims, role: caller.role });
    claimsText.set(caller.claims, claims);
  }
  const headers = Object.fromEntries(session.headers);
  const settings: [string, string][] = [
    ['search_path', searchPath.map(identifier).join(', ')],
    ['role', caller.role],
    ['request.jwt.claims', claims],
    ['request.method', session.method],
    ['request.path', session.path],
    ['request.headers', JSON.stringify(headers)],
    ['request.cookies', JSON.stringify(parseCookies(headers.cookie ?? ''))],
    // Nothing may be left of what another request answered with.
    ['response.headers', ''],
    ['response.status', ''],
  ];
  if (timezone !== null) settings.push(['timezone', timezone]);
  const calls = settings.map(([name], index) => `set_config('${name}', $${index + 1}, true)`);
  // Part of the text: few, and the same for each request of the role.
  for (const [name, value] of cache.roleSettings.get(caller.role) ?? []) {
    if (name !== 'search_path' && !name.startsWith('default_transaction_'))
      calls.push(`set_config(${literal(name)}, ${literal(value)}, true)`);
  }
  for (const setting of session.settings) {
    const [name = '', ...value] = setting.split('=');
    if (!name.startsWith('default_transaction_'))
      calls.push(`set_config(${literal(name)}, ${literal(value.join('='))}, true)`);
  }
  return { text: `select ${calls.join(', ')}`, values: settings.map(([, value]) => value) };
}

function parseCookies(header: string): Record<string, string> {
  const pairs = header.split(';').map((part) => part.trim().split('='));
  return Object.fromEntries(
    pairs.filter(([name]) => name).map(([name, ...value]) => [name, value.join('=')]),
  );
}
