// What users are to read, recomputed from the base tables as plainly as possible.
import { limits } from '../../../supabase/functions/api/limits.ts';
import type { Rows } from './rows.ts';

type Post = Rows['posts'][number];
type Comment = Rows['comments'][number];
type Like = { id: string; profile_id: string };

/** A query as a user, and what it should answer. Fields that the expected answer does not name may have any value. */
export interface Read {
  query: string;
  expected: unknown;
}

/** The largest page, with one more row, which tells that another page follows. */
const pageSize = limits.page_size_max + 1;

const newestFirst = (a: { id: string }, b: { id: string }) => (a.id < b.id ? 1 : -1);
const by = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : 1);
const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => ({ id }));
const has = (rows: { id: string }[], id: string | null) => rows.some((row) => row.id === id);

/** A function that answers with one value. */
const one = (call: string, expected: unknown): Read => ({
  query: `select to_jsonb(v) from public.${call} as v`,
  expected,
});

/** A function that answers with a page; `call` lacks its last argument. */
const page = (call: string, expected: unknown[] | { refused: string }): Read => ({
  query: `select coalesce(jsonb_agg(v), '[]') from public.${call}, page_limit => ${pageSize}) as v`,
  expected: Array.isArray(expected) ? expected.slice(0, pageSize) : expected,
});

/** The rows of a table that a policy shows, of these rows. */
const visible = (table: string, all: { id: string }[], expected: { id: string }[]): Read => ({
  query: `select coalesce(jsonb_agg(id order by id), '[]') from public.${table} where id = any ('{${all.map(({ id }) => id)}}')`,
  expected: expected.map(({ id }) => id).sort(),
});

