import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { AppEnv, Caller } from '../http/context.ts';
import { type App, addEndpoint } from '../http/openapi.ts';
import { databaseProblem, fieldProblem, ProblemError, problem } from '../http/problem.ts';
import { limits } from '../limits.ts';
import { type FileRules, inspectObject } from '../media/inspection.ts';
import { type StoredFiles, storeFiles } from '../media/store-files.ts';
import { removeSoon } from '../service/sweep.ts';
import { type PictureField, type ProfileInput, pictureFields, readProfileInput } from './profile-input.ts';
import {
  noSuchProfile,
  noSuchUser,
  presentOwnProfile,
  presentProfile,
  profileColumn,
} from './profile-presentation.ts';
import {
  type OwnProfile,
  OwnProfileAnswer,
  ProfileAnswer,
  ProfileEditFormBody,
  ProfileEditJsonBody,
} from './profile-schemas.ts';

/** Which pictures a profile takes, and where they go. */
const pictures: Record<PictureField, FileRules> = {
  profile_pic: { field: 'profile_pic', bucket: 'avatars', maxBytes: limits.avatar_size, imagesOnly: true },
  cover_pic: { field: 'cover_pic', bucket: 'covers', maxBytes: limits.cover_size, imagesOnly: true },
};

/** Who people are. */
export function addProfileRoutes(app: App, config: Config, caller: MiddlewareHandler<AppEnv>): void {
  const tag = 'Profiles' as const;

  // Before /userprofiles/{user}/: a router takes the first that fits.
  addEndpoint(app, {
    method: 'get',
    path: '/userprofiles/me/',
    name: 'readOwnProfile',
    tag,
    summary: 'Your own profile',
    caller,
    answers: { 200: { description: 'The profile, private fields included', schema: OwnProfileAnswer } },
    problems: [503],
    handler: async (c) => c.json(await readOwnProfile(c.var.caller), 200),
  });

  addEndpoint(app, {
    method: 'patch',
    path: '/userprofiles/me/',
    name: 'editOwnProfile',
    tag,
    summary: 'Edit your profile',
    caller,
    request: {
      body: {
        required: true,
        content: {
          'application/json': { schema: ProfileEditJsonBody },
          'multipart/form-data': { schema: ProfileEditFormBody },
        },
      },
    },
    answers: { 200: { description: 'The profile as it is now', schema: OwnProfileAnswer } },
    problems: [400, 403, 409, 413, 415, 422, 429, 503],
    handler: async (c) => {
      const input = await readProfileInput(c.req.raw);
      const stored = await storePictures(config, c.var.caller, input);
      try {
        await updateProfile(c.var.caller, input, stored.paths);
      } catch (reason) {
        if (reason instanceof ProblemError) await stored.takeBack(reason);
        throw reason;
      }
      // The database has queued the pictures that these replace.
      if (pictureFields.some((field) => stored.paths[field] !== undefined)) removeSoon(config);
      return c.json(await readOwnProfile(c.var.caller), 200);
    },
  });

  addEndpoint(app, {
    method: 'delete',
    path: '/userprofiles/me/',
    name: 'deleteAccount',
    tag,
    summary: 'Delete your account',
    description: 'With everything that belongs to it: posts, files, sessions. There is no way back.',
    caller,
    answers: { 204: { description: 'Deleted' } },
    problems: [403, 409, 503],
    handler: async (c) => {
      const { error } = await c.var.caller.client.rpc('delete_account');
      if (error) throw databaseProblem(error);
      removeSoon(config);
      return c.body(null, 204);
    },
  });

  addEndpoint(app, {
    method: 'get',
    path: '/userprofiles/{user}/',
    name: 'readProfile',
    tag,
    summary: 'The profile of a person',
    caller,
    request: { params: z.object({ user: z.string().openapi({ description: 'An id or a user name.' }) }) },
    answers: { 200: { description: 'The public fields', schema: ProfileAnswer } },
    problems: [404, 503],
    handler: async (c) => {
      const user = c.req.param('user') ?? '';
      const column = profileColumn(user);
      if (column === null) throw noSuchProfile();
      const { data, error } = await c.var.caller.client
        .from('profiles')
        .select('*')
        .eq(column, user)
        .maybeSingle();
      if (error) throw databaseProblem(error);
      if (!data) throw noSuchProfile();
      return c.json(presentProfile(data), 200);
    },
  });
}

