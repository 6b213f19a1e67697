import postgres from 'postgres';
import { afterAll } from 'vitest';
import { settings } from '../settings.ts';
import type { Person } from './people.ts';

/** Looks into the database past every policy, for the length of a test file. */
export function lookBehind() {
  const sql = postgres(settings.databaseUrl, { max: 1 });
  afterAll(() => sql.end());
  return {
    sql,
    /** The names of somebody's objects in the posts' bucket. */
    async objectsOf({ id }: Pick<Person, 'id'>): Promise<string[]> {
      const rows = await sql<{ name: string }[]>`
        select name from storage.objects where bucket_id = 'post-media' and name like ${`${id}/%`} order by name`;
      return rows.map(({ name }) => name);
    },
    /** How many posts somebody has. */
    async postsOf({ id }: Pick<Person, 'id'>): Promise<number> {
      const [row] = await sql<{ count: number }[]>`
        select count(*)::int as count from public.posts where owner_id = ${id}`;
      return row?.count ?? 0;
    },
  };
}
