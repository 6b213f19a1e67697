import type { TransactionSql } from 'postgres';

/** The metadata of an object's bytes, as Supabase writes it into `storage.objects.metadata`. */
export interface ObjectMetadata {
  eTag: string;
  size: number;
  mimetype: string;
  cacheControl: string;
  /** ISO 8601. */
  lastModified: string;
  contentLength: number;
  httpStatusCode: number;
  contentEncoding?: string;
}

/** A row of `storage.objects`, with times as Supabase's API writes them. */
export interface ObjectRow {
  id: string;
  bucket_id: string;
  name: string;
  owner: string | null;
  owner_id: string | null;
  version: string | null;
  created_at: string;
  updated_at: string;
  last_accessed_at: string;
  /** Null or of another form in rows made by SQL. */
  metadata: Partial<ObjectMetadata> | null;
  user_metadata: Record<string, unknown> | null;
}

/** What is stored about an object. */
export interface ObjectDraft {
  bucket: string;
  name: string;
  /** The user who stores it. Undefined keeps the owner of an object that is replaced. */
  owner: string | undefined;
  version: string;
  metadata: Record<string, unknown>;
  userMetadata: Record<string, unknown>;
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The value of the older column `owner`: Supabase leaves it empty for users whose id is not a UUID. */
export function ownerUuid(owner: string | undefined): string | null {
  return owner !== undefined && uuidPattern.test(owner) ? owner : null;
}

/** A time as JavaScript writes it in JSON, however the connection parses timestamps. */
export function isoTime(tx: TransactionSql, column: string) {
  return tx`to_char(${tx(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${tx(column)}`;
}

function objectColumns(tx: TransactionSql) {
  return tx`
    id, bucket_id, name, owner, owner_id, version, metadata, user_metadata,
    ${isoTime(tx, 'created_at')}, ${isoTime(tx, 'updated_at')}, ${isoTime(tx, 'last_accessed_at')}
  `;
}

/** Any number of texts in one parameter, without array types of the connection. */
export function texts(tx: TransactionSql, values: readonly string[]) {
  return tx`(select jsonb_array_elements_text(${JSON.stringify(values)}::text::jsonb))`;
}

/** The object of a name that the current role sees. */
export async function findObject(
  tx: TransactionSql,
  bucket: string,
  name: string,
): Promise<ObjectRow | undefined> {
  const [row] = await tx<ObjectRow[]>`
    select ${objectColumns(tx)} from storage.objects where bucket_id = ${bucket} and name = ${name}
  `;
  return row;
}

/** Which of some names are names of objects that the current role sees. */
export async function findNames(
  tx: TransactionSql,
  bucket: string,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  // One statement for any number of names: planned once.
  const rows = await tx<{ name: string }[]>`
    select objects.name
    from ${texts(tx, names)} as wanted (name)
    join storage.objects on objects.bucket_id = ${bucket} and objects.name = wanted.name
  `;
  return new Set(rows.map((row) => row.name));
}

/** Locks the name of an object until the transaction ends. */
export async function lockName(tx: TransactionSql, bucket: string, name: string): Promise<void> {
  await tx`select pg_advisory_xact_lock(hashtextextended(${`${bucket}/${name}`}, 0))`;
}

/** Adds an object. Only policies for insert decide, since nothing is returned. */
export async function insertObject(tx: TransactionSql, draft: ObjectDraft): Promise<void> {
  await tx`insert into storage.objects ${draftValues(tx, draft)}`;
}

/** Adds or replaces an object. Policies for insert, update and select decide. */
export async function upsertObject(tx: TransactionSql, draft: ObjectDraft): Promise<ObjectRow> {
  const [row] = await tx<[ObjectRow]>`
    insert into storage.objects ${draftValues(tx, draft)}
    on conflict (bucket_id, name) do update set
      version = excluded.version,
      metadata = excluded.metadata,
      user_metadata = excluded.user_metadata,
      owner = coalesce(excluded.owner, objects.owner),
      owner_id = coalesce(excluded.owner_id, objects.owner_id)
    returning ${objectColumns(tx)}
  `;
  return row;
}

function draftValues(tx: TransactionSql, draft: ObjectDraft) {
  return tx`
    (bucket_id, name, owner, owner_id, version, metadata, user_metadata) values (
      ${draft.bucket}, ${draft.name}, ${ownerUuid(draft.owner)}::text::uuid, ${draft.owner ?? null}, ${draft.version},
      ${JSON.stringify(draft.metadata)}::text::jsonb, ${JSON.stringify(draft.userMetadata)}::text::jsonb
    )
  `;
}

/** Gives an object another name, and another owner if one is given. */
export async function renameObject(
  tx: TransactionSql,
  from: { bucket: string; name: string },
  to: { bucket: string; name: string; owner: string | undefined },
): Promise<ObjectRow | undefined> {
  const [row] = await tx<ObjectRow[]>`
    update storage.objects set
      bucket_id = ${to.bucket},
      name = ${to.name},
      owner = coalesce(${ownerUuid(to.owner)}::text::uuid, owner),
      owner_id = coalesce(${to.owner ?? null}, owner_id)
    where bucket_id = ${from.bucket} and name = ${from.name}
    returning ${objectColumns(tx)}
  `;
  return row;
}

/** Deletes the objects of some names that the current role may see and delete. */
export async function deleteObjects(
  tx: TransactionSql,
  bucket: string,
  names: readonly string[],
): Promise<ObjectRow[]> {
  return await tx<ObjectRow[]>`
    delete from storage.objects where bucket_id = ${bucket} and name in ${texts(tx, names)}
    returning ${objectColumns(tx)}
  `;
}

/** Which of some versions belong to an object. */
export async function findVersions(
  tx: TransactionSql,
  versions: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await tx<{ version: string }[]>`
    select version from storage.objects where version in ${texts(tx, versions)}
  `;
  return new Set(rows.map((row) => row.version));
}
