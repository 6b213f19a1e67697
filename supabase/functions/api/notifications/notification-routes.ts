import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { Database } from '../database.types.ts';
import type { AppEnv } from '../http/context.ts';
import { dataOf, given } from '../http/database.ts';
import { addEndpoint } from '../http/endpoint.ts';
import { addList } from '../http/lists.ts';
import type { App } from '../http/openapi.ts';
import {
  NotificationAnswer,
  NotificationSettingsAnswer,
  NotificationSettingsEdit,
  NotificationsQuery,
  ReadMarker,
  settingCodes,
  UnreadAnswer,
} from './notification-schemas.ts';

/** A notification as the database gives it, which is as clients read it. */
type NotificationRow = Database['public']['CompositeTypes']['notification_view'];

/** Notifications of the caller, and which kinds there are. */
export function addNotificationRoutes(
  app: App,
  config: Config,
  requireCaller: MiddlewareHandler<AppEnv>,
): void {
  const common = { tag: 'Notifications', requireCaller } as const;
  const settings = { ...common, path: '/notifications/settings/' };

  addList(app, config, {
    ...common,
    path: '/notifications/',
    name: 'listNotifications',
    summary: 'Your notifications',
    description: 'Events of one kind about one thing on one day are one notification.',
    holds: 'Notifications, newest first',
    query: NotificationsQuery,
    item: NotificationAnswer,
    read: (client, page, { query }) =>
      client.rpc('list_notifications', { ...page, unread: query.unread ?? false }, { get: true }),
    idOf: ({ id }: NotificationRow) => id,
  });

  addEndpoint(app, {
    ...common,
    method: 'get',
    path: '/notifications/unread/',
    name: 'countUnreadNotifications',
    summary: 'How many notifications are not read',
    answers: { 200: { description: 'The number', schema: UnreadAnswer } },
    handler: async (c) => {
      const count = await dataOf(c.var.caller.client.rpc('count_unread_notifications', {}, { get: true }));
      return c.json({ count }, 200);
    },
  });

  addEndpoint(app, {
    ...common,
    method: 'post',
    path: '/notifications/read/',
    name: 'markNotificationsRead',
    summary: 'Mark notifications as read',
    body: { json: ReadMarker },
    answers: { 200: { description: 'How many are still not read', schema: UnreadAnswer } },
    problems: [403],
    handler: async (c, { body }) =>
      c.json({ count: await dataOf(c.var.caller.client.rpc('mark_notifications_read', body)) }, 200),
  });

  addEndpoint(app, {
    ...settings,
    method: 'get',
    name: 'readNotificationSettings',
    summary: 'Which kinds of notifications you get',
    answers: { 200: { description: 'Each kind', schema: NotificationSettingsAnswer } },
    handler: async (c) =>
      c.json(await dataOf(c.var.caller.client.rpc('get_notification_settings', {}, { get: true })), 200),
  });

  addEndpoint(app, {
    ...settings,
    method: 'patch',
    name: 'editNotificationSettings',
    summary: 'Switch kinds of notifications on or off',
    body: { json: NotificationSettingsEdit },
    codes: settingCodes,
    answers: { 200: { description: 'Each kind', schema: NotificationSettingsAnswer } },
    problems: [403],
    handler: async (c, { body }) => {
      const edit = { changes: given(body) };
      return c.json(await dataOf(c.var.caller.client.rpc('update_notification_settings', edit)), 200);
    },
  });
}
