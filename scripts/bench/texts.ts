/** The number of posts on a page. */
export const pageSize = 20;

/** A post by embeds: the joins of the Data API for a client that does not call list_posts. */
const postFields = `
    posts.id, posts.caption, posts.is_public, posts.is_repost, posts.original_post_id as original_post,
    posts.hidden_at, posts.created_at, posts.updated_at,
    (
      select row_to_json(owner)
      from (
        select profiles.id, profiles.username, profiles.avatar_path, profiles.is_vip
        from public.profiles where profiles.id = posts.owner_id
      ) as owner
    ) as owner,
    coalesce((
      select json_agg(json_build_object('name', tagged.tag))
      from public.post_tags as tagged
      where tagged.post_id = posts.id
    ), '[]') as tags,
    coalesce((
      select json_agg(json_build_object('id', profiles.id, 'username', profiles.username))
      from public.post_mentions as mentioned join public.profiles on profiles.id = mentioned.profile_id
      where mentioned.post_id = posts.id
    ), '[]') as mentions,
    coalesce((
      select json_agg(json_build_object(
        'id', media.id, 'file', media.path, 'file_type', media.file_type, 'mime_type', media.mime_type,
        'size', media.size, 'width', media.width, 'height', media.height, 'duration_ms', media.duration_ms,
        'alt_text', media.alt_text, 'position', media.position
      ))
      from public.post_media as media
      where media.post_id = posts.id
    ), '[]') as media`;

/** A page by embeds, as JSON in a column `body`. */
export function embedsText(from: string, visible: string, limit: number): string {
  return `
select coalesce(json_agg(page order by page.id desc), '[]')::text as body
from (
  select ${postFields}
  from ${from}${visible}
  order by posts.id desc
  limit ${limit}
) as page`;
}

/** A page by a function of the database, as JSON in a column `body`; `call` is SQL. */
export function pageText(call: string, schema: 'public' | 'bench' = 'public'): string {
  return `select coalesce(json_agg(page), '[]')::text as body from ${schema}.${call} as page`;
}

/** One post; $1 is its id. */
export const onePostText = 'select row_to_json(post)::text as body from public.get_post($1::uuid) as post';

/** A profile; $1 is the user name. */
export const profileText = 'select row_to_json(profile)::text as body from public.get_profile($1) as profile';

/** Publishes a post; $1 is the caption. */
export const createPostText =
  'select row_to_json(post)::text as body from public.create_post(caption => $1) as post';
