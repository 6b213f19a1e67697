import type { Notification, NotificationEvent } from '@noctra/sdk';
import { useEffect, useEffectEvent } from 'react';
import { noctra } from './noctra.ts';
import { Avatar, Icon, List, pathOf, plural, Screen, Time } from './parts.tsx';
import { useList } from './store.ts';

/** An icon, and what one person or several do. */
const kinds = {
  follow: ['person', 'follows you', 'follow you'],
  follow_request: ['person', 'asks to follow you', 'ask to follow you'],
  follow_accepted: ['person', 'lets you follow', 'let you follow'],
  mention: ['comment', 'mentioned you'],
  like: ['like', 'liked'],
  comment: ['comment', 'commented on your post'],
  reply: ['comment', 'answered you'],
  repost: ['repost', 'reposted your post'],
} as const;

export function sentenceOf({ kind, actors: [first, second], actor_count, comment }: Notification): string {
  const [, one, many = one] = kinds[kind];
  const others = actor_count > 2 ? plural(actor_count - 1, 'other') : second?.username;
  const what = kind === 'like' ? (comment ? 'your comment' : 'your post') : '';
  return `${first?.username}${others ? ` and ${others} ${many}` : ` ${one}`} ${what}`.trim();
}

/** Whether the newer one replaces the older one: the group has one more actor, and so another id. */
const isOneGroup = (older: Notification, newer: Notification) =>
  (['kind', 'post', 'comment'] as const).every((field) => older[field] === newer[field]) &&
  older.created_at.slice(0, 10) === newer.created_at.slice(0, 10);

export function NoticesScreen({ onRead }: { onRead(unread: number): void }) {
  const list = useList<Notification>('notices', (cursor) => noctra.notifications.list({ cursor }));
  const newest = list.items[0];
  const add = useEffectEvent((event: NotificationEvent) => {
    if (event.type === 'added')
      list.change((items) => [
        event.notification,
        ...items.filter((item) => !isOneGroup(item, event.notification)),
      ]);
  });
  useEffect(() => noctra.notifications.subscribe(add).unsubscribe, []);
  useEffect(() => {
    if (newest && !newest.is_read)
      void noctra.notifications.markRead(newest.id).then(({ data }) => data && onRead(data.count));
  }, [newest, onRead]);
  return (
    <Screen title="Notifications">
      <List
        as="ul"
        className="rows"
        list={list}
        show={(notice) => (
          <li className={notice.is_read ? '' : 'unread'}>
            <Icon name={kinds[notice.kind][0]} />
            {notice.actors[0] && <Avatar person={notice.actors[0]} />}
            <a href={notice.post ? `/posts/${notice.post}` : pathOf(notice.actors[0] ?? { username: '' })}>
              {!notice.is_read && <span className="hidden">New: </span>}
              {sentenceOf(notice)}
              {notice.preview && <q dir="auto">{notice.preview}</q>}
            </a>
            <Time at={notice.created_at} />
          </li>
        )}
        empty={<p>Nothing yet. Post something, and follow people.</p>}
      />
    </Screen>
  );
}
