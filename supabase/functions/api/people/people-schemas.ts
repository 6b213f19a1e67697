import { z } from '@hono/zod-openapi';
import { Constants } from '../database.types.ts';
import { uuid } from '../http/schemas.ts';

/** A user as the owner of a post or comment. */
export const owner = z.object({
  id: uuid,
  username: z.string(),
  profile_pic_url: z.string(),
  is_vip: z.boolean(),
});

export const following = z.boolean().openapi({ description: 'Whether you follow this user.' });
export const requested = z.boolean().openapi({ description: 'Whether you have asked to follow this user.' });
export const followed_by = z.boolean().openapi({ description: 'Whether this user follows you.' });
export const blocking = z.boolean().openapi({ description: 'Whether you block this user.' });
export const muting = z.boolean().openapi({ description: 'Whether you mute this user.' });

/** A user in a list. */
export const PersonAnswer = owner.extend({ following, requested, followed_by }).openapi('Person');

/** A user in a list. */
export type Person = z.infer<typeof PersonAnswer>;

/** Answer of PUT /userprofiles/{user}/follow/ and of PUT /follow-requests/{user}/. */
export const FollowAnswer = z
  .object({
    state: z.enum(Constants.public.Enums.follow_state).openapi({
      description: '`requested` until the owner of a private profile accepts.',
    }),
  })
  .openapi('Follow');

/** The state of a follow. */
export type Follow = z.infer<typeof FollowAnswer>;

/** Answer of PUT /userprofiles/{user}/block/. */
export const BlockAnswer = z.object({ blocking }).openapi('Block');

/** Answer of PUT /userprofiles/{user}/mute/. */
export const MuteAnswer = z.object({ muting }).openapi('Mute');
