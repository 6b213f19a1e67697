import { z } from '@hono/zod-openapi';
import type { PostgrestSingleResponse } from '@supabase/supabase-js';
import type { Config } from '../config.ts';
import { limits } from '../limits.ts';
import type { AppContext, NoctraClient } from './context.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { dataOf, given } from './database.ts';
import { addEndpoint, type Endpoint, type Input } from './endpoint.ts';
import type { App } from './openapi.ts';
import { publicOrigin, splitUrl } from './urls.ts';

const pageSizeRange = `A page holds 1 to ${limits.page_size_max} items.`;

/** Query of every list. */
export const PageQuery = z.strictObject({
  limit: z
    .int(pageSizeRange)
    .min(1, pageSizeRange)
    .max(limits.page_size_max, pageSizeRange)
    .default(limits.page_size)
    .openapi({ description: 'How many items a page holds.' }),
  cursor: z
    .string()
    .regex(/^[\w-]{23}$/, 'The cursor does not come from a page.')
    .transform((cursor, context) => {
      const id = decodeCursor(cursor);
      if (id === null) context.addIssue('The cursor does not come from a page.');
      return id ?? z.NEVER;
    })
    .optional()
    .openapi({ description: 'From the Link header of the page before.' }),
});

/** Query of lists that have both orders. */
export const order = z.enum(['oldest', 'newest'], 'The order is oldest or newest.');

const linkHeader = z.object({
  link: z
    .string()
    .optional()
    .openapi({ description: 'The next page, with rel="next", while there is more.' }),
});

/** The arguments of a page, as most functions of the database name them. */
interface Page {
  /** One more than is shown: it tells whether there is a next page. */
  page_limit: number;
  before?: string;
}

type ListEndpoint<Params extends z.ZodObject, Query extends typeof PageQuery> = Omit<
  Endpoint<Params, Query, z.ZodObject, z.ZodUndefined>,
  'method' | 'answers' | 'handler' | 'headers' | 'body'
>;

/** A list: the endpoint, the function that reads a page, and what is made of its rows. */
interface List<Params extends z.ZodObject, Query extends typeof PageQuery, Row>
  extends ListEndpoint<Params, Query> {
  /** What the list holds, and in which order. */
  holds: string;
  item: z.ZodType;
  read: (
    client: NoctraClient,
    page: Page,
    input: Pick<Input<z.output<Params>, z.output<Query>, never, never>, 'params' | 'query'>,
  ) => PromiseLike<PostgrestSingleResponse<Row[]>>;
  /** The id after which the next page begins. */
  idOf: (row: Row) => string | null;
  /** The items of rows; the rows themselves by default. */
  present?: (c: AppContext, rows: Row[]) => unknown[] | Promise<unknown[]>;
}

/** Adds a list to the application: an array, and in the `Link` header the address of the next page. */
export function addList<
  Row,
  Params extends z.ZodObject = z.ZodObject,
  Query extends typeof PageQuery = typeof PageQuery,
>(app: App, config: Config, list: List<Params, Query, Row>): void {
  const { holds, item, read, idOf, present = (_, rows) => rows, ...endpoint } = list;
  addEndpoint<Params, Query>(app, {
    ...endpoint,
    query: endpoint.query ?? (PageQuery as Query),
    method: 'get',
    answers: { 200: { description: holds, schema: z.array(item), headers: linkHeader } },
    handler: async (c, { params, query }) => {
      const { limit, cursor } = query as z.output<typeof PageQuery>;
      const page = { page_limit: limit + 1, ...given({ before: cursor }) };
      const rows = await dataOf(read(c.var.caller.client, page, { params, query }));
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      const next = last === undefined || rows.length <= limit ? null : idOf(last);
      if (next !== null) c.header('link', `<${nextPage(c, config, next)}>; rel="next"`);
      return c.json(await present(c, shown), 200);
    },
  });
}

function nextPage(c: AppContext, config: Config, lastId: string): string {
  const { path, query } = splitUrl(c.req.url);
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', encodeCursor(lastId));
  // The function's own path begins with its name; /functions/v1 is in front of it on every platform.
  return `${publicOrigin(config, c.req.raw.headers)}/functions/v1${path}?${parameters}`;
}
