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

test('an answer with a post has the fields of post_view', () => {
  expectTypeOf<keyof Post>().toEqualTypeOf<keyof Rows['post_view']>();
});

test('an answer with a profile has the fields of profile_view', () => {
  expectTypeOf<keyof OwnProfile>().toEqualTypeOf<keyof Rows['profile_view']>();
});

test('the states of a follow are those of follow_state', () => {
  expectTypeOf<Follow['state']>().toEqualTypeOf<Enums['follow_state']>();
});

test('an answer with a user of a list has the fields of person_view, but for the cursor', () => {
  expectTypeOf<keyof Person>().toEqualTypeOf<Exclude<keyof Rows['person_view'], 'cursor'>>();
});

test('an answer with a comment has the fields of comment_view', () => {
  expectTypeOf<keyof Comment>().toEqualTypeOf<keyof Rows['comment_view']>();
});

test('an answer with a notification has the fields and kinds of notification_view', () => {
  expectTypeOf<keyof Notification>().toEqualTypeOf<keyof Rows['notification_view']>();
  expectTypeOf<Notification['kind']>().toEqualTypeOf<Enums['notification_kind']>();
});

test('an answer with a report has the fields, reasons and states of report_view; a user is called so', () => {
  expectTypeOf<Exclude<keyof Report, 'user'> | 'person'>().toEqualTypeOf<keyof Rows['report_view']>();
  expectTypeOf<Report['reason']>().toEqualTypeOf<Enums['report_reason']>();
  expectTypeOf<Report['state']>().toEqualTypeOf<Enums['report_state']>();
});
