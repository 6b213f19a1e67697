import type { TransactionSql } from 'postgres';
import { z } from 'zod';
import type { Context } from './handler.ts';
import { checkBucketName } from './names.ts';
import { isoTime, type ObjectRow } from './objects.ts';
import { jsonBody, text } from './requests.ts';
import { invalidRequest } from './storage-error.ts';

/** A file, or a folder, which has nothing but a name. */
type Entry = { name: string } & {
  [Column in 'id' | 'updated_at' | 'created_at' | 'last_accessed_at' | 'metadata']: ObjectRow[Column] | null;
};

const order = z.enum(['asc', 'desc']);
const which = z.enum(['exclude', 'include', 'only']).default('exclude');
/** Options of both kinds of lists. No object has old versions or delete markers, so `only` those gives an empty list. */
const options = {
  noncurrentVersions: which,
  deleteMarkers: which,
  exactMatch: z.boolean().default(false),
};
const showsNothing = (body: { noncurrentVersions: string; deleteMarkers: string }) =>
  body.noncurrentVersions === 'only' || body.deleteMarkers === 'only';

const folderBody = z.object({
  ...options,
  prefix: text,
  limit: z.int().min(1).default(100),
  offset: z.int().min(0).default(0),
  search: text.default(''),
  sortBy: z
    .object({
      column: z.enum(['name', 'updated_at', 'created_at', 'last_accessed_at']).default('name'),
      order: order.default('asc'),
    })
    .prefault({}),
});

const times = (tx: TransactionSql) =>
  tx`${isoTime(tx, 'updated_at')}, ${isoTime(tx, 'created_at')}, ${isoTime(tx, 'last_accessed_at')}`;

/** `POST /object/list/:bucket`: one folder, by offset. */
export async function listFolder(context: Context): Promise<Response> {
  const body = await jsonBody(context.body, folderBody);
  const { prefix, limit, offset, search, sortBy } = body;
  checkBucketName(context.bucket);
  if (showsNothing(body)) return Response.json([]);
  if (body.exactMatch) return await listExactly(context, prefix);
  // Supabase takes every prefix for a folder here.
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const entries = await context.asCaller(
    (tx) => tx<Entry[]>`
      select name, id, ${times(tx)}, metadata
      from storage.search(
        ${folder}, ${context.bucket}, ${clamp(limit)}::text::integer, ${folder.split('/').length}::text::integer,
        ${clamp(offset)}::text::integer, ${search}, ${sortBy.column}, ${sortBy.order}
      )
    `,
  );
  return Response.json(entries);
}

/** The one object of exactly this name, if there is one. */
async function listExactly({ bucket, asCaller }: Context, name: string): Promise<Response> {
  const entries = await asCaller(
    (tx) => tx<Entry[]>`
      select storage.filename(name) as name, id, ${times(tx)}, metadata
      from storage.objects where bucket_id = ${bucket} and name = ${name}
    `,
  );
  return Response.json(entries);
}

function clamp(value: number): number {
  return Math.min(value, 2 ** 31 - 1);
}

const pageBody = z.object({
  ...options,
  prefix: text.default(''),
  limit: z.int().min(1).default(1000),
  cursor: z.string().optional(),
  with_delimiter: z.boolean().default(false),
  sortBy: z
    .object({
      column: z.enum(['name', 'updated_at', 'created_at']).default('name'),
      order: order.default('asc'),
    })
    .prefault({}),
});

/** Where the last page ended: the sort key of its last entry, and its name. */
const cursorContent = z.tuple([text, text]);

/** `POST /object/list-v2/:bucket`: everything under a prefix, or with a delimiter one folder, by cursor. */
export async function listPage(context: Context): Promise<Response> {
  const body = await jsonBody(context.body, pageBody);
  const { prefix, with_delimiter, sortBy, exactMatch } = body;
  checkBucketName(context.bucket);
  if (showsNothing(body)) return Response.json({ hasNext: false, folders: [], objects: [] });
  const limit = Math.min(body.limit, 1000);
  const after = body.cursor === undefined ? null : readCursor(body.cursor);
  const rows = await context.asCaller((tx) => {
    // Times are compared as text of one length, to the microsecond, since a cursor holds them as text.
    const sortKey =
      sortBy.column === 'name'
        ? tx`name`
        : tx`to_char(${tx(sortBy.column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`;
    const descending = sortBy.order === 'desc';
    return tx<(Entry & { sort_key: string })[]>`
      with found as (
        select objects.*,
          case when ${with_delimiter} then strpos(substr(name, length(${prefix}) + 1), '/') else 0 end as slash
        from storage.objects
        where bucket_id = ${context.bucket}
          and ${exactMatch ? tx`name = ${prefix}` : tx`starts_with(name, ${prefix})`}
      ),
      entries as (
        select left(name, length(${prefix}) + slash) as name, null::uuid as id, min(created_at) as updated_at,
          min(created_at) as created_at, null::timestamptz as last_accessed_at, null::jsonb as metadata
        from found where slash > 0 group by 1
        union all
        select name, id, updated_at, created_at, last_accessed_at, metadata from found where slash = 0
      ),
      keyed as (select *, ${sortKey} collate "C" as sort_key from entries)
      select name, id, ${times(tx)}, metadata, sort_key from keyed
      where ${after ? tx`(sort_key, name collate "C") ${descending ? tx`<` : tx`>`} (${after[0]}, ${after[1]})` : tx`true`}
      order by sort_key ${descending ? tx`desc` : tx`asc`}, name collate "C" ${descending ? tx`desc` : tx`asc`}
      limit ${limit + 1}::text::integer
    `;
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const hasNext = rows.length > limit && last !== undefined;
  return Response.json({
    hasNext,
    folders: page.flatMap(({ id, name }) => (id === null ? [{ name, key: name.slice(0, -1) }] : [])),
    objects: page.flatMap(({ sort_key: _, ...object }) =>
      object.id === null ? [] : [{ ...object, key: object.name }],
    ),
    ...(hasNext ? { nextCursor: writeCursor([last.sort_key, last.name]) } : {}),
  });
}

function writeCursor(content: z.infer<typeof cursorContent>): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function readCursor(cursor: string): z.infer<typeof cursorContent> {
  try {
    return cursorContent.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw invalidRequest('body/cursor is not valid');
  }
}
