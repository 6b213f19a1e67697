import { randomUUID } from 'node:crypto';
import type { Db, User, UserChanges } from './user-rows.ts';

/** The columns with the hashes of codes, which are also the kinds of `auth.one_time_tokens`. */
const codeColumns = [
  'confirmation_token',
  'recovery_token',
  'email_change_token_current',
  'email_change_token_new',
  'reauthentication_token',
] as const;

/** Copies the codes of a user to `auth.one_time_tokens`, where projects look them up in SQL. */
export async function keepOneTimeTokens(db: Db, user: User, changes: UserChanges): Promise<void> {
  const changed = codeColumns.filter((column) => column in changes);
  if (changed.length === 0) return;
  await db`
    delete from auth.one_time_tokens
    where user_id = ${user.id} and token_type = any(${[...changed]}::auth.one_time_token_type[])
  `;
  for (const column of changed) {
    const relatesTo = column === 'email_change_token_new' ? user.email_change : user.email;
    if (!user[column]) continue;
    await db`
      insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to)
      values (${randomUUID()}, ${user.id}, ${column}, ${user[column]}, ${(relatesTo ?? '').toLowerCase()})
    `;
  }
}

/** Revokes all codes that were sent before: after a new password or address, old mailboxes are not trusted. */
export const withoutCodes: UserChanges = {
  confirmation_token: null,
  recovery_token: null,
  email_change_token_current: null,
  email_change_token_new: null,
  reauthentication_token: null,
};
