import type { Like } from './api.types.ts';
import { attemptAsCaller, type CallOptions, type Context, type Query, type Result, write } from './calls.ts';
import type { NoctraError } from './errors.ts';

/** A call that likes a post or comment, or unlikes it. Its query answers how many users like it then. */
export function reaction(
  context: Context,
  liked: boolean,
  query: (id: string) => Query,
  malformed: () => NoctraError,
) {
  return (id: string, { signal }: CallOptions = {}): Promise<Result<Like>> =>
    attemptAsCaller(context, signal, async () => {
      return { liked, like_count: await write<number>(context, query(id), signal, malformed()) };
    });
}
