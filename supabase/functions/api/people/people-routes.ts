import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { AppEnv } from '../http/context.ts';
import { dataOf } from '../http/database.ts';
import { addEndpoint } from '../http/endpoint.ts';
import { addList } from '../http/lists.ts';
import type { App } from '../http/openapi.ts';
import { person } from '../http/schemas.ts';
import { addSwitch } from '../http/switches.ts';
import { peopleList } from './people-lists.ts';
import { BlockAnswer, FollowAnswer, MuteAnswer } from './people-schemas.ts';

/** Follows, requests to follow, blocks and mutes. */
export function addPeopleRoutes(app: App, config: Config, requireCaller: MiddlewareHandler<AppEnv>): void {
  const common = { tag: 'People', requireCaller } as const;
  const ofUser = { ...common, params: z.object({ user: person }), problems: [403, 404, 429] };
  const ofOwn = { ...common, ...peopleList };

  addSwitch(app, {
    ...ofUser,
    path: '/userprofiles/{user}/follow/',
    put: {
      name: 'follow',
      summary: 'Follow a user',
      description: 'At once if the profile is public, else a request.',
      answer: { description: 'The state of the follow', schema: FollowAnswer },
      act: async (client, { user }) => ({ state: await dataOf(client.rpc('follow_user', { person: user })) }),
    },
    delete: {
      name: 'unfollow',
      summary: 'Unfollow a user, or withdraw the request',
      act: (client, { user }) => dataOf(client.rpc('unfollow_user', { person: user })),
    },
  });

  addSwitch(app, {
    ...ofUser,
    path: '/userprofiles/{user}/block/',
    put: {
      name: 'block',
      summary: 'Block a user',
      description:
        'Ends follows in both directions. Neither sees posts, comments and likes of the other any more.',
      answer: { description: 'Blocked', schema: BlockAnswer },
      act: async (client, { user }) => {
        await dataOf(client.rpc('block_user', { person: user }));
        return { blocking: true };
      },
    },
    delete: {
      name: 'unblock',
      summary: 'Unblock a user',
      act: (client, { user }) => dataOf(client.rpc('unblock_user', { person: user })),
    },
  });

  addSwitch(app, {
    ...ofUser,
    path: '/userprofiles/{user}/mute/',
    put: {
      name: 'mute',
      summary: 'Mute a user',
      description: 'Your feed and your notifications leave the user out. The user cannot see it.',
      answer: { description: 'Muted', schema: MuteAnswer },
      act: async (client, { user }) => {
        await dataOf(client.rpc('mute_user', { person: user }));
        return { muting: true };
      },
    },
    delete: {
      name: 'unmute',
      summary: 'Unmute a user',
      act: (client, { user }) => dataOf(client.rpc('unmute_user', { person: user })),
    },
  });

  addSwitch(app, {
    ...ofUser,
    path: '/follow-requests/{user}/',
    put: {
      name: 'acceptFollowRequest',
      summary: 'Accept a request to follow you',
      answer: { description: 'The state of the follow', schema: FollowAnswer },
      act: async (client, { user }) => {
        await dataOf(client.rpc('accept_follow_request', { person: user }));
        return { state: 'accepted' };
      },
    },
    delete: {
      name: 'declineFollowRequest',
      summary: 'Decline a request to follow you',
      act: (client, { user }) => dataOf(client.rpc('decline_follow_request', { person: user })),
    },
  });

  addEndpoint(app, {
    ...ofUser,
    method: 'delete',
    path: '/userprofiles/me/followers/{user}/',
    name: 'removeFollower',
    summary: 'Remove a follower',
    answers: { 204: { description: 'Removed' } },
    handler: async (c, { params }) => {
      await dataOf(c.var.caller.client.rpc('remove_follower', { person: params.user }));
      return c.body(null, 204);
    },
  });

  addList(app, config, {
    ...ofUser,
    ...peopleList,
    path: '/userprofiles/{user}/followers/',
    name: 'listFollowers',
    summary: 'The followers of a user',
    description: 'Those of a private profile are for its owner and those who follow it.',
    holds: 'Users, the latest follower first',
    problems: [403, 404],
    read: (client, page, { params }) =>
      client.rpc('list_followers', { ...page, person: params.user }, { get: true }),
  });

  addList(app, config, {
    ...ofUser,
    ...peopleList,
    path: '/userprofiles/{user}/following/',
    name: 'listFollowing',
    summary: 'The users that a user follows',
    description: 'Those of a private profile are for its owner and those who follow it.',
    holds: 'Users, the last followed first',
    problems: [403, 404],
    read: (client, page, { params }) =>
      client.rpc('list_following', { ...page, person: params.user }, { get: true }),
  });

  addList(app, config, {
    ...ofOwn,
    path: '/follow-requests/',
    name: 'listFollowRequests',
    summary: 'Requests to follow you',
    holds: 'Users, the latest request first',
    read: (client, page) => client.rpc('list_follow_requests', page, { get: true }),
  });

  addList(app, config, {
    ...ofOwn,
    path: '/blocks/',
    name: 'listBlocks',
    summary: 'The users you block',
    holds: 'Users, the last blocked first',
    read: (client, page) => client.rpc('list_blocks', page, { get: true }),
  });

  addList(app, config, {
    ...ofOwn,
    path: '/mutes/',
    name: 'listMutes',
    summary: 'The users you mute',
    holds: 'Users, the last muted first',
    read: (client, page) => client.rpc('list_mutes', page, { get: true }),
  });
}
