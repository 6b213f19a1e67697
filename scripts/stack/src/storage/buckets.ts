import type { TransactionSql } from 'postgres';
import { z } from 'zod';
import { errorCode } from '../errors.ts';
import { type Context, ownerOf } from './handler.ts';
import { checkAllowedMimeTypes, checkBucketName, parseSizeLimit } from './names.ts';
import { isoTime, ownerUuid } from './objects.ts';
import { jsonBody, queryOf, text } from './requests.ts';
import { alreadyExists, bucketNotEmpty, featureNotEnabled, noSuchBucket, tooLarge } from './storage-error.ts';

/** A bucket as the API shows it. */
interface Bucket {
  id: string;
  name: string;
  owner: string;
  public: boolean;
  /** Only in the list of buckets. */
  type?: string;
  file_size_limit: number | null;
  allowed_mime_types: string[] | null;
  created_at: string;
  updated_at: string;
}

/** What a bucket says about the objects in it. */
export type BucketRules = Pick<Bucket, 'public' | 'file_size_limit' | 'allowed_mime_types'>;

// The casts give JSON values, however the connection parses bigint and arrays.
const rules = (tx: TransactionSql) =>
  tx`public, file_size_limit::float8, to_jsonb(allowed_mime_types) as allowed_mime_types`;
const columns = (tx: TransactionSql) => tx`
  id, name, coalesce(owner_id, owner::text, '') as owner, ${rules(tx)},
  ${isoTime(tx, 'created_at')}, ${isoTime(tx, 'updated_at')}
`;

/** A bucket that the current role sees. */
export async function findBucketRules(tx: TransactionSql, id: string): Promise<BucketRules | undefined> {
  const [bucket] = await tx<BucketRules[]>`select ${rules(tx)} from storage.buckets where id = ${id}`;
  return bucket;
}

/** The most bytes that a file in a bucket may have. As on Supabase, 0 means no limit of its own. */
export function sizeLimitOf({ file_size_limit }: BucketRules, globalLimit: number): number {
  return Math.min(file_size_limit || globalLimit, globalLimit);
}

const settings = z.object({
  public: z.boolean().optional(),
  file_size_limit: z.union([z.int().min(0), z.string()]).nullish(),
  allowed_mime_types: z.array(text).nullish(),
  versioning_status: z.enum(['DISABLED', 'ENABLED', 'SUSPENDED']).optional(),
  lifecycle_configuration: z.unknown().optional(),
});
const creation = settings.extend({
  name: text,
  id: text.optional(),
  type: z.literal('STANDARD').optional(),
});
const listing = z.object({
  limit: z.coerce.number().int().min(1).optional(),
  offset: z.coerce.number().int().min(0).default(0),
  sortColumn: z.enum(['id', 'name', 'created_at', 'updated_at']).default('name'),
  sortOrder: z.enum(['asc', 'desc']).default('asc'),
  search: text.default(''),
});

function checkSettings(
  {
    file_size_limit,
    allowed_mime_types,
    versioning_status,
    lifecycle_configuration,
  }: z.infer<typeof settings>,
  globalLimit: number,
) {
  const versioned = versioning_status !== undefined && versioning_status !== 'DISABLED';
  if (versioned || lifecycle_configuration !== undefined) throw featureNotEnabled('versioning');
  const limit = file_size_limit == null ? file_size_limit : parseSizeLimit(file_size_limit);
  if (limit != null && limit > globalLimit) throw tooLarge();
  if (allowed_mime_types) checkAllowedMimeTypes(allowed_mime_types);
  return { limit, mimeTypes: allowed_mime_types?.filter(Boolean) };
}

/** `text[]` of a list; null of none. */
function textArray(tx: TransactionSql, values: readonly string[] | null | undefined) {
  if (!values) return tx`null::text[]`;
  return tx`array(select jsonb_array_elements_text(${JSON.stringify(values)}::text::jsonb))`;
}

