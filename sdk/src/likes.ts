import type { Like } from './api.types.ts';
import { action, type Context, type Query } from './calls.ts';
import type { NoctraError } from './errors.ts';

/** A call that likes a post or comment, or unlikes it. Its query answers how many users like it then. */
export const reaction = (
  context: Context,
  liked: boolean,
  query: (id: string) => Query,
  malformed: () => NoctraError,
) => action(context, query, (like_count: number): Like => ({ liked, like_count }), malformed);
