import type { Session } from '@supabase/supabase-js';
import { expectTypeOf, test } from 'vitest';
import {
  type Comment,
  type Database,
  isNoctraError,
  type List,
  type NewMedia,
  type Noctra,
  type NoctraError,
  type NoctraErrorCode,
  type Notification,
  type OwnProfile,
  type Person,
  type Post,
  type Profile,
  type Report,
  type Result,
  type SentReport,
  type UploadProgress,
} from '../../sdk/src/index.ts';

declare const noctra: Noctra;
declare const result: Result<Post>;
declare const caught: unknown;

test('a result has either data or an error', () => {
  if (result.error) {
    expectTypeOf(result.data).toEqualTypeOf<null>();
    expectTypeOf(result.error).toEqualTypeOf<NoctraError>();
  } else {
    expectTypeOf(result.data).toEqualTypeOf<Post>();
  }
  if (result.data) expectTypeOf(result.error).toEqualTypeOf<null>();
});

test('a list is awaited for a page, or looped over for its items', async () => {
  const page = await noctra.posts.list();
  if (page.error) {
    expectTypeOf(page).toEqualTypeOf<{ data: null; next: null; error: NoctraError }>();
  } else {
    expectTypeOf(page).toEqualTypeOf<{ data: Post[]; next: string | null; error: null }>();
    noctra.posts.list({ cursor: page.next });
  }
  expectTypeOf(page).toExtend<Result<Post[]>>();
  for await (const post of noctra.posts.list()) expectTypeOf(post).toEqualTypeOf<Post>();
});

test('posts have the types of the database', () => {
  expectTypeOf<Post['owner']['username']>().toEqualTypeOf<string>();
  expectTypeOf<Post['media'][number]['file_type']>().toEqualTypeOf<
    Database['public']['Enums']['media_type']
  >();
  expectTypeOf<Post['original_post']>().toEqualTypeOf<string | null>();
  expectTypeOf<Post['is_repost']>().toEqualTypeOf<boolean>();
  expectTypeOf<Post['media'][number]['width']>().toEqualTypeOf<number | null>();
  expectTypeOf<Post['media'][number]['alt_text']>().toEqualTypeOf<string>();
});

test('files come as they are, with a text, or as paths', () => {
  expectTypeOf<Blob>().toExtend<NewMedia>();
  expectTypeOf<File>().toExtend<NewMedia>();
  expectTypeOf<string>().toExtend<NewMedia>();
  expectTypeOf<{ file: File; alt_text: string }>().toExtend<NewMedia>();
  // @ts-expect-error: an alternative text has a file
  noctra.posts.create({ caption: 'x', media: [{ alt_text: 'The sea' }] });
  noctra.posts.create({
    caption: 'x',
    on_progress: (progress) => expectTypeOf(progress).toEqualTypeOf<UploadProgress>(),
  });
});

test('updates name what they change', () => {
  noctra.posts.update('id', { tags: [], add_media: [new Blob()], remove_media: ['id'] });
  // @ts-expect-error: files are added or removed, not replaced
  noctra.posts.update('id', { media: [new Blob()] });
  noctra.profiles.update({ username: 'ann', profile_pic: new Blob(), cover_pic: null });
  // @ts-expect-error: users do not choose their role
  noctra.profiles.update({ role: 'admin' });
});

test('a password is reset by code or by link', () => {
  noctra.auth.confirmPasswordReset({ email: 'a@example.com', code: '123456', new_password: 'x' });
  noctra.auth.confirmPasswordReset({ token_hash: 'x', new_password: 'x' });
  // @ts-expect-error: a code goes with its address
  noctra.auth.confirmPasswordReset({ code: '123456', new_password: 'x' });
});

test('profiles of others have nothing private', () => {
  expectTypeOf<OwnProfile>().toExtend<Profile>();
  expectTypeOf<Profile>().not.toHaveProperty('email');
  expectTypeOf<Profile>().not.toHaveProperty('date_of_birth');
});

type Enums = Database['public']['Enums'];

test('people, comments, notifications and reports have the types of the database', () => {
  expectTypeOf<Person['followed_by']>().toEqualTypeOf<boolean>();
  expectTypeOf<Person>().not.toHaveProperty('cursor');
  expectTypeOf<Comment['owner']>().toEqualTypeOf<Post['owner'] | null>();
  expectTypeOf<Comment['text']>().toEqualTypeOf<string | null>();
  expectTypeOf<Notification['kind']>().toEqualTypeOf<Enums['notification_kind']>();
  expectTypeOf<Notification['actors']>().toEqualTypeOf<Post['owner'][]>();
  expectTypeOf<Report['reason']>().toEqualTypeOf<Enums['report_reason']>();
  expectTypeOf<Report['state']>().toEqualTypeOf<Enums['report_state']>();
});

