import type { Notification, NotificationSettings, Unread } from './api.types.ts';
import { attemptAsCaller, type CallOptions, type Context, type Result, read, write } from './calls.ts';
import { refusal } from './errors.ts';
import { type List, type ListOptions, list } from './lists.ts';
import { withUrls } from './profiles.ts';

/** The options of `notifications.list`. */
export interface NotificationListOptions extends ListOptions {
  /** True leaves out what is read. */
  unread?: boolean | undefined;
}

/** What others did that concerns you: `noctra.notifications`. */
export type Notifications = ReturnType<typeof createNotifications>;

/** Makes `noctra.notifications`. */
export function createNotifications(context: Context) {
  const { supabase, reader, url } = context;
  return {
    /**
     * Your notifications, newest first. Likes of one post on one day, for example, are one notification: `actors` are
     * the newest of `actor_count` people.
     *
     * @example
     * const { data: notifications, next } = await noctra.notifications.list({ unread: true });
     * for (const { kind, actors, actor_count, preview } of notifications ?? []) {
     *   console.log(kind, actors[0]?.username, actor_count - 1, preview); // like ann 12 Sunset
     * }
     */
    list: ({ unread = false, ...options }: NotificationListOptions = {}): List<Notification> =>
      list<Notification, Notification>(context, options, {
        query: (bounds) => reader.rpc('list_notifications', { unread, ...bounds }, { get: true }),
        toItems: (rows) =>
          rows.map(({ actors, ...notification }) => ({
            ...notification,
            actors: actors.map((actor) => withUrls(url, actor)),
          })),
      }),

    /**
     * How many notifications are not read, up to `limits.unread_max`.
     *
     * @example
     * const { data } = await noctra.notifications.unreadCount();
     * badge.hidden = !data?.count;
     */
    unreadCount: ({ signal }: CallOptions = {}): Promise<Result<Unread>> =>
      attemptAsCaller(context, signal, async () => ({
        count: await read<number>(reader.rpc('count_unread_notifications', {}, { get: true }), signal),
      })),

    /**
     * Marks a notification read, and all that are older. Answers how many are still unread.
     *
     * @example
     * const { data: notifications } = await noctra.notifications.list();
     * if (notifications?.[0]) await noctra.notifications.markRead(notifications[0].id);
     */
    markRead: (up_to: string, { signal }: CallOptions = {}): Promise<Result<Unread>> =>
      attemptAsCaller(context, signal, async () => {
        const malformed = refusal('up_to_invalid', 422, 'This is no id of a notification.', 'up_to');
        const query = supabase.rpc('mark_notifications_read', { up_to });
        return { count: await write<number>(context, query, signal, malformed) };
      }),

    /**
     * Which kinds of notifications you get.
     *
     * @example
     * const { data: settings } = await noctra.notifications.settings();
     * checkbox.checked = settings?.like ?? true;
     */
    settings: ({ signal }: CallOptions = {}): Promise<Result<NotificationSettings>> =>
      attemptAsCaller(context, signal, () =>
        read(reader.rpc('get_notification_settings', {}, { get: true }), signal),
      ),

    /**
     * Switches kinds of notifications on or off. Omitted kinds stay unchanged.
     *
     * @example
     * await noctra.notifications.updateSettings({ like: false, repost: false });
     */
    updateSettings: ({
      signal,
      ...changes
    }: Partial<NotificationSettings> & CallOptions): Promise<Result<NotificationSettings>> =>
      attemptAsCaller(context, signal, () =>
        write(context, supabase.rpc('update_notification_settings', { changes }), signal),
      ),
  };
}
