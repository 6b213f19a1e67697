import { randomUUID } from 'node:crypto';
import type { Fragment } from 'postgres';
import { AuthError, invalid, unexpected } from './auth-error.ts';
import { type Body, isRecord } from './body.ts';
import { keepOneTimeTokens } from './one-time-tokens.ts';
import type { Db, NewUser, User, UserChanges } from './user-rows.ts';

/** The `instance_id` of all users of Supabase Auth. */
export const instanceId = '00000000-0000-0000-0000-000000000000';

/** Columns that are empty, not null, without a value. */
const emptyTexts: ReadonlySet<string> = new Set([
  'aud',
  'role',
  'confirmation_token',
  'recovery_token',
  'email_change',
  'email_change_token_new',
  'email_change_token_current',
  'phone_change',
  'phone_change_token',
  'reauthentication_token',
]);

/** A new user with a random id. */
export function newUser(email: string | null, userMetadata: Body | undefined): NewUser {
  return {
    id: randomUUID(),
    aud: 'authenticated',
    role: 'authenticated',
    email,
    app_metadata: email ? { provider: 'email', providers: ['email'] } : {},
    user_metadata: userMetadata ?? {},
    is_anonymous: email === null,
  };
}

/** The data of the e-mail identity of a new user. */
export function emailClaims(user: { id: string; email: string | null }): Body {
  return { sub: user.id, email: user.email ?? '', email_verified: false, phone_verified: false };
}

/** Inserts a user and the e-mail identity. Triggers of the project run before the address is confirmed. */
export async function insertUser(
  db: Db,
  user: NewUser,
  passwordHash: string | null,
  identityData: Body = emailClaims(user),
): Promise<User> {
  await db`
    insert into auth.users (
      instance_id, id, aud, role, email, encrypted_password, raw_app_meta_data, raw_user_meta_data, is_anonymous,
      confirmation_token, recovery_token, email_change, email_change_token_new, created_at, updated_at
    ) values (
      ${instanceId}, ${user.id}, ${user.aud}, ${user.role}, ${user.email}, ${passwordHash},
      ${json(db, user.app_metadata)}, ${json(db, user.user_metadata)}, ${user.is_anonymous},
      '', '', '', '', now(), now()
    )
  `;
  if (user.email) await insertEmailIdentity(db, user.id, identityData);
  return getUser(db, user.id);
}

/** Gives a user an e-mail identity. */
async function insertEmailIdentity(db: Db, userId: string, data: Body): Promise<void> {
  await db`
    insert into auth.identities (id, provider, provider_id, user_id, identity_data, last_sign_in_at, created_at, updated_at)
    values (${randomUUID()}, 'email', ${userId}, ${userId}, ${json(db, data)}, now(), now(), now())
  `;
}

/** Changes the e-mail identity of a user, or adds one. */
export async function setEmailIdentity(
  db: Db,
  userId: string,
  email: string,
  verified: boolean,
): Promise<void> {
  const data = { email, email_verified: verified };
  const changed = await db`
    update auth.identities set identity_data = identity_data || ${json(db, data)}, updated_at = now()
    where user_id = ${userId} and provider = 'email'
  `;
  if (changed.count === 0)
    await insertEmailIdentity(db, userId, { sub: userId, ...data, phone_verified: false });
}

/** The user with an id that is known to exist. */
export async function getUser(db: Db, id: string): Promise<User> {
  const user = await findUser(db, id);
  if (!user) throw new Error(`User ${id} is gone`);
  return user;
}

/** The user with an id. */
export async function findUser(db: Db, id: string): Promise<User | undefined> {
  return findWhere(db, db`id = ${id}`);
}

/** The same, locked until the transaction ends: of two simultaneous changes, the second sees the first. */
export async function lockUser(db: Db, id: string): Promise<User | undefined> {
  return findWhere(db, db`id = ${id} for update`);
}

/** The user with an e-mail address, in whatever case it was stored. */
export async function findUserByEmail(db: Db, email: string): Promise<User | undefined> {
  return findWhere(
    db,
    db`lower(email) = ${email.toLowerCase()} and aud = 'authenticated' and not is_sso_user limit 1`,
  );
}

/** As Supabase Auth, finds only users of its instance, and fails for a user written by SQL without these columns. */
async function findWhere(db: Db, condition: Fragment): Promise<User | undefined> {
  const [user] = await db<
    User[]
  >`select * from auth.users where instance_id = ${instanceId} and ${condition}`;
  if (user && [...emptyTexts, 'created_at', 'updated_at'].some((column) => user[column] === null))
    throw unexpected('Database error querying schema');
  return user;
}

/** Writes columns of a user, and answers the new row. */
export async function updateUser(db: Db, id: string, changes: UserChanges): Promise<User> {
  const columns = Object.fromEntries(
    Object.entries(changes).map(([name, value]) => [
      name,
      value === null && emptyTexts.has(name)
        ? ''
        : isRecord(value) && !(value instanceof Date)
          ? json(db, value)
          : value,
    ]),
  );
  const [user] = await db<User[]>`
    update auth.users set ${db(columns as never)}, updated_at = now() where id = ${id} returning *
  `;
  if (!user) throw new Error(`User ${id} is gone`);
  await keepOneTimeTokens(db, user, changes);
  return user;
}

/** Metadata after an update: named keys change, null removes one, the others stay. */
export function mergeMetadata(current: Body | null, updates: Body): Body {
  const merged = { ...current, ...updates };
  for (const [key, value] of Object.entries(updates)) if (value === null) delete merged[key];
  return merged;
}

/** Confirms the e-mail address of a user. */
export async function confirmEmail(db: Db, user: User): Promise<User> {
  await db`
    update auth.identities set identity_data = identity_data || '{"email_verified": true}', updated_at = now()
    where user_id = ${user.id} and provider = 'email' and email = ${user.email?.toLowerCase() ?? ''}
  `;
  return updateUser(db, user.id, {
    confirmation_token: null,
    email_confirmed_at: new Date(),
    raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, { email_verified: true }),
  });
}

/** Whether a user is banned now. */
export function isBanned(user: User): boolean {
  return user.banned_until !== null && user.banned_until.getTime() > Date.now();
}

/** A valid e-mail address in lower case, as it is stored. */
export function validateEmail(email: string): string {
  if (!email) throw invalid('An email address is required');
  if (email.length > 255) throw invalid('An email address is too long');
  const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
  const format = new RegExp(`^[a-zA-Z0-9.!#$%&'*+/=?^_\`{|}~-]+@${label}(?:\\.${label})*$`);
  if (!format.test(email)) throw invalid('Unable to validate email address: invalid format');
  return email.toLowerCase();
}

/** Whether a text can be the id of a row. */
export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** Whether the database refused a row because another user has the address. */
export function isEmailTaken(error: unknown): boolean {
  return (
    error instanceof Error &&
    'constraint_name' in error &&
    error.constraint_name === 'users_email_partial_key'
  );
}

/** Another user took the address between the check and the write. */
export function refuseTaken(error: unknown): never {
  throw isEmailTaken(error) ? emailExists() : error;
}

/** The refusal of an address of another user. */
export function emailExists(): AuthError {
  return new AuthError(422, 'email_exists', 'A user with this email address has already been registered');
}

function json(db: Db, value: Body) {
  return db.json(value as Parameters<Db['json']>[0]);
}
