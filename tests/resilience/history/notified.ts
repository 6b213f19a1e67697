// Notifications and their causes. What was never told because of a block, a mute or a setting of that time cannot be
// seen in the base tables. So a memory of the comparisons before tells when an event happened, and until when users may
// not have been told of each other.
import type { Rows } from './rows.ts';
import { silenceOf, silenceOfHidden, silenceOfKind } from './silence.ts';

/** A row of notification_actors with its notification. */
interface Told {
  id: string;
  kind: string;
  actor: string;
  recipient: string;
  target: string;
}

/** What a user did, and another one is to be told of once. */
interface Event {
  /** The same as long as the event is there. */
  key: string;
  actor: string;
  recipient: string;
  /** What it may be told as. */
  kinds: string[];
  /** Whether it is told as the first of these, unless that was switched off. */
  isStrict: boolean;
  /** Because of which it may be told as another kind, or not at all. */
  kindSilences: string[];
  /** Because of which it may not be told at all. */
  silences: string[];
  isTold: (told: Told) => boolean;
}

/** What is known of the time before a comparison. */
export interface Memory {
  comparisons: number;
  /** The first comparison that saw each event. */
  since: Map<string, number>;
  /** The last comparison before which each silence was there, at least for a while. */
  silent: Map<string, number>;
  /** The silences of the last comparison. */
  present: string[];
}

/** Before the first comparison. */
export const newMemory = (): Memory => ({ comparisons: 0, since: new Map(), silent: new Map(), present: [] });

/** Notifications without a cause, and events of which somebody was not told. */
export function notificationFaults(rows: Rows, silences: ReadonlySet<string>, memory: Memory): string[] {
  const now = ++memory.comparisons;
  // What was silent before and was not changed since, was silent all the time.
  const steady = memory.present.filter((silence) => !silences.has(silence));
  memory.present = presentSilences(rows);
  for (const silence of silences) memory.silent.set(silence, now);
  // What is silent now is so at the beginning of what comes next.
  for (const silence of memory.present) memory.silent.set(silence, now + 1);
  const events = eventsOf(rows);
  memory.since = new Map(events.map(({ key }) => [key, memory.since.get(key) ?? now]));

  const bundles = new Map(rows.notifications.map((bundle) => [bundle.id, bundle]));
  const all: Told[] = rows.notification_actors.map(({ id, actor_id, notification_id }) => {
    const { kind = '', recipient_id = '', target_id = '' } = bundles.get(notification_id) ?? {};
    return { id, kind, actor: actor_id, recipient: recipient_id, target: target_id };
  });
  const faults = all
    .filter((told) => !isCaused(rows, told))
    .map((told) => `a notification without a cause: ${JSON.stringify(told)}`);
  for (const { key, actor, recipient, kinds, isStrict, kindSilences, silences, isTold } of events) {
    const since = memory.since.get(key) ?? now;
    const isSilent = (silence: string) => (memory.silent.get(silence) ?? 0) >= since;
    const isKindSilent = kindSilences.some(isSilent);
    const told = all.filter(isTold);
    const mayBeNone = isKindSilent || silences.some(isSilent);
    const mustBeNone = isStrict && since === now && kindSilences.every((silence) => steady.includes(silence));
    const isRight =
      told.length === 0
        ? mayBeNone
        : told.length === 1 && !mustBeNone && (!isStrict || isKindSilent || told[0]?.kind === kinds[0]);
    if (!isRight)
      faults.push(
        `${recipient} is told wrongly of a ${kinds[0]} of ${actor} (${key}): ${JSON.stringify(told)}`,
      );
  }
  return faults;
}

function presentSilences(rows: Rows): string[] {
  return [
    ...rows.blocks.flatMap(({ blocker_id: a, blocked_id: b }) => [silenceOf(a, b), silenceOf(b, a)]),
    ...rows.mutes.map(({ muter_id, muted_id }) => silenceOf(muter_id, muted_id)),
    ...rows.profiles.filter(({ is_public }) => !is_public).map(({ id }) => silenceOfHidden(id)),
    ...rows.posts
      .filter(({ is_public, hidden_at }) => !is_public || hidden_at !== null)
      .map(({ id }) => silenceOfHidden(id)),
    ...rows.private_profiles.flatMap(({ id, notification_kinds_off }) =>
      notification_kinds_off.map((kind) => silenceOfKind(id, kind)),
    ),
  ];
}

