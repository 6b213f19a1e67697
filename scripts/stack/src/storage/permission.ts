import type { TransactionSql } from 'postgres';
import { errorCode } from '../errors.ts';
import type { Context } from './context.ts';
import { alreadyExists, isDatabaseError, StorageError } from './errors.ts';
import {
  findObject,
  insertObject,
  lockName,
  type ObjectDraft,
  type ObjectRow,
  upsertObject,
} from './objects.ts';
import { type Identity, rehearse, service, transaction } from './session.ts';

/** A wish to store an object. */
export interface Wish {
  draft: Omit<ObjectDraft, 'version'>;
  /** Whether an object of the same name may be replaced. */
  upsert: boolean;
  /** Whose policies are asked; null where a signed URL stands for the permission of who signed it. */
  asks: Identity | null;
}

/** Throws unless the policies allow a wish. Nothing is stored. */
export async function askPolicies(context: Context, wish: Wish): Promise<void> {
  if (wish.asks) await context.asService((tx) => ask(tx, context, wish));
}

/**
 * Makes stored bytes the object that was wished for, and removes the bytes of the one that it replaces. The wish may
 * be minutes old, so the policies are asked again: by now the name may be somebody else's, or the permission gone.
 */
export async function insertRow(
  context: Context,
  wish: Wish,
  version: string,
  metadata: ObjectDraft['metadata'],
): Promise<ObjectRow> {
  const { bucket, name } = wish.draft;
  const { row, replaced } = await transaction(context.session, service, async (tx) => {
    await lockName(tx, bucket, name);
    await ask(tx, context, wish);
    const before = await findObject(tx, bucket, name);
    if (before && !wish.upsert) throw alreadyExists('KeyAlreadyExists');
    return { row: await upsertObject(tx, { ...wish.draft, version, metadata }), replaced: before };
  });
  await context.disk.remove([replaced?.version ?? null]);
  return row;
}

/** As `insertRow`, and removes the bytes again if they are refused after all. */
export async function storeRow(...insertion: Parameters<typeof insertRow>): Promise<ObjectRow> {
  const [context, , version] = insertion;
  try {
    return await insertRow(...insertion);
  } catch (error) {
    // A lost connection leaves open whether the row is there; then the next sweep looks.
    if (error instanceof StorageError || isDatabaseError(error)) await context.disk.remove([version]);
    throw error;
  }
}

async function ask(tx: TransactionSql, context: Context, { draft, upsert, asks }: Wish): Promise<void> {
  if (!asks) return;
  // Supabase asks with this version, which no object has.
  const question = { ...draft, version: '1' };
  try {
    await rehearse(tx, context.session, asks, (point) =>
      upsert ? upsertObject(point, question) : insertObject(point, question),
    );
  } catch (error) {
    throw errorCode(error) === '23505' ? alreadyExists('KeyAlreadyExists', error) : error;
  }
}