/** Everything that a user can read, with the expected answers. */
export function readsOf(rows: Rows, me: string, tags: string[]): Read[] {
  const profileOf = (id: string | null) => rows.profiles.find((profile) => profile.id === id);
  const isModerator = profileOf(me)?.role === 'moderator';

  // People.
  const stateOf = (from: string, to: string) =>
    rows.follows.find((one) => one.follower_id === from && one.followee_id === to)?.state;
  const isBlocking = (from: string, to: string) =>
    rows.blocks.some((one) => one.blocker_id === from && one.blocked_id === to);
  const isBlocked = (id: string) => isBlocking(me, id) || isBlocking(id, me);
  const isMuting = (id: string) => rows.mutes.some((one) => one.muter_id === me && one.muted_id === id);
  const accepted = rows.follows.filter(({ state }) => state === 'accepted').sort(newestFirst);
  const userOf = (id: string) => ({ id, username: profileOf(id)?.username });
  const flagsOf = (id: string) => ({
    following: stateOf(me, id) === 'accepted',
    requested: stateOf(me, id) === 'requested',
    followed_by: stateOf(id, me) === 'accepted',
  });
  const person = (id: string, cursor: string) => ({ ...userOf(id), ...flagsOf(id), cursor });
  const whyNotListed = (id: string) => {
    if (id === me || isModerator) return undefined;
    if (isBlocked(id)) return { refused: 'blocked' };
    return profileOf(id)?.is_public || stateOf(me, id) === 'accepted'
      ? undefined
      : { refused: 'profile_private' };
  };

  // Who sees what.
  const seesPost = ({ owner_id, is_public, hidden_at }: Post) =>
    owner_id === me ||
    isModerator ||
    (is_public &&
      hidden_at === null &&
      !isBlocked(owner_id) &&
      (profileOf(owner_id)?.is_public || stateOf(me, owner_id) === 'accepted'));
  const posts = rows.posts.filter(seesPost).sort(newestFirst);
  const seesComment = ({ post_id, owner_id, hidden_at }: Comment) =>
    has(posts, post_id) &&
    (owner_id === null || owner_id === me || isModerator || (hidden_at === null && !isBlocked(owner_id)));
  const comments = rows.comments.filter(seesComment).sort((a, b) => by(a.id, b.id));
  const seenLikes = <Row extends Like>(likes: Row[]) =>
    likes.filter(({ profile_id }) => isModerator || !isBlocked(profile_id)).sort(newestFirst);
  const people = (likes: Like[]) => seenLikes(likes).map(({ id, profile_id }) => person(profile_id, id));

  // Posts and comments as they are shown.
  const isPublished = ({ is_public, hidden_at }: Post) => is_public && hidden_at === null;
  const isLive = ({ owner_id, hidden_at }: Comment) => owner_id !== null && hidden_at === null;
  const mentioned = (mentions: { profile_id: string }[]) =>
    mentions.map(({ profile_id }) => userOf(profile_id)).sort((a, b) => by(a.username, b.username));
  const showPost = (post: Post) => ({
    id: post.id,
    owner: userOf(post.owner_id),
    caption: post.caption,
    is_public: post.is_public,
    tags: rows.post_tags
      .filter(({ post_id }) => post_id === post.id)
      .map(({ tag }) => ({ name: tag }))
      .sort((a, b) => by(a.name, b.name)),
    mentions: mentioned(rows.post_mentions.filter(({ post_id }) => post_id === post.id)),
    original_post: has(posts, post.original_post_id) ? post.original_post_id : null,
    is_repost: post.is_repost,
    like_count: rows.post_likes.filter(({ post_id }) => post_id === post.id).length,
    comment_count: rows.comments.filter((one) => one.post_id === post.id && isLive(one)).length,
    repost_count: rows.posts.filter((one) => one.original_post_id === post.id && isPublished(one)).length,
    liked: rows.post_likes.some((one) => one.post_id === post.id && one.profile_id === me),
    saved: rows.post_saves.some((one) => one.post_id === post.id && one.profile_id === me),
    reposted: rows.posts.some((one) => one.original_post_id === post.id && one.owner_id === me),
    hidden_at: post.hidden_at,
  });
  const showComment = (comment: Comment) => ({
    id: comment.id,
    post: comment.post_id,
    parent: comment.parent_id,
    owner: comment.owner_id && userOf(comment.owner_id),
    text: comment.text,
    mentions: mentioned(rows.comment_mentions.filter(({ comment_id }) => comment_id === comment.id)),
    like_count: rows.comment_likes.filter(({ comment_id }) => comment_id === comment.id).length,
    reply_count: rows.comments.filter((one) => one.parent_id === comment.id && isLive(one)).length,
    liked: rows.comment_likes.some((one) => one.comment_id === comment.id && one.profile_id === me),
    is_deleted: comment.owner_id === null,
    hidden_at: comment.hidden_at,
  });

  // Notifications.
  const notifications = rows.notifications.filter(
    ({ recipient_id, post_id, comment_id }) =>
      recipient_id === me &&
      (post_id === null || has(posts, post_id)) &&
      (comment_id === null || has(comments, comment_id)),
  );
  const told = rows.notification_actors.filter(({ notification_id }) => has(notifications, notification_id));
  const readUpTo = rows.private_profiles.find(({ id }) => id === me)?.notifications_read_up_to ?? '';
  const groups = Map.groupBy(notifications, ({ kind, target_id, day }) => `${kind} ${target_id} ${day}`);
  const inbox = [...groups.values()]
    .map((bundles) => {
      const actors = told.filter(({ notification_id }) => has(bundles, notification_id)).sort(newestFirst);
      const comment = comments.find(({ id }) => id === bundles[0]?.comment_id);
      const post = posts.find(({ id }) => id === (comment?.post_id ?? bundles[0]?.post_id));
      const id = actors[0]?.id ?? '';
      return {
        id,
        kind: bundles[0]?.kind,
        actors: actors.slice(0, 3).map(({ actor_id }) => userOf(actor_id)),
        actor_count: actors.length,
        post: post?.id ?? null,
        comment: comment?.id ?? null,
        preview: (comment ? comment.text : post?.caption)?.slice(0, 100) ?? null,
        is_read: id <= readUpTo,
      };
    })
    .sort(newestFirst);
  const unread = inbox.filter(({ is_read }) => !is_read);

  const ofProfile = ({ id }: { id: string }): Read[] => {
    const mine = posts.filter(({ owner_id }) => owner_id === id);
    const mentioning = posts.filter((post) =>
      rows.post_mentions.some((one) => one.post_id === post.id && one.profile_id === id),
    );
    const followers = accepted.filter((one) => one.followee_id === id);
    const following = accepted.filter((one) => one.follower_id === id);
    return [
      one(`get_profile(person => '${id}')`, {
        ...userOf(id),
        post_count: rows.posts.filter((post) => post.owner_id === id && isPublished(post)).length,
        follower_count: followers.length,
        following_count: following.length,
        ...flagsOf(id),
        blocking: isBlocking(me, id),
        muting: isMuting(id),
      }),
      page(`list_posts(owner => '${id}'`, mine.map(showPost)),
      page(`list_posts(mentions => '${id}'`, idsOf(mentioning)),
      page(
        `list_posts(mentions => '${id}', tag => '${tags[0]}'`,
        idsOf(mentioning.filter(isTagged(tags[0]))),
      ),
      page(
        `list_followers(person => '${id}'`,
        whyNotListed(id) ??
          followers
            .filter((one) => !isBlocked(one.follower_id))
            .map((one) => person(one.follower_id, one.id)),
      ),
      page(
        `list_following(person => '${id}'`,
        whyNotListed(id) ??
          following
            .filter((one) => !isBlocked(one.followee_id))
            .map((one) => person(one.followee_id, one.id)),
      ),
    ];
  };
  const isTagged = (tag: string | undefined) => (post: Post) =>
    rows.post_tags.some((one) => one.post_id === post.id && one.tag === tag);
  const ofPost = ({ id }: Post): Read[] => {
    const whyNot = has(posts, id) ? undefined : { refused: 'post_not_found' };
    const topLevel = comments.filter(({ post_id, parent_id }) => post_id === id && parent_id === null);
    return [
      page(`list_likes('${id}'`, whyNot ?? people(rows.post_likes.filter(({ post_id }) => post_id === id))),
      page(`list_reposts('${id}'`, whyNot ?? idsOf(posts.filter((post) => post.original_post_id === id))),
      page(`list_comments('${id}'`, whyNot ?? topLevel.map(showComment)),
      page(`list_comments('${id}', newest_first => true`, whyNot ?? idsOf(topLevel.toReversed())),
    ];
  };
  const ofComment = ({ id }: Comment): Read[] => {
    const whyNot = has(comments, id) ? undefined : { refused: 'comment_not_found' };
    const replies = comments.filter(({ parent_id }) => parent_id === id);
    return [
      page(`list_replies('${id}'`, whyNot ?? replies.map(showComment)),
      page(
        `list_comment_likes('${id}'`,
        whyNot ?? people(rows.comment_likes.filter(({ comment_id }) => comment_id === id)),
      ),
    ];
  };

  const isInFeed = ({ owner_id }: Post) =>
    owner_id === me || (stateOf(me, owner_id) === 'accepted' && !isMuting(owner_id));
  const requests = rows.follows.filter((one) => one.followee_id === me && one.state === 'requested');
  const blocks = rows.blocks.filter(({ blocker_id }) => blocker_id === me);
  const mutes = rows.mutes.filter(({ muter_id }) => muter_id === me);
  const saves = rows.post_saves.filter(({ profile_id }) => profile_id === me);
  const follows = rows.follows.filter((one) => one.follower_id === me || one.followee_id === me);
  return [
    page('list_feed(before => null', posts.filter(isInFeed).map(showPost)),
    page(
      'list_saved_posts(before => null',
      saves
        .sort(newestFirst)
        .flatMap(({ id, post_id }) =>
          posts.filter((post) => post.id === post_id).map((post) => ({ cursor: id, post: showPost(post) })),
        ),
    ),
    page('list_notifications(unread => false', inbox),
    page('list_notifications(unread => true', unread),
    one('count_unread_notifications()', Math.min(unread.length, limits.unread_max)),
    page(
      'list_follow_requests(before => null',
      requests.sort(newestFirst).map(({ id, follower_id }) => person(follower_id, id)),
    ),
    page(
      'list_blocks(before => null',
      blocks.sort(newestFirst).map(({ id, blocked_id }) => person(blocked_id, id)),
    ),
    page(
      'list_mutes(before => null',
      mutes.sort(newestFirst).map(({ id, muted_id }) => person(muted_id, id)),
    ),
    ...tags.map((tag) => page(`list_posts(tag => '${tag}'`, idsOf(posts.filter(isTagged(tag))))),
    ...rows.profiles.flatMap(ofProfile),
    ...rows.posts.flatMap(ofPost),
    ...rows.comments.flatMap(ofComment),
    visible('posts', rows.posts, posts),
    visible('comments', rows.comments, comments),
    visible(
      'post_likes',
      rows.post_likes,
      seenLikes(rows.post_likes.filter(({ post_id }) => has(posts, post_id))),
    ),
    visible(
      'comment_likes',
      rows.comment_likes,
      seenLikes(rows.comment_likes.filter(({ comment_id }) => has(comments, comment_id))),
    ),
    visible('post_saves', rows.post_saves, saves),
    visible('follows', rows.follows, follows),
    visible('blocks', rows.blocks, blocks),
    visible('mutes', rows.mutes, mutes),
    visible('notifications', rows.notifications, notifications),
    visible('notification_actors', rows.notification_actors, told),
  ];
}