/** Everything that somebody is to be told of. */
function eventsOf(rows: Rows): Event[] {
  const events: Event[] = [];
  const add = (
    actor: string,
    recipient: string | null | undefined,
    event: Pick<Event, 'key' | 'kinds' | 'isTold'> & Partial<Event>,
  ) => {
    if (!recipient || recipient === actor) return;
    const kindSilences = event.kinds.map((kind) => silenceOfKind(recipient, kind));
    const silences = [silenceOf(recipient, actor)];
    events.push({ actor, recipient, isStrict: true, kindSilences, silences, ...event });
  };

  for (const { id, follower_id, followee_id, state } of rows.follows) {
    const event = { key: id, isTold: (told: Told) => told.id === id };
    if (state === 'requested') add(follower_id, followee_id, { ...event, kinds: ['follow_request'] });
    // Either the followed user was told, or, where the follow had to be accepted, the follower. The row does not say.
    else
      add(follower_id, followee_id, {
        ...event,
        kinds: ['follow', 'follow_accepted'],
        isStrict: false,
        kindSilences: [silenceOfKind(followee_id, 'follow'), silenceOfKind(follower_id, 'follow_accepted')],
        silences: [silenceOf(followee_id, follower_id), silenceOf(follower_id, followee_id)],
      });
  }

  const likes = [
    ...rows.post_likes.map((like) => ({ ...like, of: postOf(rows, like.post_id) })),
    ...rows.comment_likes.map((like) => ({ ...like, of: commentOf(rows, like.comment_id) })),
  ];
  for (const { id, profile_id, of } of likes)
    add(profile_id, of?.owner_id, { key: id, kinds: ['like'], isTold: (told) => told.id === id });

  /** Of a post or a comment a user is told once, as the first of what it is to that user. */
  const addWriting = (
    id: string,
    post: { id: string; owner_id: string } | undefined,
    actor: string,
    isStrict: boolean,
    reasons: [kind: string, recipients: unknown[]][],
  ) => {
    for (const recipient of new Set(reasons.flatMap(([, recipients]) => recipients))) {
      if (typeof recipient !== 'string') continue;
      const kinds = reasons.filter(([, recipients]) => recipients.includes(recipient)).map(([kind]) => kind);
      const isTold = (told: Told) =>
        told.target === id && told.recipient === recipient && told.kind !== 'like';
      const hidden = post ? [silenceOfHidden(post.id), silenceOfHidden(post.owner_id)] : [];
      const silences = [silenceOf(recipient, actor), ...hidden];
      add(actor, recipient, { key: `${id} to ${recipient}`, kinds, isStrict, silences, isTold });
    }
  };
  for (const post of rows.posts) {
    const mentions = rows.post_mentions.filter(({ post_id }) => post_id === post.id);
    // The owner of an original that is gone was told of a repost, and may now be mentioned.
    addWriting(post.id, post, post.owner_id, post.is_repost === (post.original_post_id !== null), [
      ['repost', [postOf(rows, post.original_post_id)?.owner_id]],
      ['mention', mentions.map(({ profile_id }) => profile_id)],
    ]);
  }
  for (const comment of rows.comments) {
    if (comment.owner_id === null) continue;
    const mentions = rows.comment_mentions.filter(({ comment_id }) => comment_id === comment.id);
    const answered = commentOf(rows, comment.reply_to_id)?.owner_id;
    const isEdited = comment.updated_at !== comment.created_at;
    addWriting(
      comment.id,
      postOf(rows, comment.post_id),
      comment.owner_id,
      !isEdited && (comment.parent_id === null || Boolean(answered)),
      [
        ['reply', [answered]],
        ['mention', mentions.map(({ profile_id }) => profile_id)],
        // An edit that takes the mention of the owner of the post away takes the notification as well.
        ['comment', isEdited ? [] : [postOf(rows, comment.post_id)?.owner_id]],
      ],
    );
  }
  return events;
}

function isCaused(rows: Rows, { id, kind, actor, recipient, target }: Told): boolean {
  const follow = rows.follows.find((one) => one.id === id);
  const isFollow = follow?.follower_id === actor && follow.followee_id === recipient;
  const post = postOf(rows, target);
  const comment = commentOf(rows, target);
  const isOfActor = (post ?? comment)?.owner_id === actor;
  switch (kind) {
    case 'follow':
      return isFollow && follow.state === 'accepted';
    case 'follow_request':
      return isFollow && follow.state === 'requested';
    case 'follow_accepted':
      return follow?.followee_id === actor && follow.follower_id === recipient && follow.state === 'accepted';
    case 'like': {
      const likes = [
        ...rows.post_likes.filter(({ post_id }) => post_id === target),
        ...rows.comment_likes.filter(({ comment_id }) => comment_id === target),
      ];
      const isLiked = likes.some((like) => like.id === id && like.profile_id === actor);
      return isLiked && (post ?? comment)?.owner_id === recipient;
    }
    case 'mention': {
      const mentions = [
        ...rows.post_mentions.filter(({ post_id }) => post_id === target),
        ...rows.comment_mentions.filter(({ comment_id }) => comment_id === target),
      ];
      return isOfActor && mentions.some(({ profile_id }) => profile_id === recipient);
    }
    case 'repost': {
      const original = postOf(rows, post?.original_post_id ?? null);
      return isOfActor && post?.is_repost === true && (!original || original.owner_id === recipient);
    }
    case 'comment':
      return isOfActor && postOf(rows, comment?.post_id ?? null)?.owner_id === recipient;
    case 'reply': {
      const answered = commentOf(rows, comment?.reply_to_id ?? null)?.owner_id;
      return isOfActor && comment?.parent_id !== null && (!answered || answered === recipient);
    }
    default:
      return false;
  }
}

const postOf = (rows: Rows, id: string | null) => rows.posts.find((post) => post.id === id);
const commentOf = (rows: Rows, id: string | null) => rows.comments.find((comment) => comment.id === id);
