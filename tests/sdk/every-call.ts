import type { Noctra, NoctraError, Page, Result, Subscription } from '../../sdk/src/index.ts';
import { photo } from '../kit/files.ts';

/** What the calls are about. */
interface Subjects {
  post: string;
  comment: string;
  /** The path of a file. */
  file: string;
  /** Another user. */
  somebody: string;
  /** The caller. */
  me: { username: string; password: string };
}

/** Every call of the SDK, in an order in which each has a session that it can use. Some are refused. */
export function everyCall(
  noctra: Noctra,
  { post, comment, file, somebody, me: { username, password } }: Subjects,
): Record<string, () => PromiseLike<Result<unknown> | Page<unknown>>> {
  const { auth, comments, feed, media, notifications, people, posts, profiles, reports, search } = noctra;
  const new_password = 'another correct horse';
  const nobody = { username: 'nobody_at_all', password };
  const calls = {
    'posts.list': () => posts.list(),
    'posts.get': () => posts.get(post),
    'posts.like': () => posts.like(post),
    'posts.likes': () => posts.likes(post),
    'posts.unlike': () => posts.unlike(post),
    'posts.save': () => posts.save(post),
    'posts.saved': () => posts.saved(),
    'posts.unsave': () => posts.unsave(post),
    'posts.reposts': () => posts.reposts(post),
    'feed.list': () => feed.list(),
    'comments.create': () => comments.create(post, { text: 'Again' }),
    'comments.list': () => comments.list(post),
    'comments.get': () => comments.get(comment),
    'comments.replies': () => comments.replies(comment),
    'comments.subscribe': () => ended(comments.subscribe(post, () => {})),
    'comments.update': () => comments.update(comment, { text: 'Changed' }),
    'comments.like': () => comments.like(comment),
    'comments.likes': () => comments.likes(comment),
    'comments.unlike': () => comments.unlike(comment),
    'comments.remove': () => comments.remove(comment),
    'profiles.get': () => profiles.get(username),
    'profiles.export': () => firstOf(profiles.export()),
    'profiles.me': () => profiles.me(),
    'profiles.update': () => profiles.update({ bio: 'Here' }),
    'search.people': () => search.people('sea'),
    'search.posts': () => search.posts('sea'),
    'search.tags': () => search.tags('sea'),
    'search.suggest': () => search.suggest('sea'),
    'search.trends': () => search.trends(),
    'people.follow': () => people.follow(somebody),
    'people.unfollow': () => people.unfollow(somebody),
    'people.removeFollower': () => people.removeFollower(somebody),
    'people.followers': () => people.followers(),
    'people.following': () => people.following({ of: somebody }),
    'people.requests': () => people.requests(),
    'people.acceptRequest': () => people.acceptRequest(somebody),
    'people.declineRequest': () => people.declineRequest(somebody),
    'people.block': () => people.block(somebody),
    'people.unblock': () => people.unblock(somebody),
    'people.blocks': () => people.blocks(),
    'people.mute': () => people.mute(somebody),
    'people.unmute': () => people.unmute(somebody),
    'people.mutes': () => people.mutes(),
    'notifications.subscribe': () => ended(notifications.subscribe(() => {})),
    'notifications.list': () => notifications.list(),
    'notifications.unreadCount': () => notifications.unreadCount(),
    'notifications.markRead': () => notifications.markRead(post),
    'notifications.settings': () => notifications.settings(),
    'notifications.updateSettings': () => notifications.updateSettings({ like: true }),
    'reports.create': () => reports.create({ user: somebody, reason: 'spam' }),
    'reports.list': () => reports.list(),
    'reports.update': () => reports.update(post, { state: 'open' }),
    'media.upload': () => media.upload(photo()),
    'media.sign': () => media.sign([file]),
    'posts.create': () => posts.create({ caption: 'Again', media: [photo()] }),
    'posts.update': () => posts.update(post, { caption: 'Changed' }),
    'posts.remove': () => posts.remove(post),
    'auth.session': () => auth.session(),
    'auth.refresh': () => auth.refresh(),
    'auth.register': () => auth.register({ ...nobody, email: 'no address' }),
    'auth.requestPasswordReset': () => auth.requestPasswordReset({ email: 'no address' }),
    'auth.confirmPasswordReset': () => auth.confirmPasswordReset({ token_hash: 'none', new_password }),
    'auth.signIn': () => auth.signIn(nobody),
    'auth.changePassword': () => auth.changePassword({ password: 'not this one', new_password }),
    'auth.signOut': () => auth.signOut(),
    'auth.deleteAccount': () => auth.deleteAccount(),
  };
  const { supabase, ...parts } = noctra;
  for (const [part, methods] of Object.entries(parts)) {
    for (const method of Object.keys(methods)) {
      // It listens, and asks nothing.
      if (method === 'onChange') continue;
      if (!(`${part}.${method}` in calls)) throw new Error(`Add ${part}.${method} to every-call.ts.`);
    }
  }
  return calls;
}

/** The first page of an export. */
async function firstOf<T>(pages: AsyncIterable<T>): Promise<Result<T>> {
  try {
    for await (const data of pages) return { data, error: null };
  } catch (error) {
    return { data: null, error: error as NoctraError };
  }
  throw new Error('An export has a page.');
}

/** How a subscription began; it ends at once, also where no socket can be opened. */
async function ended({ ready, unsubscribe }: Subscription): Promise<Result<null>> {
  const timer = setTimeout(unsubscribe, 500);
  const result = await ready;
  clearTimeout(timer);
  unsubscribe();
  return result;
}
