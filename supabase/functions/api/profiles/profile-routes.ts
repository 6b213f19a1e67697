import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { AppEnv } from '../http/context.ts';
import { dataOf, given } from '../http/database.ts';
import { addEndpoint } from '../http/endpoint.ts';
import type { App } from '../http/openapi.ts';
import { person } from '../http/schemas.ts';
import { coverPicture, profilePicture } from '../media/inspect.ts';
import { withFiles } from '../media/publish.ts';
import { removeSoon } from '../service/sweep.ts';
import { readProfile, updateProfile } from './profile-queries.ts';
import { OwnProfileAnswer, ProfileAnswer, ProfileEdit, ProfileEditForm } from './profile-schemas.ts';

/** Reads and edits profiles, and deletes the account. */
export function addProfileRoutes(app: App, config: Config, requireCaller: MiddlewareHandler<AppEnv>): void {
  const tag = 'Profiles' as const;

  // Before /userprofiles/{user}/: a router takes the first that fits.
  addEndpoint(app, {
    method: 'get',
    path: '/userprofiles/me/',
    name: 'readOwnProfile',
    tag,
    summary: 'Your own profile',
    requireCaller,
    answers: { 200: { description: 'The profile with its private fields', schema: OwnProfileAnswer } },
    handler: async (c) => c.json(await readProfile(c.var.caller.client), 200),
  });

  addEndpoint(app, {
    method: 'patch',
    methodAlias: 'put',
    path: '/userprofiles/me/',
    name: 'editOwnProfile',
    tag,
    summary: 'Edit your profile',
    requireCaller,
    body: { json: ProfileEdit, form: ProfileEditForm, files: ['profile_pic', 'cover_pic'] },
    answers: { 200: { description: 'The profile as it is now', schema: OwnProfileAnswer } },
    problems: [403, 409, 429],
    handler: async (c, { body }) => {
      const pictures = picturesOf(body);
      const files = pictures.flatMap(({ source, rules }) => (source ? [{ source, rules }] : []));
      const profile = await withFiles(config, c.var.caller, files, null, (published) => {
        const paths = published.values();
        const changes = pictures.map(({ column, source }) => [
          column,
          source ? (paths.next().value ?? null) : null,
        ]);
        return updateProfile(c.var.caller.client, { ...columnsOf(body), ...Object.fromEntries(changes) });
      });
      // The database has queued the pictures that these replace.
      if (pictures.length > 0) removeSoon(config);
      return c.json(profile, 200);
    },
  });

  addEndpoint(app, {
    method: 'delete',
    path: '/userprofiles/me/',
    name: 'deleteAccount',
    tag,
    summary: 'Delete your account',
    description: 'With everything that belongs to it: posts, files, sessions. It cannot be undone.',
    requireCaller,
    answers: { 204: { description: 'Deleted' } },
    problems: [403, 409],
    handler: async (c) => {
      await dataOf(c.var.caller.client.rpc('delete_account'));
      removeSoon(config);
      return c.body(null, 204);
    },
  });

  addEndpoint(app, {
    method: 'get',
    path: '/userprofiles/{user}/',
    name: 'readProfile',
    tag,
    summary: 'The profile of a user',
    requireCaller,
    params: z.object({ user: person }),
    answers: { 200: { description: 'The public fields', schema: ProfileAnswer } },
    problems: [404],
    handler: async (c, { params }) => {
      const profile = await readProfile(c.var.caller.client, params.user);
      const { email, date_of_birth, age, ...publicFields } = profile;
      return c.json(publicFields, 200);
    },
  });
}

/** The pictures that an edit names, in the order of their files; null takes a picture away. */
function picturesOf({ profile_pic, cover_pic }: z.output<typeof ProfileEdit>) {
  return [
    { column: 'avatar_path', source: profile_pic, rules: profilePicture },
    { column: 'cover_path', source: cover_pic, rules: coverPicture },
  ].filter(({ source }) => source !== undefined);
}

/** The columns that an edit changes, besides those of the pictures. */
function columnsOf(edit: z.output<typeof ProfileEdit>) {
  const { username, bio, playlist, publicProfile, anonymous, date_of_birth } = edit;
  return {
    ...given({ username, bio, playlist, is_public: publicProfile, is_anonymous: anonymous }),
    ...(date_of_birth === undefined ? {} : { date_of_birth }),
  };
}
