import { attemptAsCaller, type CallOptions, type Context, type Query, read } from './calls.ts';
import { type NoctraError, refusal } from './errors.ts';
import { limits } from './limits.ts';
import { withUrls } from './profiles.ts';

/** The options of every list. */
export interface ListOptions extends CallOptions {
  /** Items per request, at most `limits.page_size_max`. Default: `limits.page_size`, and the most for a loop. */
  limit?: number | undefined;
  /** The `next` of the page before; none for the first page. */
  cursor?: string | null | undefined;
}

/** A page of a list, or an error. `next` goes into the next call as `cursor`; it is null on the last page. */
export type Page<T> =
  | { data: T[]; next: string | null; error: null }
  | { data: null; next: null; error: NoctraError };

/**
 * A list. Awaited, it is one page; looped over, it is every item, read page by page while the loop runs. Items that come
 * or go meanwhile neither repeat nor hide others. A notification whose group changes meanwhile may come twice or not at
 * all. A loop has no place for a result: it throws the {@link NoctraError}.
 *
 * @example
 * const { data, next } = await noctra.posts.list({ limit: 50 });
 * const second = await noctra.posts.list({ limit: 50, cursor: next });
 *
 * @example
 * for await (const post of noctra.posts.list({ tag: 'sea' })) {
 *   show(post);
 *   if (isFull()) break; // reads no further page
 * }
 */
export interface List<T> extends Promise<Page<T>>, AsyncIterable<T, void, undefined> {}

/** Where a page of the database begins, and how long it is. */
export interface Bounds {
  before?: string;
  page_limit: number;
}

/** A row of a list, with what the next page follows: a cursor of its own, or else its id. */
interface Row {
  cursor?: string;
  id?: string;
}

/** How a list is read. */
export interface Source<From extends object, To> {
  query(bounds: Bounds): Query;
  /** Makes items of rows, which have URLs and no cursors. */
  toItems?(rows: From[], signal: AbortSignal | undefined): To[] | Promise<To[]>;
  /** The error for an id that is no UUID. */
  malformed?: NoctraError | undefined;
}

/** Makes a list. Without `toItems` its rows are the items. */
export function list<To, From extends object = To & object>(
  context: Context,
  { limit, cursor, signal }: ListOptions,
  { query, toItems = (rows: object[]) => rows as To[], malformed }: Source<From, To>,
): List<To> {
  const readPage = async (most: number, after: string | null | undefined): Promise<Page<To>> => {
    const { data: page, error } = await attemptAsCaller(context, signal, async () => {
      if (!Number.isInteger(most) || most < 1 || most > limits.page_size_max) {
        throw refusal('limit_invalid', 422, `A page has 1 to ${limits.page_size_max} items.`, 'limit');
      }
      // One item more shows whether another page follows.
      const bounds = { before: after || undefined, page_limit: most + 1 } as Bounds;
      const rows = await read<(From & Row)[]>(query(bounds), signal, after ? invalidCursor() : malformed);
      const last = rows[most] && rows[most - 1];
      const data = await toItems(toRows<From>(context, rows.slice(0, most)), signal);
      return { data, next: last?.cursor ?? last?.id ?? null };
    });
    return error ? { data: null, next: null, error } : { ...page, error };
  };
  let first: Promise<Page<To>> | undefined;
  const firstPage = () => (first ??= readPage(limit ?? limits.page_size, cursor));
  return {
    // biome-ignore lint/suspicious/noThenProperty: a promise that begins when it is awaited, so that a loop asks only once.
    then: (onPage, onRejected) => firstPage().then(onPage, onRejected),
    catch: (onRejected) => firstPage().catch(onRejected),
    finally: (onEnd) => firstPage().finally(onEnd),
    [Symbol.toStringTag]: 'List',
    async *[Symbol.asyncIterator]() {
      let after = cursor;
      do {
        const { data, next, error } = await readPage(limit ?? limits.page_size_max, after);
        if (error) throw error;
        yield* data;
        after = next;
      } while (after);
    },
  };
}

/** Completes rows of the database: with URLs, and without cursors. */
export function toRows<T extends object>({ url }: Context, rows: (T & Row)[]): T[] {
  return withUrls(url, rows).map(({ cursor, ...row }) => row as T);
}

const invalidCursor = () => refusal('invalid_cursor', 400, 'The cursor is no next of a page.', 'cursor');