async function readOwnProfile({ client, id, email }: Caller): Promise<OwnProfile> {
  const { data, error } = await client
    .from('profiles')
    .select('*, private:private_profiles(date_of_birth)')
    .eq('id', id)
    .maybeSingle();
  if (error) throw databaseProblem(error);
  if (!data) throw noSuchUser();
  return presentOwnProfile(data, email, data.private?.date_of_birth ?? null);
}

/** The pictures of an edit: a path, null to take the picture away, undefined to leave it. */
type PicturePaths = Partial<Record<PictureField, string | null>>;

/** Stores the pictures that came along, and looks into those that were uploaded before. */
async function storePictures(
  config: Config,
  caller: Caller,
  { fields, files }: ProfileInput,
): Promise<Pick<StoredFiles, 'takeBack'> & { paths: PicturePaths }> {
  const paths: PicturePaths = {};
  for (const field of pictureFields) {
    const path = fields[field];
    if (files[field] || path === undefined) continue;
    if (path !== null) await assertPicture(config, caller, path, pictures[field]);
    paths[field] = path;
  }
  const sent = pictureFields.flatMap((field) => {
    const part = files[field];
    return part ? [{ field, part, rules: pictures[field] }] : [];
  });
  const stored = await storeFiles(config, caller, sent, null);
  sent.forEach(({ field }, place) => {
    paths[field] = stored.paths[place] ?? null;
  });
  return { paths, takeBack: stored.takeBack };
}

/** Looks into a picture that the caller has uploaded past this function. */
async function assertPicture(config: Config, caller: Caller, path: string, rules: FileRules): Promise<void> {
  const isOwn = new RegExp(`^${caller.id}/[0-9a-f-]{36}\\.[a-z0-9]{1,10}$`).test(path);
  const found = isOwn ? await inspectObject(config, path, rules) : null;
  if (!found) {
    throw fieldProblem(
      'picture_not_found',
      rules.field,
      'The picture is no upload of yours: upload it to your own folder first.',
    );
  }
}

async function updateProfile(caller: Caller, { fields }: ProfileInput, paths: PicturePaths): Promise<void> {
  const { client, id } = caller;
  const { username, bio, playlist, publicProfile, anonymous, date_of_birth } = fields;
  const changes = {
    ...(username == null ? {} : { username }),
    ...(bio == null ? {} : { bio }),
    ...(playlist == null ? {} : { playlist }),
    ...(publicProfile == null ? {} : { is_public: publicProfile }),
    ...(anonymous == null ? {} : { is_anonymous: anonymous }),
    ...(paths.profile_pic === undefined ? {} : { avatar_path: paths.profile_pic }),
    ...(paths.cover_pic === undefined ? {} : { cover_path: paths.cover_pic }),
  };
  // First what the database may refuse, such as a name that is taken; a date of birth has been looked at.
  if (Object.keys(changes).length > 0) {
    const { data, error } = await client.from('profiles').update(changes).eq('id', id).select('id');
    if (error) throw databaseProblem(error);
    if (data.length === 0) throw await notMine(caller);
  }
  if (date_of_birth !== undefined) {
    const own = client.from('private_profiles').update({ date_of_birth }).eq('id', id);
    const { data, error } = await own.select('id');
    if (error) throw databaseProblem(error);
    if (data.length === 0) throw await notMine(caller);
  }
}

/** Why one's own profile cannot be written: row-level security hides it from the banned, and the gone have none. */
async function notMine({ client, id }: Caller): Promise<ProblemError> {
  const { data, error } = await client.from('profiles').select('id').eq('id', id).maybeSingle();
  if (error) return databaseProblem(error);
  return data ? problem('user_banned', 'This account is closed.') : noSuchUser();
}
