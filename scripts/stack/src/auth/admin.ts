import { createHash } from 'node:crypto';
import { audit } from './audit.ts';
import { AuthError, invalid, orFail } from './auth-error.ts';
import {
  type Body,
  flag,
  optionalText,
  readBody,
  readOptionalBody,
  record,
  shortText,
  text,
} from './body.ts';
import { parseDuration } from './durations.ts';
import { type Call, type Context, type Endpoint, requireAdmin } from './endpoint.ts';
import { withoutCodes } from './one-time-tokens.ts';
import { userJson, userWith } from './user-json.ts';
import type { Identity, User, UserChanges } from './user-rows.ts';
import {
  confirmEmail,
  emailExists,
  findUser,
  findUserByEmail,
  insertUser,
  instanceId,
  isUuid,
  lockUser,
  mergeMetadata,
  newUser,
  refuseTaken,
  setEmailIdentity,
  updateUser,
  validateEmail,
} from './users.ts';

/** `GET /admin/users`: a page of the users, newest first, with the total and the neighbouring pages in the headers. */
export const listUsers: Endpoint = async (auth, call) => {
  requireAdmin(call);
  const query = call.url.searchParams;
  const page = pageNumber(query.get('page'), 1);
  const perPage = pageNumber(query.get('per_page'), 50);
  if (perPage === 0) throw invalid('Bad Pagination Parameters: per_page must be greater than 0');
  const filter = query.get('filter') ?? '';
  const like = `%${filter.replace(/[\\%_]/g, '\\$&')}%`;
  const { database } = auth;
  const matching = database`
    from auth.users
    where instance_id = ${instanceId} and aud = 'authenticated'
      and (${filter} = '' or email ilike ${like} or raw_user_meta_data ->> 'full_name' ilike ${like})
  `;
  const [count] = await database`select count(*)::int as total ${matching}`;
  const total = Number(count?.total ?? 0);
  const offset = Math.min(Math.max(page - 1, 0) * perPage, Number.MAX_SAFE_INTEGER);
  const users = await database<User[]>`
    select * ${matching} order by created_at desc, id limit ${perPage} offset ${offset}
  `;
  const identities = await database<Identity[]>`
    select * from auth.identities where user_id in ${database([instanceId, ...users.map(({ id }) => id)])} order by created_at
  `;
  const list = users.map((user) =>
    userWith(
      user,
      identities.filter((identity) => identity.user_id === user.id),
    ),
  );
  return Response.json(
    { users: list, aud: 'authenticated' },
    { headers: { 'x-total-count': String(total), link: pageLinks(query, page, perPage, total) } },
  );
};

/** `POST /admin/users`: a new user. Supabase Auth does not ask the "Before User Created" hook here. */
export const createUser: Endpoint = async (auth, call) => {
  requireAdmin(call);
  const body = await readBody(call.request);
  if (!text(body, 'email') && !text(body, 'phone'))
    throw invalid('Cannot create a user without either an email or phone');
  if (text(body, 'phone')) throw noPhone();
  const email = validateEmail(text(body, 'email'));
  if (await findUserByEmail(auth.database, email)) throw emailExists();
  const hash = await givenPassword(auth, body);
  const id = optionalText(body, 'id');
  if (id && !isUuid(id)) throw invalid('ID must conform to the uuid v4 format');
  if (id === instanceId) throw invalid('ID cannot be a nil uuid');
  const banned = banUntil(body);
  const candidate = newUser(email, record(body, 'user_metadata'));
  const user = await orFail('Database error creating new user', () =>
    auth.database.begin(async (db) => {
      const inserted = await insertUser(
        db,
        {
          ...candidate,
          id: id || candidate.id,
          aud: shortText(body, 'aud') || candidate.aud,
          role: shortText(body, 'role') || candidate.role,
          app_metadata: mergeMetadata(candidate.app_metadata, record(body, 'app_metadata') ?? {}),
        },
        hash,
      ).catch(refuseTaken);
      await audit(db, 'user_signedup', 'service_role', {
        user_id: inserted.id,
        user_email: email,
        provider: 'email',
      });
      const confirmed = flag(body, 'email_confirm') ? await confirmEmail(db, inserted) : inserted;
      return banned === undefined ? confirmed : updateUser(db, inserted.id, { banned_until: banned });
    }),
  );
  return Response.json(await userJson(auth.database, user));
};

/** `GET /admin/users/<id>`. */
export const readUserById: Endpoint = async (auth, call) => {
  requireAdmin(call);
  return Response.json(await userJson(auth.database, await loadUser(auth, call)));
};

