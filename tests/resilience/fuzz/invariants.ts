import type postgres from 'postgres';
import { graphFaults } from '../graph-faults.ts';

/** Whether a post is found by other terms than its caption has, or by others than its readers. In no order. */
export const isWronglyFound = (sql: postgres.Sql) => sql`
  array(select unnest(post_terms.terms) order by 1) <> array(
    select unnest(private.mixed_terms(private.search_terms(posts.caption), private.readers_of(posts))) order by 1
  )`;

/** Whether the stored visibility of a post differs from what post and profile say. */
export const isWronglyVisible = (sql: postgres.Sql) => sql`
  posts.is_visible_to_all <> (posts.is_public and posts.hidden_at is null and profiles.is_public)`;

/** One query for each invariant; it returns the rows that break the invariant. */
const breaches: Record<string, (sql: postgres.Sql) => postgres.PendingQuery<postgres.Row[]>> = {
  'a hashtag in a caption without a tag of the post': (sql) => sql`
    select posts.id, private.tag_name(said) as name
    from public.posts, unnest(public.extract_hashtags(caption)) as said
    except
    select post_id, tag from public.post_tags`,
  'a tag from a caption that has no such hashtag': (sql) => sql`
    select post_id, tag from public.post_tags where source = 'caption'
    except
    select posts.id, private.tag_name(said) from public.posts, unnest(public.extract_hashtags(caption)) as said`,
  // Only the two users whose names never change: after a rename, caption and mention differ.
  'a name in a caption without a mention of the post': (sql) => sql`
    select posts.id, profiles.id
    from public.posts, unnest(public.extract_mentions(caption)) as said
    join public.profiles on profiles.username::text = lower(said) and profiles.username in ('bystander', 'recluse')
    except
    select post_id, profile_id from public.post_mentions`,
  'a mention from a caption that has no such name': (sql) => sql`
    select post_id, profile_id
    from public.post_mentions join public.profiles on profiles.id = profile_id
    where source = 'caption' and username in ('bystander', 'recluse')
    except
    select posts.id, profiles.id
    from public.posts, unnest(public.extract_mentions(caption)) as said
    join public.profiles on profiles.username::text = lower(said)`,
  'a post with too many tags, mentions or files': (sql) => sql`
    select posts.id
    from public.posts
    where (select count(*) from public.post_tags where post_id = posts.id) > (public.limits() ->> 'tags')::integer
      or (select count(*) from public.post_mentions where post_id = posts.id) > (public.limits() ->> 'mentions')::integer
      or (select count(*) from public.post_media where post_id = posts.id) > (public.limits() ->> 'media')::integer`,
  'a post whose stored visibility is wrong': (sql) => sql`
    select posts.id
    from public.posts join public.profiles on profiles.id = owner_id
    where ${isWronglyVisible(sql)}`,
  'a post that is found by other terms than its caption has, or by others than its readers': (sql) => sql`
    select posts.id
    from public.posts left join private.post_terms on post_terms.post_id = posts.id
    where ${isWronglyFound(sql)}`,
  'a file of a post without an object': (sql) => sql`
    select path from public.post_media
    except
    select name from storage.objects where bucket_id = 'post-media'`,
  'a picture of a profile without an object': (sql) => sql`
    select avatar_path from public.profiles where avatar_path is not null
    union
    select cover_path from public.profiles where cover_path is not null
    except
    select name from storage.objects where bucket_id in ('avatars', 'covers')`,
  'a published file without a post or profile that the sweep will not remove': (sql) => sql`
    select bucket_id, name from storage.objects where bucket_id <> 'uploads'
    except select 'post-media', path from public.post_media
    except select 'avatars', avatar_path from public.profiles
    except select 'covers', cover_path from public.profiles
    except select bucket_id, name from private.unused_files`,
  'a profile without a user, or a user without a profile': (sql) => sql`
    select coalesce(users.id, profiles.id)
    from auth.users full join public.profiles on profiles.id = users.id
    where users.id is null or profiles.id is null`,
  'a user with a role or a badge': (sql) => sql`
    select id from public.profiles where (role <> 'user' and username <> 'judge') or is_vip`,
  'follows, mentions or notifications that may not be beside each other': (sql) => graphFaults(sql),
  'a count that is wrong': (sql) => sql`
    with counted as (
      select subject_id, counted::text, sum(value)::integer as value
      from private.counters group by subject_id, counted having sum(value) <> 0
    ), real as (
      select post_id as subject_id, 'post_likes' as counted, count(*)::integer as value
      from public.post_likes group by post_id
      union all
      select post_id, 'post_comments', count(*)
      from public.comments where owner_id is not null and hidden_at is null group by post_id
      union all
      select comment_id, 'comment_likes', count(*) from public.comment_likes group by comment_id
      union all
      select parent_id, 'comment_replies', count(*)
      from public.comments
      where parent_id is not null and owner_id is not null and hidden_at is null group by parent_id
      union all
      select original_post_id, 'post_reposts', count(*)
      from public.posts
      where original_post_id is not null and is_public and hidden_at is null group by original_post_id
      union all
      select owner_id, 'profile_posts', count(*)
      from public.posts where is_public and hidden_at is null group by owner_id
      union all
      select followee_id, 'profile_followers', count(*)
      from public.follows where state = 'accepted' group by followee_id
      union all
      select follower_id, 'profile_following', count(*)
      from public.follows where state = 'accepted' group by follower_id
    )
    (table counted except table real) union all (table real except table counted)`,
};

/** The rows that break an invariant, by its name. */
export async function findBreaches(sql: postgres.Sql): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const [name, find] of Object.entries(breaches)) {
    const rows = await find(sql);
    if (rows.length > 0) found[name] = rows.slice(0, 5);
  }
  return found;
}
