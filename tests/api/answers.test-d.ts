import { expectTypeOf, test } from 'vitest';
import type { Comment } from '../../supabase/functions/api/comments/comment-schemas.ts';
import type { Database } from '../../supabase/functions/api/database.types.ts';
import type { Person } from '../../supabase/functions/api/people/people-schemas.ts';
import type { Post } from '../../supabase/functions/api/posts/post-schemas.ts';
import type { OwnProfile } from '../../supabase/functions/api/profiles/profile-schemas.ts';

// The function casts rows to these types, so the compiler would not see that they differ.
type Rows = Database['public']['CompositeTypes'];

test('an answer with a post has the fields of post_view', () => {
  expectTypeOf<keyof Post>().toEqualTypeOf<keyof Rows['post_view']>();
});

test('an answer with a profile has the fields of profile_view', () => {
  expectTypeOf<keyof OwnProfile>().toEqualTypeOf<keyof Rows['profile_view']>();
});

test('an answer with a user of a list has the fields of person_view, but for the cursor', () => {
  expectTypeOf<keyof Person>().toEqualTypeOf<Exclude<keyof Rows['person_view'], 'cursor'>>();
});

test('an answer with a comment has the fields of comment_view', () => {
  expectTypeOf<keyof Comment>().toEqualTypeOf<keyof Rows['comment_view']>();
});