test('people, comments, notifications and reports are called as they say', () => {
  const { people, feed, posts, comments, notifications, reports } = noctra;
  expectTypeOf(people.follow).returns.resolves.toEqualTypeOf<Result<{ state: Enums['follow_state'] }>>();
  expectTypeOf(people.unfollow).returns.resolves.toEqualTypeOf<Result<{ state: null }>>();
  expectTypeOf(people.block).returns.resolves.toEqualTypeOf<Result<{ blocking: boolean }>>();
  expectTypeOf(people.followers).returns.toEqualTypeOf<List<Person>>();
  people.followers({ of: 'ann', limit: 5, cursor: null });
  // @ts-expect-error: users read their own blocks only
  people.blocks('ann');
  // @ts-expect-error: a person to follow has a name
  people.follow();
  expectTypeOf(feed.list).returns.toEqualTypeOf<List<Post>>();
  expectTypeOf(posts.like).returns.resolves.toEqualTypeOf<Result<{ liked: boolean; like_count: number }>>();
  expectTypeOf(posts.saved).returns.toEqualTypeOf<List<Post>>();
  expectTypeOf(posts.likes).returns.toEqualTypeOf<List<Person>>();
  comments.create('id', { text: 'x', parent: null, idempotency_key: undefined });
  // @ts-expect-error: a comment has a text
  comments.create('id', { parent: 'id' });
  // @ts-expect-error: there are two orders
  comments.list('id', { order: 'random' });
  expectTypeOf(comments.replies).returns.toEqualTypeOf<List<Comment>>();
  expectTypeOf(comments.remove).returns.resolves.toEqualTypeOf<Result<{ id: string }>>();
  expectTypeOf(notifications.unreadCount).returns.resolves.toEqualTypeOf<Result<{ count: number }>>();
  notifications.updateSettings({ like: false });
  // @ts-expect-error: there is no such kind
  notifications.updateSettings({ wave: false });
  reports.create({ comment: 'id', reason: 'spam' });
  // @ts-expect-error: there is no such reason
  reports.create({ comment: 'id', reason: 'boring' });
  // @ts-expect-error: a report is about something
  reports.create({ reason: 'spam' });
  // @ts-expect-error: and about one thing alone
  reports.create({ post: 'id', comment: 'id', reason: 'spam' });
  expectTypeOf(reports.create).returns.resolves.toEqualTypeOf<Result<SentReport>>();
  expectTypeOf(reports.list).returns.toEqualTypeOf<List<Report>>();
});

test('codes of errors are known, and stay open', () => {
  expectTypeOf<'media_type_mismatch'>().toExtend<NoctraErrorCode>();
  expectTypeOf<NoctraError['retry_after']>().toEqualTypeOf<number | undefined>();
});

test('calls take what they say, and nothing else', () => {
  noctra.posts.create({ caption: 'x', media: [new Blob()], tags: ['x'], signal: undefined });
  // @ts-expect-error: a post has a caption
  noctra.posts.create({ tags: ['x'] });
  // @ts-expect-error: names are those of the HTTP API
  noctra.posts.create({ caption: 'x', isPublic: false });
});

test('calls answer what they say', () => {
  expectTypeOf(noctra.posts.list).returns.toEqualTypeOf<List<Post>>();
  expectTypeOf(noctra.posts.update).returns.resolves.toEqualTypeOf<Result<Post>>();
  expectTypeOf(noctra.profiles.get).returns.resolves.toEqualTypeOf<Result<Profile>>();
  expectTypeOf(noctra.media.sign).returns.resolves.toEqualTypeOf<Result<(string | null)[]>>();
  expectTypeOf(noctra.auth.deleteAccount).returns.resolves.toEqualTypeOf<Result<null>>();
  expectTypeOf(noctra.auth.signIn).returns.resolves.toEqualTypeOf<Result<{ session: Session }>>();
});

test('events have the fields of their type', () => {
  noctra.comments.subscribe('id', (event) => {
    if (event.type === 'removed') expectTypeOf(event.id).toEqualTypeOf<string>();
    else if (event.type === 'counts') expectTypeOf(event.like_count).toEqualTypeOf<number>();
    else if (event.type !== 'outdated') expectTypeOf(event.comment).toEqualTypeOf<Comment>();
  });
  const { ready, unsubscribe } = noctra.notifications.subscribe((event) => {
    if (event.type === 'added') expectTypeOf(event.notification).toEqualTypeOf<Notification>();
    expectTypeOf(event.unread_count).toEqualTypeOf<number>();
  });
  expectTypeOf(ready).resolves.toEqualTypeOf<Result<null>>();
  unsubscribe();
});

test('the supabase-js client below knows the tables', async () => {
  const { data } = await noctra.supabase.from('profiles').select('username').limit(1).single();
  expectTypeOf(data).toEqualTypeOf<{ username: string } | null>();
  // @ts-expect-error: there is no such table
  noctra.supabase.from('nothing');
});

test('isNoctraError narrows what was caught', () => {
  if (isNoctraError(caught)) expectTypeOf(caught).toEqualTypeOf<NoctraError>();
});
