import type { Session } from '@supabase/supabase-js';
import { expectTypeOf, test } from 'vitest';
import {
  type Database,
  isNoctraError,
  type Noctra,
  type NoctraError,
  type Post,
  type Result,
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

test('posts have the types of the database', () => {
  expectTypeOf<Post['owner']['username']>().toEqualTypeOf<string>();
  expectTypeOf<Post['media'][number]['file_type']>().toEqualTypeOf<
    Database['public']['Enums']['media_type']
  >();
  expectTypeOf<Post['original_post']>().toEqualTypeOf<string | null>();
});

test('calls take what they say, and nothing else', () => {
  noctra.posts.create({ caption: 'x', media: [new Blob()], tags: ['x'], signal: undefined });
  // @ts-expect-error: a post has a caption
  noctra.posts.create({ tags: ['x'] });
  // @ts-expect-error: names are those of the HTTP API
  noctra.posts.create({ caption: 'x', isPublic: false });
});

test('calls answer what they say', () => {
  expectTypeOf(noctra.posts.page).returns.resolves.toEqualTypeOf<
    Result<{ posts: Post[]; next_cursor: string | null }>
  >();
  expectTypeOf(noctra.auth.signIn).returns.resolves.toEqualTypeOf<Result<{ session: Session }>>();
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
