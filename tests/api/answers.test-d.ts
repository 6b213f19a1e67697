import { expectTypeOf, test } from 'vitest';
import type { Comment } from '../../supabase/functions/api/comments/comment-schemas.ts';
import type { Database } from '../../supabase/functions/api/database.types.ts';
import type { Notification } from '../../supabase/functions/api/notifications/notification-schemas.ts';
import type { Follow, Person } from '../../supabase/functions/api/people/people-schemas.ts';
import type { Post } from '../../supabase/functions/api/posts/post-schemas.ts';
import type { OwnProfile } from '../../supabase/functions/api/profiles/profile-schemas.ts';
import type { Report } from '../../supabase/functions/api/reports/report-schemas.ts';

// The function casts rows to these types, so the compiler would not see that they differ.
type Rows = Database['public']['CompositeTypes'];
type Enums = Database['public']['Enums'];

/** The fields that are no JSON, without null: a composite type allows it everywhere. */
type Plain<Fields> = {
  [Name in keyof Fields as never[] extends Fields[Name] ? never : Name]: NonNullable<Fields[Name]>;
};

/** The plain fields of a row in an answer. */
type PlainIn<Answer, Row> = Plain<Pick<Answer, keyof Plain<Row> & keyof Answer>>;

test('an answer with a post has the fields of post_view', () => {
  type Row = Rows['post_view'];
  expectTypeOf<keyof Post>().toEqualTypeOf<keyof Row>();
  expectTypeOf<PlainIn<Post, Row>>().toEqualTypeOf<Plain<Row>>();
});

test('an answer with a profile has the fields of profile_view', () => {
  type Row = Rows['profile_view'];
  expectTypeOf<keyof OwnProfile>().toEqualTypeOf<keyof Row>();
  expectTypeOf<PlainIn<OwnProfile, Row>>().toEqualTypeOf<Plain<Row>>();
});

test('the states of a follow are those of follow_state', () => {
  expectTypeOf<Follow['state']>().toEqualTypeOf<Enums['follow_state']>();
});

test('an answer with a user of a list has the fields of person_view, but for the cursor', () => {
  type Row = Omit<Rows['person_view'], 'cursor'>;
  expectTypeOf<keyof Person>().toEqualTypeOf<keyof Row>();
  expectTypeOf<PlainIn<Person, Row>>().toEqualTypeOf<Plain<Row>>();
});

test('an answer with a comment has the fields of comment_view', () => {
  type Row = Rows['comment_view'];
  expectTypeOf<keyof Comment>().toEqualTypeOf<keyof Row>();
  expectTypeOf<PlainIn<Comment, Row>>().toEqualTypeOf<Plain<Row>>();
});

test('an answer with a notification has the fields of notification_view', () => {
  type Row = Rows['notification_view'];
  expectTypeOf<keyof Notification>().toEqualTypeOf<keyof Row>();
  expectTypeOf<PlainIn<Notification, Row>>().toEqualTypeOf<Plain<Row>>();
});

test('an answer with a report has the fields of report_view, where a user is called a person', () => {
  type Row = Rows['report_view'];
  expectTypeOf<Exclude<keyof Report, 'user'> | 'person'>().toEqualTypeOf<keyof Row>();
  expectTypeOf<PlainIn<Report, Row>>().toEqualTypeOf<Plain<Omit<Row, 'person'>>>();
});
