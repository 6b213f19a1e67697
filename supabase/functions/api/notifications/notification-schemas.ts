import { z } from '@hono/zod-openapi';
import { Constants, type Database } from '../database.types.ts';
import { PageQuery } from '../http/lists.ts';
import { boolean, timestamp, uuid } from '../http/schemas.ts';
import type { FieldCodes } from '../http/validate.ts';
import { limits } from '../limits.ts';
import { owner } from '../people/people-schemas.ts';

const notificationKinds = Constants.public.Enums.notification_kind;

/** An object with a value for each kind. */
const eachKind = <const Value>(value: Value) =>
  Object.fromEntries(notificationKinds.map((kind) => [kind, value])) as Record<
    Database['public']['Enums']['notification_kind'],
    Value
  >;

/** The codes of the settings. */
export const settingCodes: FieldCodes = eachKind('notification_setting_invalid');

/** Query of GET /notifications/. */
export const NotificationsQuery = PageQuery.extend({
  unread: boolean.optional().openapi({ description: 'Only those that are not read.' }),
});

/** A group of events of one kind about one thing. */
export const NotificationAnswer = z
  .object({
    id: uuid.openapi({ description: 'Of the newest event in the group.' }),
    kind: z.enum(notificationKinds),
    actors: z.array(owner).openapi({ description: 'The newest three.' }),
    actor_count: z.int(),
    post: uuid.nullable(),
    comment: uuid.nullable(),
    preview: z.string().nullable().openapi({ description: 'The beginning of the text that it is about.' }),
    created_at: timestamp,
    is_read: z.boolean(),
    key: z.string().openapi({
      description: 'Names the group. Stays the same when the group grows, and has another `id`.',
    }),
  })
  .openapi('Notification');

/** A group of events of one kind about one thing. */
export type Notification = z.infer<typeof NotificationAnswer>;

/** Answer of GET /notifications/unread/ and POST /notifications/read/. */
export const UnreadAnswer = z
  .object({ count: z.int().openapi({ description: `How many are not read, at most ${limits.unread_max}.` }) })
  .openapi('Unread');

/** Body of POST /notifications/read/. */
export const ReadMarker = z
  .strictObject({
    up_to: uuid.openapi({ description: 'The id of a notification. It is read then, and all older ones.' }),
  })
  .openapi('ReadMarker');

/** Which kinds a user is notified of. */
export const NotificationSettingsAnswer = z.object(eachKind(z.boolean())).openapi('NotificationSettings');

/** Body of PATCH /notifications/settings/. */
export const NotificationSettingsEdit = z
  .strictObject(eachKind(boolean.nullish()))
  .openapi('NotificationSettingsEdit', {
    description: 'Omitted fields stay unchanged. False switches a kind off.',
    example: { like: false },
  });
