-- One shape for every error that is raised on purpose, and one place for every limit.

-- | code                    | status | field            | raised when                                             |
-- |-------------------------|--------|------------------|---------------------------------------------------------|
-- | not_signed_in           | 401    |                  | the request has no user, or the user has no profile     |
-- | forbidden               | 403    |                  | the caller's role is too low                            |
-- | user_banned             | 403    |                  | the caller is banned, and may write nothing             |
-- | not_owner               | 403    |                  | the post is somebody else's                             |
-- | post_not_found          | 404    |                  | no such post, or not visible to the caller              |
-- | profile_not_found       | 404    |                  | no such person                                          |
-- | last_admin              | 409    |                  | without this admin there would be none                  |
-- | caption_invalid         | 422    | caption          | empty, only white space, or too long                    |
-- | tags_too_many           | 422    | tags             | more tags than a post may have, caption included        |
-- | tag_invalid             | 422    | tags, caption    | empty, too long, or with control characters             |
-- | mentions_too_many       | 422    | mentions         | more mentions than a post may have, caption included    |
-- | mention_unknown         | 422    | mentions         | no such user                                            |
-- | media_invalid           | 422    | media            | neither a path nor {"path", "alt_text"}                 |
-- | alt_text_invalid        | 422    | media            | too long                                                |
-- | media_too_many          | 422    | media            | more files than a post may have                         |
-- | media_not_found         | 422    | media, ...       | no such upload of the caller's, or no file of the post  |
-- | media_already_used      | 409    | media            | a post already has the upload                           |
-- | media_type_unsupported  | 415    | media            | a type that posts do not take                           |
-- | original_post_not_found | 422    | original_post    | no such post, or not visible to the caller              |
-- | picture_not_found       | 422    | avatar_path, ... | no such upload in the caller's own folder               |
-- | reason_invalid          | 422    | reason           | too long                                                |
-- | idempotency_key_invalid | 422    | idempotency_key  | not 1 to 255 characters                                 |
-- | idempotency_key_reused  | 422    | idempotency_key  | sent before with other arguments, or its post is gone   |
-- | rate_limited            | 429    |                  | too often; see private.raise_rate_limited               |
--
-- Sign-up answers in Auth's own form with the codes username_invalid (422), username_taken (409) and
-- date_of_birth_invalid (422); see public.before_user_created. A write to a table that breaks a constraint gets
-- PostgreSQL's own 23505 or 23514 with the constraint's name.
create function private.raise_error(status integer, code text, message text, field text default null)
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- RAISE refuses an option that is null.
  if field is null then
    raise exception using errcode = 'PT' || status, hint = code, message = message;
  end if;
  raise exception using errcode = 'PT' || status, hint = code, message = message, detail = field;
end
$$;
comment on function private.raise_error(integer, text, text, text) is
  'Ends the request with an HTTP status (SQLSTATE PTnnn), a stable code (hint), a sentence (message) and the field at fault (detail).';
grant execute on function private.raise_error(integer, text, text, text) to authenticated, service_role;

-- 2,200 characters, 30 tags, 20 mentions and 1,000 characters of alternative text are what large networks settled on;
-- 50 MiB is the largest upload on Supabase's free plan; 255 is the width that profile texts have in the clients.
create function public.limits()
returns jsonb
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return jsonb '{
    "caption_length": 2200,
    "tags": 30,
    "tag_length": 50,
    "mentions": 20,
    "media": 10,
    "media_size": 52428800,
    "alt_text_length": 1000,
    "avatar_size": 5242880,
    "cover_size": 10485760,
    "username_min": 3,
    "username_max": 30,
    "bio_length": 255,
    "playlist_length": 255,
    "reason_length": 1000,
    "password_min": 8,
    "page_size": 20,
    "page_size_max": 100
  }';
end
$$;
comment on function public.limits() is
  'Every limit, in one place: lengths in characters, sizes in bytes. Constraints, functions, buckets and the generated clients read it.';
grant execute on function public.limits() to authenticated, service_role;
