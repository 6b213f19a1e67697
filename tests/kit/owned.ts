import type postgres from 'postgres';
import { type Person, secretClient } from './people.ts';

/** The buckets of the project. */
export type Bucket = 'post-media' | 'avatars' | 'covers' | 'uploads';

/** The names of a user's objects in a bucket. */
export async function objectsOf(
  { id }: Pick<Person, 'id'>,
  bucket: Bucket = 'post-media',
): Promise<string[]> {
  const { data, error } = await secretClient().storage.from(bucket).list(id, { limit: 1000 });
  if (error) throw error;
  return data.map(({ name }) => `${id}/${name}`);
}

/** How many posts a user has. */
export async function postCountOf({ id }: Pick<Person, 'id'>): Promise<number> {
  const { count, error } = await secretClient()
    .from('posts')
    .select('*', { count: 'exact', head: true })
    .eq('owner_id', id);
  if (error) throw error;
  return count ?? 0;
}

/** Every row and object of a user as text, to compare before and after what others have done. */
export async function belongings(sql: postgres.Sql, { id }: Pick<Person, 'id'>): Promise<string[]> {
  const rows = await sql<{ row: unknown }[]>`
    with own as materialized (select posts.id from public.posts where owner_id = ${id})
    select jsonb_build_object('profile', to_jsonb(profiles)) as row from public.profiles where id = ${id}
    union all select to_jsonb(private_profiles) from public.private_profiles where id = ${id}
    union all select to_jsonb(posts) from public.posts where id in (select own.id from own)
    union all
    select to_jsonb(post_media) from public.post_media
    where post_id in (select own.id from own) or starts_with(path, ${id}::text)
    union all select to_jsonb(post_tags) from public.post_tags where post_id in (select own.id from own)
    union all select to_jsonb(post_mentions) from public.post_mentions where post_id in (select own.id from own)
    union all select to_jsonb(comments) from public.comments where owner_id = ${id}
    union all select to_jsonb(post_likes) from public.post_likes where profile_id = ${id}
    union all select to_jsonb(post_saves) from public.post_saves where profile_id = ${id}
    union all select to_jsonb(comment_likes) from public.comment_likes where profile_id = ${id}
    union all select to_jsonb(blocks) from public.blocks where blocker_id = ${id}
    union all select to_jsonb(mutes) from public.mutes where muter_id = ${id}
    union all
    select jsonb_build_object('object', name, 'bucket', bucket_id, 'version', version, 'metadata', metadata)
    from storage.objects where starts_with(name, ${id}::text)
    union all select to_jsonb(queued) from private.unused_files as queued where starts_with(name, ${id}::text)
    union all
    select jsonb_build_object('email', email, 'data', raw_user_meta_data, 'password', encrypted_password)
    from auth.users where users.id = ${id}`;
  return rows.map(({ row }) => JSON.stringify(row)).sort();
}
