import type { Notification, NotificationSettings, Unread } from './api.types.ts';
import {
  action,
  attemptAsCaller,
  type CallOptions,
  type Context,
  notSignedIn,
  type Result,
  read,
  write,
} from './calls.ts';
import type { NoctraSupabaseClient } from './client.ts';
import { refusal } from './errors.ts';
import { limits } from './limits.ts';
import { type List, type ListOptions, list } from './lists.ts';
import { openMs, type Subscription, subscribe } from './live.ts';

/** The options of `notifications.list`. */
export interface NotificationListOptions extends ListOptions {
  /** True leaves out what is read. */
  unread?: boolean | undefined;
}

/** The options of `notifications.subscribe`. */
export interface NotificationSubscribeOptions extends CallOptions {
  /** The id of the newest notification that you know: the handler gets what is newer. Default: what comes from now on. */
  since?: string | undefined;
}

/** What happens to your notifications. */
export type NotificationEvent =
  /** There is a notification, or one has more `actors`: then it has another id, and replaces the one before. */
  | { type: 'added'; notification: Notification; unread_count: number }
  /** Another number is unread, for example because another device has marked some as read. */
  | { type: 'unread'; unread_count: number };

/** What others did that concerns you: `noctra.notifications`. */
export type Notifications = ReturnType<typeof createNotifications>;

/** Makes `noctra.notifications`. */
export function createNotifications(context: Context) {
  const { supabase, reader } = context;

  const listFrom = (
    client: NoctraSupabaseClient,
    { unread = false, ...options }: NotificationListOptions,
  ): List<Notification> =>
    list(context, options, {
      query: (bounds) => client.rpc('list_notifications', { unread, ...bounds }, { get: true }),
    });

  const countFrom = (client: NoctraSupabaseClient, signal?: AbortSignal) =>
    read<number>(client.rpc('count_unread_notifications', {}, { get: true }), signal);

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
    list: (options: NotificationListOptions = {}): List<Notification> => listFrom(reader, options),

    /**
     * How many notifications are not read, up to `limits.unread_max`.
     *
     * @example
     * const { data } = await noctra.notifications.unreadCount();
     * badge.hidden = !data?.count;
     */
    unreadCount: ({ signal }: CallOptions = {}): Promise<Result<Unread>> =>
      attemptAsCaller(context, signal, async () => ({ count: await countFrom(reader, signal) })),

    /**
     * Marks a notification read, and all that are older. Answers how many are still unread.
     *
     * @example
     * const { data: notifications } = await noctra.notifications.list();
     * if (notifications?.[0]) await noctra.notifications.markRead(notifications[0].id);
     */
    markRead: action(
      context,
      (up_to) => supabase.rpc('mark_notifications_read', { up_to }),
      (count: number): Unread => ({ count }),
      () => refusal('up_to_invalid', 422, 'This is no id of a notification.', 'up_to'),
    ),

    /**
     * Tells of notifications as they come, as `list` has them. After a lost connection it fetches what was missed. Sign
     * in before; it ends with the session.
     *
     * @example
     * const { unsubscribe } = noctra.notifications.subscribe((event) => {
     *   if (event.type === 'added') showToast(event.notification);
     *   showBadge(event.unread_count);
     * });
     */
    subscribe: (
      handler: (event: NotificationEvent) => void,
      { since, signal }: NotificationSubscribeOptions = {},
    ): Subscription =>
      subscribe(context, handler, signal, (emit) => {
        let isNews = since !== undefined;
        let newestAt = 0;
        let unread_count = 0;
        /** Those that are hardly older, and when they came. */
        const known = new Map<string, number>();
        const readNews = async () => {
          const news: Notification[] = [];
          let oldest = newestAt && newestAt - openMs;
          for await (const notification of listFrom(supabase, { limit: limits.page_size })) {
            const at = timeOf(notification);
            if (!isNews) oldest ||= at - openMs;
            if (at <= oldest || notification.id <= (since ?? '')) break;
            if (!known.has(notification.id)) news.push(notification);
          }
          return news.reverse();
        };
        return {
          refused: notSignedIn(),
          topic: (userId) => `person:${userId}`,
          async read() {
            // Of the primary: a replica may not have it yet.
            const news = await readNews();
            // After the list, so that no number is older than what is told with it.
            const count = await countFrom(supabase);
            for (const notification of news) {
              const at = timeOf(notification);
              known.set(notification.id, at);
              newestAt = Math.max(newestAt, at);
              if (isNews) emit({ type: 'added', notification, unread_count: count });
            }
            for (const [id, at] of known) if (at < newestAt - openMs) known.delete(id);
            // A number that grows without news is that of the next ones.
            if (news.length === 0 && count < unread_count) emit({ type: 'unread', unread_count: count });
            unread_count = count;
            isNews = true;
          },
        };
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

const timeOf = ({ created_at }: Notification) => Date.parse(created_at);