/** `PUT /admin/users/<id>`: changes at once, without a mail. */
export const updateUserById: Endpoint = async (auth, call) => {
  requireAdmin(call);
  const user = await loadUser(auth, call);
  const body = await readBody(call.request);
  if (text(body, 'phone')) throw noPhone();
  const email = text(body, 'email') && validateEmail(text(body, 'email'));
  const password = optionalText(body, 'password');
  const banned = banUntil(body);
  const role = shortText(body, 'role');
  if (password !== undefined) auth.passwords.check(password);
  const confirm = flag(body, 'email_confirm');
  const changes: UserChanges = {
    ...(role ? { role } : {}),
    ...(password === undefined
      ? {}
      : { ...withoutCodes, encrypted_password: await auth.passwords.hash(password) }),
    ...(email ? { ...withoutCodes, email, is_anonymous: user.is_anonymous && !confirm } : {}),
    ...(banned === undefined ? {} : { banned_until: banned }),
  };
  const updated = await orFail('Error updating user', () =>
    auth.database.begin(async (db) => {
      const locked = await lockUser(db, user.id);
      if (!locked) throw userNotFound();
      if (password !== undefined) await auth.sessions.end(db, user.id, 'global', null);
      if (email) await setEmailIdentity(db, user.id, email, confirm);
      const merged = await updateUser(db, user.id, {
        ...changes,
        raw_app_meta_data: mergeMetadata(locked.raw_app_meta_data, record(body, 'app_metadata') ?? {}),
        raw_user_meta_data: mergeMetadata(locked.raw_user_meta_data, record(body, 'user_metadata') ?? {}),
      }).catch(refuseTaken);
      await audit(db, 'user_modified', 'service_role', { user_id: user.id, user_email: merged.email });
      return confirm ? confirmEmail(db, merged) : merged;
    }),
  );
  return Response.json(await userJson(auth.database, updated));
};

/** `DELETE /admin/users/<id>`: the user and all that depends on it; a soft deletion keeps the row without personal data. */
export const deleteUser: Endpoint = async (auth, call) => {
  requireAdmin(call);
  const user = await loadUser(auth, call);
  const soft = flag(await readOptionalBody(call.request), 'should_soft_delete');
  await orFail('Database error deleting user', () =>
    auth.database.begin(async (db) => {
      await audit(db, 'user_deleted', 'service_role', { user_id: user.id, user_email: user.email });
      if (!soft) {
        await db`delete from auth.users where id = ${user.id}`;
        return;
      }
      if (user.deleted_at) return;
      await auth.sessions.end(db, user.id, 'global', null);
      await db`
        update auth.identities
        set identity_data = '{}', provider_id = encode(sha256(convert_to(user_id || provider_id, 'utf8')), 'hex')
        where user_id = ${user.id}
      `;
      await updateUser(db, user.id, {
        ...withoutCodes,
        email: createHash('sha256')
          .update(user.id + (user.email ?? ''))
          .digest('base64url'),
        encrypted_password: null,
        email_change: null,
        raw_app_meta_data: {},
        raw_user_meta_data: {},
        deleted_at: new Date(),
      });
    }),
  );
  return Response.json({});
};

/** The user whom the URL names, behind `/admin/users/`. */
export async function loadUser({ database }: Context, { url }: Call): Promise<User> {
  const id = /\/admin\/users\/([^/]+)/.exec(url.pathname)?.[1];
  if (!isUuid(id)) throw new AuthError(404, 'validation_failed', 'user_id must be an UUID');
  const user = await findUser(database, id);
  if (!user) throw userNotFound();
  return user;
}

/** The hash of the given password, or the given hash; without either, the hash of a random password. */
async function givenPassword({ passwords }: Context, body: Body): Promise<string> {
  const [password, hash] = [text(body, 'password'), text(body, 'password_hash')];
  if (password && hash) throw invalid('Only a password or a password hash should be provided');
  if (hash && !/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash))
    throw invalid('password_hash must be a bcrypt hash');
  if (hash) return hash;
  if (!password) return passwords.hashRandom();
  passwords.check(password);
  return passwords.hash(password);
}

/** The end of the ban that `ban_duration` asks for; null lifts a ban, undefined leaves it unchanged. */
function banUntil(body: Body): Date | null | undefined {
  const duration = text(body, 'ban_duration');
  if (!duration) return undefined;
  if (duration === 'none') return null;
  const milliseconds = parseDuration(duration);
  if (milliseconds === null) throw invalid(`invalid format for ban duration: ${duration}`);
  return milliseconds === 0 ? null : new Date(Date.now() + milliseconds);
}

function pageNumber(value: string | null, missing: number): number {
  if (!value) return missing;
  if (!/^\d{1,9}$/.test(value)) throw invalid(`Bad Pagination Parameters: "${value}" is not a number`);
  return Number(value);
}

function pageLinks(query: URLSearchParams, page: number, perPage: number, total: number): string {
  const last = Math.ceil(total / perPage);
  // supabase-js finds the number behind the first "=".
  const others = new URLSearchParams([...query].filter(([name]) => name !== 'page' && name !== 'apikey'));
  const link = (to: number, rel: string) =>
    `</admin/users?${new URLSearchParams([['page', String(to)], ...others])}>; rel="${rel}"`;
  return [...(last > page ? [link(page + 1, 'next')] : []), link(last, 'last')].join(', ');
}

/** Supabase stores phone numbers of users; this stack serves none, since it cannot send SMS. */
function noPhone(): AuthError {
  return new AuthError(400, 'phone_provider_disabled', 'Phone numbers are not served here');
}

function userNotFound(): AuthError {
  return new AuthError(404, 'user_not_found', 'User not found');
}
