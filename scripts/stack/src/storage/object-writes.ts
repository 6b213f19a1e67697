import { errorCode } from '../errors.ts';
import type { Context } from './handler.ts';
import {
  findObject,
  insertObject,
  lockName,
  type ObjectDraft,
  type ObjectRow,
  upsertObject,
} from './objects.ts';
import { alreadyExists, isDatabaseError } from './storage-error.ts';
import { type Identity, rehearse } from './transactions.ts';

/** Asks the database whether an identity may store an object, before its bytes are read. Nothing is stored. */
export async function checkWrite(
  { session }: Context,
  identity: Identity,
  object: Omit<ObjectDraft, 'version'>,
  upsert: boolean,
): Promise<void> {
  // Supabase asks with this version, which no object has.
  const draft = { ...object, version: '1' };
  try {
    await rehearse(session, identity, (tx) => (upsert ? upsertObject(tx, draft) : insertObject(tx, draft)));
  } catch (error) {
    throw errorCode(error) === '23505' ? alreadyExists('KeyAlreadyExists', error) : error;
  }
}

/**
 * Makes stored bytes an object, or removes them when the database refuses the row. As on Supabase, this asks no policy
 * again and replaces an object of the same name, whatever `x-upsert` said: of two uploads, the one that ends last stays
 * (`completeUpload` in src/storage/uploader.ts of supabase/storage).
 */
export async function completeWrite({ asService, disk }: Context, draft: ObjectDraft): Promise<ObjectRow> {
  const { bucket, name, version } = draft;
  try {
    const { row, replaced } = await asService(async (tx) => {
      await lockName(tx, bucket, name);
      const before = await findObject(tx, bucket, name);
      return { row: await upsertObject(tx, draft), replaced: before?.version ?? null };
    });
    if (replaced !== version) await disk.remove([replaced]);
    return row;
  } catch (error) {
    // After a lost connection the row may exist: the next sweep decides.
    if (isDatabaseError(error)) await disk.remove([version]);
    throw error;
  }
}
