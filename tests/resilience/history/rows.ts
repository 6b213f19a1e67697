import type postgres from 'postgres';
import type { Database } from '../../../sdk/src/database.types.ts';

type Tables = Database['public']['Tables'];

/** Where the rows of a table belong to a user of $1. Only users of a history meet in it. */
const belongs = {
  profiles: 'id = any ($1)',
  private_profiles: 'id = any ($1)',
  posts: 'owner_id = any ($1)',
  post_tags: 'post_id in (select id from public.posts where owner_id = any ($1))',
  post_mentions: 'profile_id = any ($1)',
  post_likes: 'profile_id = any ($1)',
  post_saves: 'profile_id = any ($1)',
  comments: 'post_id in (select id from public.posts where owner_id = any ($1))',
  comment_mentions: 'profile_id = any ($1)',
  comment_likes: 'profile_id = any ($1)',
  follows: 'follower_id = any ($1)',
  blocks: 'blocker_id = any ($1)',
  mutes: 'muter_id = any ($1)',
  notifications: 'recipient_id = any ($1)',
  notification_actors: 'recipient_id = any ($1)',
} satisfies Partial<Record<keyof Tables, string>>;

/** The base tables. */
export type Rows = { [Table in keyof typeof belongs]: Tables[Table]['Row'][] };

/** All rows of these users, in the form in which the Data API shows rows. */
export async function readRows(sql: postgres.TransactionSql, ids: string[]): Promise<Rows> {
  const tables = Object.entries(belongs).map(async ([table, where]) => {
    const rows = await sql.unsafe(`select to_jsonb(t) as row from public.${table} as t where ${where}`, [
      ids,
    ]);
    return [table, rows.map(({ row }) => row)];
  });
  return Object.fromEntries(await Promise.all(tables));
}