/** `GET /bucket` */
export async function listBuckets(context: Context): Promise<Response> {
  const { limit, offset, sortColumn, sortOrder, search } = queryOf(context.request, listing);
  const buckets = await context.asCaller(
    (tx) => tx<Bucket[]>`
      select ${columns(tx)}, type::text from storage.buckets
      where strpos(lower(name), lower(${search})) > 0
      order by ${tx(`buckets.${sortColumn}`)} ${sortOrder === 'desc' ? tx`desc` : tx`asc`}
      limit ${limit ?? null}::text::bigint offset ${offset}::text::bigint
    `,
  );
  return Response.json(buckets);
}

/** `GET /bucket/:bucket` */
export async function getBucket(context: Context): Promise<Response> {
  const [bucket] = await context.asCaller(
    (tx) => tx<Bucket[]>`select ${columns(tx)} from storage.buckets where id = ${context.bucket}`,
  );
  if (!bucket) throw noSuchBucket();
  return Response.json(bucket);
}

/** `POST /bucket` */
export async function createBucket(context: Context): Promise<Response> {
  const body = await jsonBody(context.body, creation);
  const id = body.id || body.name;
  checkBucketName(body.name);
  checkBucketName(id);
  const { limit, mimeTypes } = checkSettings(body, context.fileSizeLimit);
  const owner = ownerOf(context.identity);
  try {
    await context.asCaller(
      (tx) => tx`
        insert into storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types)
        values (
          ${id}, ${body.name}, ${ownerUuid(owner)}::text::uuid, ${owner ?? null}, ${body.public ?? false},
          ${limit ?? null}::text::bigint, ${textArray(tx, mimeTypes)}
        )
      `,
    );
  } catch (error) {
    throw errorCode(error) === '23505' ? alreadyExists('BucketAlreadyExists', error) : error;
  }
  return Response.json({ name: body.name });
}

/** `PUT /bucket/:bucket`: fields that the body does not name keep their values. */
export async function updateBucket(context: Context): Promise<Response> {
  const body = await jsonBody(context.body, settings);
  const { limit, mimeTypes } = checkSettings(body, context.fileSizeLimit);
  const rows = await context.asCaller(
    (tx) => tx`
      update storage.buckets set
        public = coalesce(${body.public ?? null}, public),
        file_size_limit = ${limit === undefined ? tx`file_size_limit` : tx`${limit}::text::bigint`},
        allowed_mime_types = ${body.allowed_mime_types === undefined ? tx`allowed_mime_types` : textArray(tx, mimeTypes)},
        updated_at = now()
      where id = ${context.bucket}
      returning id
    `,
  );
  if (rows.length === 0) throw noSuchBucket();
  return Response.json({ message: 'Successfully updated' });
}

/** `POST /bucket/:bucket/empty`: as on Supabase, for callers who see the bucket, whatever they may delete. */
export async function emptyBucket({ bucket, asCaller, asService, disk }: Context): Promise<Response> {
  if (!(await asCaller((tx) => findBucketRules(tx, bucket)))) throw noSuchBucket();
  const removed = await asService(
    (tx) => tx<{ version: string | null }[]>`
      delete from storage.objects where bucket_id = ${bucket} returning version
    `,
  );
  await disk.remove(removed.map(({ version }) => version));
  return Response.json({ message: 'Empty bucket has been queued. Completion may take up to an hour.' });
}

/** `DELETE /bucket/:bucket` */
export async function deleteBucket(context: Context): Promise<Response> {
  await context.asCaller(async (tx) => {
    try {
      const deleted = await tx`delete from storage.buckets where id = ${context.bucket} returning id`;
      if (deleted.length === 0) throw noSuchBucket();
    } catch (error) {
      // The foreign key of the objects refuses to delete a bucket that is not empty.
      throw errorCode(error) === '23503' ? bucketNotEmpty() : error;
    }
  });
  return Response.json({ message: 'Successfully deleted' });
}
