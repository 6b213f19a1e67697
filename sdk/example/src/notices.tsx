import type { Notification, NotificationEvent } from '@noctra/sdk';
import { useEffect } from 'react';
import { Avatar, Icon, List, pathOf, plural, Time } from './parts.tsx';
import { change, here, listOf, noctra, say } from './store.ts';

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

function sentenceOf({ kind, actors: [first, second], actor_count, comment }: Notification): string {
  const [, one, many = one] = kinds[kind];
  const others = actor_count > 2 ? plural(actor_count - 1, 'other') : second?.username;
  const what = kind === 'like' ? (comment ? ' your comment' : ' your post') : '';
  return `${first?.username}${others ? ` and ${others} ${many}` : ` ${one}`}${what}`;
}

/** Tells of a notification, and adds it to the list if that is shown. */
export function notify(event: NotificationEvent) {
  if (event.type !== 'added') return;
  const added = event.notification;
  say(sentenceOf(added));
  // The same key: the group has one more actor.
  change<Notification>(here('notices'), (all) => [added, ...all.filter(({ key }) => key !== added.key)]);
}

function Notice({ item: notice }: { item: Notification }) {
  const [actor] = notice.actors;
  return (
    <a className="row" href={notice.post ? `/posts/${notice.post}` : actor && pathOf(actor)}>
      <Icon name={kinds[notice.kind][0]} />
      <Avatar person={actor} />
      <span>
        {!notice.is_read && <mark>New</mark>} {sentenceOf(notice)}
        <small>{notice.preview}</small>
      </span>
      <Time at={notice.created_at} />
    </a>
  );
}

export function Notices() {
  const [newest] = listOf<Notification>(here('notices')).items;
  useEffect(() => {
    if (newest && !newest.is_read) void noctra.notifications.markRead(newest.id);
  }, [newest]);
  return <List className="card" name="notices" read={noctra.notifications.list} show={Notice} />;
}
