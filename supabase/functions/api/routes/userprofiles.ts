import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../context.ts';
import { type App, addEndpoint } from '../openapi.ts';
import { databaseProblem, problem } from '../problem.ts';
import { noSuchProfile, presentOwnProfile, presentProfile, profileColumn } from '../profiles.ts';
import { OwnProfileAnswer, ProfileAnswer } from '../schemas.ts';

/** Who people are. */
export function addProfileRoutes(app: App, caller: MiddlewareHandler<AppEnv>): void {
  const tag = 'Profiles';

  // Before /userprofiles/{user}/: a router takes the first that fits.
  addEndpoint(app, {
    method: 'get',
    path: '/userprofiles/me/',
    tag,
    summary: 'Your own profile',
    caller,
    answers: { 200: { description: 'The profile, private fields included', schema: OwnProfileAnswer } },
    problems: [503],
    handler: async (c) => {
      const { client, id, email } = c.var.caller;
      const { data, error } = await client
        .from('profiles')
        .select('*, private:private_profiles(date_of_birth)')
        .eq('id', id)
        .maybeSingle();
      if (error) throw databaseProblem(error);
      // A token outlives its user by up to an hour.
      if (!data) throw problem('token_invalid', 'The user of this token does not exist any more.');
      return c.json(presentOwnProfile(data, email, data.private?.date_of_birth ?? null), 200);
    },
  });

  addEndpoint(app, {
    method: 'get',
    path: '/userprofiles/{user}/',
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
