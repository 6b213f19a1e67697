-- Comments: on posts, with replies, mentions and likes.
--
-- There are two levels. A reply to a reply stands below the same comment, and remembers which one it answers. A deleted
-- comment loses its author and its text; it is a tombstone while it has replies, and then goes. An account that is
-- deleted leaves its comments in the same way. The dashboard and the secret key may write rows, so all of this is
-- constraints and triggers. Users write through functions, which count the rate and ask who may.
--
-- A comment is live while it has an author and no moderator hides it. Live comments are counted.

create function private.is_valid_comment(text text)
returns boolean
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return char_length(is_valid_comment.text) between 1 and private.limit_of('comment_length')
    and private.has_visible_character(is_valid_comment.text);
end
$$;
comment on function private.is_valid_comment(text) is 'Whether the text may be a comment: not too long, and not only white space and invisible characters.';
-- Constraints run with the rights of the role that writes.
grant execute on function private.is_valid_comment(text) to service_role;

create table public.comments (
  id uuid primary key default private.uuid_v7(),
  post_id uuid not null references public.posts (id) on delete cascade,
  parent_id uuid references public.comments (id) on delete cascade,
  reply_to_id uuid references public.comments (id) on delete set null,
  owner_id uuid references public.profiles (id) on delete set null,
  text text,
  hidden_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint comments_text_check check (private.is_valid_comment(text)),
  constraint comments_owner_id_check check ((owner_id is null) = (text is null)),
  constraint comments_hidden_at_check check (hidden_at is null or owner_id is not null)
);
create index comments_post_id_idx on public.comments (post_id);
-- The comments on a post, in order.
create index comments_post_id_id_idx on public.comments (post_id, id) where parent_id is null;
-- The replies to a comment, in order; also for the foreign key.
create index comments_parent_id_id_idx on public.comments (parent_id, id) where parent_id is not null;
create index comments_reply_to_id_idx on public.comments (reply_to_id) where reply_to_id is not null;
create index comments_owner_id_id_idx on public.comments (owner_id, id) where owner_id is not null;

create table public.comment_mentions (
  comment_id uuid not null references public.comments (id) on delete cascade,
  profile_id uuid not null references public.profiles (id) on delete cascade,
  name extensions.citext not null,
  primary key (comment_id, profile_id)
);
create index comment_mentions_profile_id_idx on public.comment_mentions (profile_id);

create table public.comment_likes (
  profile_id uuid not null references public.profiles (id) on delete cascade,
  comment_id uuid not null references public.comments (id) on delete cascade,
  id uuid not null default private.uuid_v7(),
  primary key (profile_id, comment_id)
);
-- Who likes a comment, newest first; also for the foreign key.
create index comment_likes_comment_id_id_idx on public.comment_likes (comment_id, id);

alter table public.comments enable row level security;
alter table public.comment_mentions enable row level security;
alter table public.comment_likes enable row level security;

-- No write: functions count the rate, and mentions come from the text.
grant select on public.comments, public.comment_mentions, public.comment_likes to authenticated;
grant select, insert, delete on public.comments to service_role;
-- Not post_id, parent_id and reply_to_id: a comment stays where it is.
grant update (owner_id, text, hidden_at, created_at, updated_at) on public.comments to service_role;
grant select, insert, delete on public.comment_mentions, public.comment_likes to service_role;

create policy select_visible on public.comments for select to authenticated
  using (
    (select true from public.posts where posts.id = comments.post_id)
    and (
      owner_id is null
      or hidden_at is null and owner_id not in (select private.blocked_ids())
      or owner_id = (select auth.uid())
      or (select private.has_role('moderator'))
    )
  );
create policy select_visible on public.comment_mentions for select to authenticated
  using ((select true from public.comments where comments.id = comment_mentions.comment_id));
create policy select_visible on public.comment_likes for select to authenticated
  using (
    (select true from public.comments where comments.id = comment_likes.comment_id)
    and (profile_id not in (select private.blocked_ids()) or (select private.has_role('moderator')))
  );

comment on table public.comments is
  'The comments on posts, and the replies to them. Visible with the post, except those of users who block the reader or are blocked by them, and hidden ones.';
comment on column public.comments.id is 'Sorts by the time of publication: the order of every list, and its cursor.';
comment on column public.comments.post_id is 'The post.';
comment on column public.comments.parent_id is
  'The comment below which this reply stands, which is no reply itself; null for a comment on the post. Of a reply to a reply, whatever was written, the comment above both.';
comment on column public.comments.reply_to_id is
  'The comment or reply that this reply answers; null for a comment on the post, and once that one is deleted.';
comment on column public.comments.owner_id is
  'The author; null once the comment or the author''s account is deleted. To delete a comment, set it to null.';
comment on column public.comments.text is 'The text. Its @mentions are kept in comment_mentions. Null once the comment is deleted.';
comment on column public.comments.hidden_at is
  'When a moderator hid it, or the comment that it answers, from everybody but its author; null if none did.';
comment on column public.comments.created_at is 'When it was published.';
comment on column public.comments.updated_at is 'When the author last edited it.';
comment on policy select_visible on public.comments is
  'A comment is visible with its post, but not between users of whom one blocks the other, and, if a moderator hid it, for its author only; moderators see those as well.';
comment on table public.comment_mentions is 'The mentions of users in comments. Visible with their comment.';
comment on column public.comment_mentions.comment_id is 'The comment.';
comment on column public.comment_mentions.profile_id is 'The user mentioned.';
comment on column public.comment_mentions.name is 'The name with which the text mentions the user, who may have another one by now.';
comment on policy select_visible on public.comment_mentions is 'A mention is visible with its comment.';
comment on table public.comment_likes is 'Who likes which comment. Visible with the comment, except likes of users who block the reader or are blocked by them.';
comment on column public.comment_likes.profile_id is 'The user who likes the comment.';
comment on column public.comment_likes.comment_id is 'The comment.';
comment on column public.comment_likes.id is 'Sorts by time: the order of the list, and its cursor.';
comment on policy select_visible on public.comment_likes is 'A like is visible with its comment, but not between users of whom one blocks the other; moderators see those as well.';

create function private.require_comment(comment_id uuid)
returns void
language plpgsql
stable
-- Invoker: row-level security decides whether the caller sees the comment.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  if not exists (select from public.comments where comments.id = require_comment.comment_id) then
    perform private.raise_error(404, 'comment_not_found', 'There is no such comment.');
  end if;
end
$$;
comment on function private.require_comment(uuid) is 'Refuses a comment that the caller does not see.';
grant execute on function private.require_comment(uuid) to authenticated;

-- Only an edit counts: a comment that is hidden or deleted was not edited.
create trigger _200_touch_updated_at before update of text on public.comments
  for each row
  when (new.text <> old.text)
  execute function private.tg__touch_updated_at();

-- Replies

create function private.tg_comments__flatten_reply()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- FOR SHARE: a comment is answered, hidden or deleted, one after the other, so a tombstone gets no new reply, and is
  -- not removed beside one. Below a hidden comment, a reply is hidden with it.
  select parent.id, answered.id, coalesce(new.hidden_at, parent.hidden_at)
  into new.parent_id, new.reply_to_id, new.hidden_at
  from public.comments as answered
  join public.comments as parent on parent.id = coalesce(answered.parent_id, answered.id)
  where answered.id = new.parent_id and answered.post_id = new.post_id and answered.owner_id is not null
  -- In this order, as where a comment is hidden with its replies.
  for share of parent
  for share of answered;
  if not found then
    perform private.raise_error(422, 'parent_not_found', 'The comment to answer does not exist on this post.', 'parent');
  end if;
  return new;
end
$$;
comment on function private.tg_comments__flatten_reply() is
  'Trigger: a reply answers a comment on the same post that is not deleted, and stands on the second level. Security definer: the lock needs a right on the comment. Whether the caller sees the comment is asked by create_comment.';

create function private.tg_comments__refuse_move()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception using errcode = '42501', message = 'A comment stays where it was written.';
end
$$;
comment on function private.tg_comments__refuse_move() is 'Trigger: a comment changes neither its post nor what it answers.';

create trigger _100_flatten_reply before insert on public.comments
  for each row
  when (new.parent_id is not null)
  execute function private.tg_comments__flatten_reply();
create trigger _100_refuse_move before update of post_id, parent_id, reply_to_id on public.comments
  for each row
  -- The foreign key forgets an answered comment that is deleted.
  when (
    (new.post_id, new.parent_id) is distinct from (old.post_id, old.parent_id)
    or new.reply_to_id is not null and new.reply_to_id is distinct from old.reply_to_id
  )
  execute function private.tg_comments__refuse_move();

create function private.tg_comments__hide_replies()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- A reply that was hidden by itself keeps its own time, and stays hidden.
  update public.comments
  set hidden_at = new.hidden_at
  where comments.parent_id = new.id
    and comments.owner_id is not null
    and comments.hidden_at is not distinct from old.hidden_at;
  return null;
end
$$;
comment on function private.tg_comments__hide_replies() is
  'Trigger: the replies to a comment are hidden, and shown again, with it: no list leads to them. Security definer: comments are granted to nobody for writing.';

create trigger _400_hide_replies after update on public.comments
  for each row
  when (new.parent_id is null and new.hidden_at is distinct from old.hidden_at)
  execute function private.tg_comments__hide_replies();

-- Deletion

create function private.tg_comments__empty()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.text := null;
  new.hidden_at := null;
  return new;
end
$$;
comment on function private.tg_comments__empty() is 'Trigger: a comment without author has no text, and nothing to hide.';

create trigger _300_empty before insert or update of owner_id, text, hidden_at on public.comments
  for each row
  when (new.owner_id is null)
  execute function private.tg_comments__empty();

create function private.tg_comments__count()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_posts_added uuid[];
  v_posts_removed uuid[];
  v_parents_added uuid[];
  v_parents_removed uuid[];
begin
  if tg_op <> 'DELETE' then
    v_posts_added := array(
      select added.post_id from added where added.owner_id is not null and added.hidden_at is null
    );
    v_parents_added := array(
      select added.parent_id from added where added.owner_id is not null and added.hidden_at is null
    );
  end if;
  if tg_op <> 'INSERT' then
    v_posts_removed := array(
      select removed.post_id from removed where removed.owner_id is not null and removed.hidden_at is null
    );
    v_parents_removed := array(
      select removed.parent_id from removed where removed.owner_id is not null and removed.hidden_at is null
    );
  end if;
  perform private.count_changes('post_comments', v_posts_added, v_posts_removed);
  perform private.count_changes('comment_replies', v_parents_added, v_parents_removed);
  return null;
end
$$;
comment on function private.tg_comments__count() is
  'Trigger: counts the live comments on a post, and the live replies to a comment. Security definer: counters are granted to nobody.';

create function private.tg_comments__bury()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_dead constant uuid[] := array(select added.id from added where added.owner_id is null);
begin
  if cardinality(v_dead) > 0 then
    delete from public.comment_mentions where comment_mentions.comment_id = any (v_dead);
    delete from public.comment_likes where comment_likes.comment_id = any (v_dead);
    delete from public.comments
    where comments.id = any (v_dead)
      and not exists (select from public.comments as reply where reply.parent_id = comments.id);
  end if;
  return null;
end
$$;
comment on function private.tg_comments__bury() is
  'Trigger: a deleted comment loses its mentions and likes, and goes if it has no replies. Security definer: comments are granted to nobody for writing.';

create function private.tg_comments__remove_tombstones()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_parents constant uuid[] := array(select distinct removed.parent_id from removed where removed.parent_id is not null);
begin
  if cardinality(v_parents) > 0 then
    -- Live ones as well: of two deletions at the same time, of a comment and of its last reply, the second one has to see
    -- the first.
    perform from public.comments where comments.id = any (v_parents) order by comments.id for no key update;
    delete from public.comments
    where comments.id = any (v_parents)
      and comments.owner_id is null
      and not exists (select from public.comments as reply where reply.parent_id = comments.id);
  end if;
  return null;
end
$$;
comment on function private.tg_comments__remove_tombstones() is
  'Trigger: a deleted comment goes with its last reply. Security definer: comments are granted to nobody for writing.';

create trigger _200_count_added after insert on public.comments
  referencing new table as added
  for each statement execute function private.tg_comments__count();
create trigger _200_count_changed after update on public.comments
  referencing old table as removed new table as added
  for each statement execute function private.tg_comments__count();
create trigger _200_count_removed after delete on public.comments
  referencing old table as removed
  for each statement execute function private.tg_comments__count();
create trigger _300_delete_counters after delete on public.comments
  referencing old table as removed
  for each statement execute function private.tg__delete_counters();
-- Likes before notifications, as an account that is deleted takes them along.
create trigger _400_bury after update on public.comments
  referencing new table as added
  for each statement execute function private.tg_comments__bury();
create trigger _900_remove_tombstones after delete on public.comments
  referencing old table as removed
  for each statement execute function private.tg_comments__remove_tombstones();

-- Mentions

create function private.tg_comments__refresh_mentions()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_names constant extensions.citext[] := public.extract_mentions(new.text)::extensions.citext[];
  -- Before mentions are removed: a deleted account takes the two in this order as well. On an insert every field of
  -- `old` is null.
  v_mentioned constant uuid[] := private.lock_mentionable(
    new.owner_id, private.added_mentions(new.text, old.text), 'text'
  );
begin
  if tg_op = 'UPDATE' then
    delete from public.comment_mentions
    where comment_mentions.comment_id = new.id and comment_mentions.name operator(extensions.<>) all (v_names);
  end if;
  -- A name that the text had before keeps its user, also if another user has the name now.
  if cardinality(v_mentioned) > 0 then
    insert into public.comment_mentions (comment_id, profile_id, name)
    select new.id, profiles.id, profiles.username
    from public.profiles
    where profiles.id = any (v_mentioned)
    on conflict on constraint comment_mentions_pkey do update set name = excluded.name;
    if (
      select count(*) from public.comment_mentions where comment_mentions.comment_id = new.id
    ) > private.limit_of('mentions') then
      perform private.raise_error(422, 'mentions_too_many', 'A comment mentions at most {mentions} users.', 'text');
    end if;
  end if;
  return null;
end
$$;
comment on function private.tg_comments__refresh_mentions() is
  'Trigger: the mentions of a comment are those of its text. A name is looked up when it comes into the text, and not again. Names that nobody has, and users of whom one blocks the other, are no mentions. Security definer: clients have no write grant on comment_mentions.';

create trigger _400_mention after insert on public.comments
  for each row
  when (new.owner_id is not null)
  execute function private.tg_comments__refresh_mentions();
create trigger _400_mention_again after update of text on public.comments
  for each row
  when (new.text <> old.text)
  execute function private.tg_comments__refresh_mentions();

create function private.tg_blocks__remove_comment_mentions()
returns trigger
language plpgsql
security definer
set search_path = ''
-- Which of the two has fewer comments or mentions is in the statistics.
set plan_cache_mode = force_custom_plan
as $$
begin
  delete from public.comment_mentions
  using public.comments
  where comments.id = comment_mentions.comment_id
    and comments.owner_id = new.blocker_id
    and comment_mentions.profile_id = new.blocked_id;
  delete from public.comment_mentions
  using public.comments
  where comments.id = comment_mentions.comment_id
    and comments.owner_id = new.blocked_id
    and comment_mentions.profile_id = new.blocker_id;
  return null;
end
$$;
comment on function private.tg_blocks__remove_comment_mentions() is
  'Trigger: a block removes the mentions of each other in comments; the texts stay. Security definer: mentions are granted to nobody for writing.';

create trigger _300_remove_comment_mentions after insert on public.blocks
  for each row execute function private.tg_blocks__remove_comment_mentions();

-- Likes

create function private.tg_comment_likes__count()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_comments_added uuid[];
  v_comments_removed uuid[];
begin
  if tg_op <> 'DELETE' then
    v_comments_added := array(select added.comment_id from added);
  end if;
  if tg_op <> 'INSERT' then
    v_comments_removed := array(select removed.comment_id from removed);
  end if;
  perform private.count_changes('comment_likes', v_comments_added, v_comments_removed);
  return null;
end
$$;
comment on function private.tg_comment_likes__count() is
  'Trigger: counts the likes of comments. Security definer: counters are granted to nobody.';

create trigger _200_count_added after insert on public.comment_likes
  referencing new table as added
  for each statement execute function private.tg_comment_likes__count();
create trigger _200_count_changed after update on public.comment_likes
  referencing old table as removed new table as added
  for each statement execute function private.tg_comment_likes__count();
create trigger _200_count_removed after delete on public.comment_likes
  referencing old table as removed
  for each statement execute function private.tg_comment_likes__count();

create function private.insert_comment_like(visible_comment uuid)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_me constant uuid := private.begin_reaction();
begin
  perform private.lock_pair(v_me, comments.owner_id, shared => true)
  from public.comments
  where comments.id = insert_comment_like.visible_comment and comments.owner_id <> v_me;
  -- The author, who is notified, before the post, and the post before the comment: either may be being deleted, and takes
  -- the next one along. The comment FOR SHARE: it is liked or deleted, one after the other.
  perform
  from public.profiles
  join public.comments on comments.owner_id = profiles.id
  where comments.id = insert_comment_like.visible_comment
  for key share of profiles;
  perform
  from public.posts
  join public.comments on comments.post_id = posts.id
  where comments.id = insert_comment_like.visible_comment and comments.owner_id is not null
  for key share of posts
  for share of comments;
  if not found then
    perform private.raise_error(404, 'comment_not_found', 'There is no such comment.');
  end if;
  insert into public.comment_likes (profile_id, comment_id)
  values (v_me, insert_comment_like.visible_comment)
  on conflict on constraint comment_likes_pkey do nothing;
  return private.count_of(insert_comment_like.visible_comment, 'comment_likes');
end
$$;
comment on function private.insert_comment_like(uuid) is
  'Likes a comment for the caller, and returns how many users like it. visible_comment: null if the caller does not see it. Security definer: likes are granted to nobody for writing. It writes the caller''s own like only.';
grant execute on function private.insert_comment_like(uuid) to authenticated;

create function public.like_comment(comment_id uuid)
returns integer
language plpgsql
-- Invoker: row-level security decides whether the caller sees the comment.
set search_path = ''
-- As in like_post.
set plan_cache_mode = force_generic_plan
as $$
begin
  return private.insert_comment_like(
    (select comments.id from public.comments where comments.id = like_comment.comment_id)
  );
end
$$;
comment on function public.like_comment(uuid) is 'Likes a comment, if the caller does not like it yet. Returns how many users like it.';
grant execute on function public.like_comment(uuid) to authenticated;

create function private.delete_comment_like(comment_id uuid, visible_comment uuid)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_me constant uuid := private.begin_reaction();
begin
  -- As for a like: an author who leaves, and a comment that is deleted, take notifications and likes along in the other
  -- order.
  perform
  from public.profiles
  join public.comments on comments.owner_id = profiles.id
  where comments.id = delete_comment_like.comment_id
  for key share of profiles
  for share of comments;
  delete from public.comment_likes
  where comment_likes.profile_id = v_me and comment_likes.comment_id = delete_comment_like.comment_id;
  if not found and delete_comment_like.visible_comment is null then
    perform private.raise_error(404, 'comment_not_found', 'There is no such comment.');
  end if;
  -- Null counts nothing: 0.
  return private.count_of(delete_comment_like.visible_comment, 'comment_likes');
end
$$;
comment on function private.delete_comment_like(uuid, uuid) is
  'Takes the caller''s like of a comment back, and returns how many users like it. visible_comment: null if the caller does not see it. Security definer: likes are granted to nobody for writing. It deletes the caller''s own like only.';
grant execute on function private.delete_comment_like(uuid, uuid) to authenticated;

create function public.unlike_comment(comment_id uuid)
returns integer
language plpgsql
-- Invoker, and as in like_post.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return private.delete_comment_like(
    unlike_comment.comment_id,
    (select comments.id from public.comments where comments.id = unlike_comment.comment_id)
  );
end
$$;
comment on function public.unlike_comment(uuid) is
  'Takes a like back, also of a comment that the caller does not see any more. Returns how many users like the comment; 0 if the caller does not see it.';
grant execute on function public.unlike_comment(uuid) to authenticated;

create function public.list_comment_likes(comment_id uuid, before uuid default null, page_limit integer default 20)
returns setof public.person_view
language plpgsql
stable
rows 20
-- Invoker: row-level security decides which likes the caller sees.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_before constant uuid := coalesce(list_comment_likes.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit constant integer := private.page_size(list_comment_likes.page_limit);
  v_ids uuid[];
  v_cursors uuid[];
begin
  perform private.require_comment(list_comment_likes.comment_id);
  select array_agg(page.profile_id), array_agg(page.id)
  into v_ids, v_cursors
  from (
    select comment_likes.profile_id, comment_likes.id
    from public.comment_likes
    where comment_likes.comment_id = list_comment_likes.comment_id and comment_likes.id < v_before
    order by comment_likes.id desc
    limit v_limit
  ) as page;
  return query select * from private.compose_people(v_ids, v_cursors);
end
$$;
comment on function public.list_comment_likes(uuid, uuid, integer) is
  'A page of the users who like a comment, newest first; else as list_followers.';
grant execute on function public.list_comment_likes(uuid, uuid, integer) to authenticated;

-- Reading

create type public.comment_view as (
  id uuid,
  post uuid,
  parent uuid,
  owner jsonb,
  text text,
  mentions jsonb,
  like_count integer,
  reply_count integer,
  liked boolean,
  created_at timestamptz,
  updated_at timestamptz,
  is_deleted boolean,
  hidden_at timestamptz
);
comment on type public.comment_view is 'A comment as clients show it.';
comment on column public.comment_view.id is 'As comments.id.';
comment on column public.comment_view.post is 'As comments.post_id.';
comment on column public.comment_view.parent is 'As comments.parent_id.';
comment on column public.comment_view.owner is '{id, username, profile_pic_url, is_vip}; null once the comment is deleted.';
comment on column public.comment_view.text is 'As comments.text.';
comment on column public.comment_view.mentions is '[{id, username}], by user name.';
comment on column public.comment_view.like_count is 'How many users like it; the same for every reader, whom they block or not.';
comment on column public.comment_view.reply_count is 'How many replies it has, without deleted and hidden ones; the same for every reader.';
comment on column public.comment_view.liked is 'Whether the caller likes it.';
comment on column public.comment_view.created_at is 'As comments.created_at.';
comment on column public.comment_view.updated_at is 'As comments.updated_at.';
comment on column public.comment_view.is_deleted is 'Whether it is deleted; it is shown because it has replies.';
comment on column public.comment_view.hidden_at is 'As comments.hidden_at.';

create function private.compose_comments(comment_ids uuid[])
returns setof public.comment_view
language plpgsql
stable
security definer
rows 20
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_me constant uuid := auth.uid();
begin
  return query
  select
    comments.id,
    comments.post_id,
    comments.parent_id,
    case when owner.id is not null then private.profile_summary(owner) end,
    comments.text,
    (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('id', profiles.id, 'username', profiles.username::text) order by profiles.username
        ),
        '[]'
      )
      from public.comment_mentions
      join public.profiles on profiles.id = comment_mentions.profile_id
      where comment_mentions.comment_id = comments.id
    ),
    counts.likes,
    counts.replies,
    -- As in compose_posts.
    (
      select true from public.comment_likes
      where comment_likes.profile_id = v_me and comment_likes.comment_id = comments.id
    ) is not null,
    comments.created_at,
    comments.updated_at,
    comments.owner_id is null,
    comments.hidden_at
  from unnest(compose_comments.comment_ids) with ordinality as page (id, place)
  join public.comments on comments.id = page.id
  left join public.profiles as owner on owner.id = comments.owner_id
  cross join lateral (
    select
      coalesce(sum(counters.value) filter (where counters.counted = 'comment_likes'), 0)::integer as likes,
      coalesce(sum(counters.value) filter (where counters.counted = 'comment_replies'), 0)::integer as replies
    from private.counters
    where counters.subject_id = comments.id
  ) as counts
  order by page.place;
end
$$;
comment on function private.compose_comments(uuid[]) is
  'Comments as clients show them, in the order of the ids. Not for clients: it shows any comment, and the Data API does not expose this schema. The functions that read pages call it with ids that were read under row-level security. Security definer: row-level security decides once for a comment, and not again for what belongs to it.';
grant execute on function private.compose_comments(uuid[]) to authenticated;

create function public.get_comment(comment_id uuid)
returns public.comment_view
language plpgsql
stable
-- Invoker: row-level security decides whether the caller sees the comment.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_comment public.comment_view;
begin
  select * into v_comment
  from private.compose_comments(array(select comments.id from public.comments where comments.id = get_comment.comment_id));
  if not found then
    perform private.raise_error(404, 'comment_not_found', 'There is no such comment.');
  end if;
  return v_comment;
end
$$;
comment on function public.get_comment(uuid) is 'A comment that the caller may see.';
grant execute on function public.get_comment(uuid) to authenticated;

create function public.get_comments(comment_ids uuid[])
returns setof public.comment_view
language plpgsql
stable
rows 20
-- Invoker: row-level security decides which comments the caller sees.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  select *
  from private.compose_comments(array(
    select comments.id
    from public.comments
    where comments.id = any (get_comments.comment_ids[1:private.limit_of('page_size_max')])
    order by comments.id
  ));
end
$$;
comment on function public.get_comments(uuid[]) is
  'Those of the first comments that the caller may see, as many as a page has, oldest first: for a client that hears of several at once.';
grant execute on function public.get_comments(uuid[]) to authenticated;

create function public.list_comments(
  post_id uuid, newest_first boolean default false, "cursor" uuid default null, page_limit integer default 20
)
returns setof public.comment_view
language plpgsql
stable
rows 20
-- Invoker: row-level security decides which comments are on the page.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_limit constant integer := private.page_size(list_comments.page_limit);
  v_ids uuid[];
begin
  perform private.require_post(list_comments.post_id);
  if list_comments.newest_first then
    v_ids := array(
      select comments.id
      from public.comments
      where comments.post_id = list_comments.post_id
        and comments.parent_id is null
        and comments.id < coalesce(list_comments."cursor", 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      order by comments.id desc
      limit v_limit
    );
  else
    v_ids := array(
      select comments.id
      from public.comments
      where comments.post_id = list_comments.post_id
        and comments.parent_id is null
        and comments.id > coalesce(list_comments."cursor", '00000000-0000-0000-0000-000000000000')
      order by comments.id
      limit v_limit
    );
  end if;
  return query select * from private.compose_comments(v_ids);
end
$$;
comment on function public.list_comments(uuid, boolean, uuid, integer) is
  'A page of the comments on a post that the caller may see, oldest first or newest first, without the replies. cursor: the id that the last page ended with. page_limit: as in list_posts.';
grant execute on function public.list_comments(uuid, boolean, uuid, integer) to authenticated;

create function public.list_replies(comment_id uuid, "cursor" uuid default null, page_limit integer default 20)
returns setof public.comment_view
language plpgsql
stable
rows 20
-- Invoker: row-level security decides which replies are on the page.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_limit constant integer := private.page_size(list_replies.page_limit);
begin
  perform private.require_comment(list_replies.comment_id);
  return query
  select *
  from private.compose_comments(array(
    select comments.id
    from public.comments
    where comments.parent_id = list_replies.comment_id
      and comments.id > coalesce(list_replies."cursor", '00000000-0000-0000-0000-000000000000')
    order by comments.id
    limit v_limit
  ));
end
$$;
comment on function public.list_replies(uuid, uuid, integer) is
  'A page of the replies to a comment that the caller may see, oldest first. cursor: the id that the last page ended with. page_limit: as in list_posts.';
grant execute on function public.list_replies(uuid, uuid, integer) to authenticated;

-- Writing

create function private.check_comment(text text)
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
  if private.is_valid_comment(check_comment.text) is not true then
    perform private.raise_error(422, 'comment_invalid', 'A comment has 1 to {comment_length} characters.', 'text');
  end if;
end
$$;
comment on function private.check_comment(text) is 'Refuses an impossible text of a comment. Not granted: create_comment and update_comment call it.';

create function private.insert_comment(
  post_id uuid, text text, parent_id uuid, visible_post uuid, visible_parent uuid, idempotency_key text
)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := private.uuid_v7();
  v_first_id uuid;
begin
  perform private.lock_writer();
  perform private.check_comment(insert_comment.text);
  if insert_comment.idempotency_key is not null then
    v_first_id := private.reserve_idempotency_key(
      insert_comment.idempotency_key,
      jsonb_build_object(
        'post', insert_comment.post_id, 'text', insert_comment.text, 'parent', insert_comment.parent_id
      ),
      comment_id => v_id
    );
    if v_first_id <> v_id then
      return v_first_id;
    end if;
  end if;

  -- After the key: a repeated request must find its comment.
  perform private.count_action('comment', auth.uid()::text);
  perform private.lock_pair(auth.uid(), notified.id, shared => true)
  from (
    select posts.owner_id as id from public.posts where posts.id = insert_comment.visible_post
    union
    select comments.owner_id from public.comments where comments.id = insert_comment.visible_parent
  ) as notified
  where notified.id <> auth.uid();
  -- The trigger that reads the text does it again; but then the rows below are locked.
  perform private.lock_mentionable(auth.uid(), private.added_mentions(insert_comment.text, null), 'text');
  -- The users who are notified before the post, and the post before the comment to answer, which the trigger locks:
  -- each of them may be being deleted, and takes the next one along.
  perform
  from public.profiles
  where profiles.id = (select posts.owner_id from public.posts where posts.id = insert_comment.visible_post)
    or profiles.id = (select comments.owner_id from public.comments where comments.id = insert_comment.visible_parent)
  for key share;
  perform from public.posts where posts.id = insert_comment.visible_post for key share;
  if not found then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  elsif insert_comment.parent_id is not null and insert_comment.visible_parent is null then
    perform private.raise_error(422, 'parent_not_found', 'The comment to answer does not exist on this post.', 'parent');
  end if;
  insert into public.comments (id, post_id, parent_id, owner_id, text)
  values (v_id, insert_comment.visible_post, insert_comment.visible_parent, auth.uid(), insert_comment.text);
  return v_id;
end
$$;
comment on function private.insert_comment(uuid, text, uuid, uuid, uuid, text) is
  'Writes a comment of the caller''s and returns its id. post_id, parent_id: as named by the caller. visible_post, visible_parent: those, if the caller sees them. Security definer: comments are granted to nobody for writing. It writes in the caller''s name only.';
grant execute on function private.insert_comment(uuid, text, uuid, uuid, uuid, text) to authenticated;

create function public.create_comment(
  post_id uuid, text text, parent_id uuid default null, idempotency_key text default null
)
returns public.comment_view
language plpgsql
-- Invoker: row-level security decides on what the caller may comment.
set search_path = ''
-- As in like_post.
set plan_cache_mode = force_generic_plan
as $$
declare
  v_id uuid;
  v_comment public.comment_view;
begin
  v_id := private.insert_comment(
    create_comment.post_id,
    create_comment.text,
    create_comment.parent_id,
    (select posts.id from public.posts where posts.id = create_comment.post_id),
    case when create_comment.parent_id is not null then
      (select comments.id from public.comments where comments.id = create_comment.parent_id)
    end,
    create_comment.idempotency_key
  );
  -- A statement of its own, which sees the new comment. It does not where the post was hidden at the same time.
  select * into v_comment
  from private.compose_comments(array(select comments.id from public.comments where comments.id = v_id));
  if not found then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  end if;
  return v_comment;
end
$$;
comment on function public.create_comment(uuid, text, uuid, text) is
  'Comments on a post. parent_id: the comment or reply to answer; a reply to a reply stands below the same comment. idempotency_key: for a day, a repeated request with the same key returns the first comment.';
grant execute on function public.create_comment(uuid, text, uuid, text) to authenticated;

create function private.edit_comment(comment_id uuid, text text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.lock_writer();
  perform private.check_comment(edit_comment.text);
  perform private.count_action('comment', auth.uid()::text);
  -- As in insert_comment: an edit that removes a mention may notify these users of the comment itself.
  perform private.lock_pair(auth.uid(), notified.id, shared => true)
  from (
    select posts.owner_id as id
    from public.posts
    where posts.id = (select comments.post_id from public.comments where comments.id = edit_comment.comment_id)
    union
    select answered.owner_id
    from public.comments as answered
    where answered.id = (select comments.reply_to_id from public.comments where comments.id = edit_comment.comment_id)
  ) as notified
  where notified.id <> auth.uid();
  perform private.lock_mentionable(auth.uid(), private.added_mentions(edit_comment.text, comments.text), 'text')
  from public.comments
  where comments.id = edit_comment.comment_id;
  -- The post before the comment, which a deletion of the post takes along.
  perform
  from public.posts
  where posts.id = (select comments.post_id from public.comments where comments.id = edit_comment.comment_id)
  for key share;
  update public.comments
  set text = edit_comment.text
  where comments.id = edit_comment.comment_id and comments.owner_id = auth.uid() and comments.text <> edit_comment.text;
end
$$;
comment on function private.edit_comment(uuid, text) is
  'Writes an edit of the caller''s comment. Security definer: comments are granted to nobody for writing. Only the caller''s own comment is edited.';
grant execute on function private.edit_comment(uuid, text) to authenticated;

create function public.update_comment(comment_id uuid, text text)
returns public.comment_view
language plpgsql
-- Invoker: row-level security decides whether a comment of another user is "not yours" or "not there".
set search_path = ''
-- As in like_post.
set plan_cache_mode = force_generic_plan
as $$
declare
  v_owner_id uuid;
begin
  select comments.owner_id into v_owner_id from public.comments where comments.id = update_comment.comment_id;
  if v_owner_id is distinct from auth.uid() then
    -- A deleted user has no comments; tell them that, and not about the comment.
    perform private.lock_writer();
  end if;
  if v_owner_id is null then
    perform private.raise_error(404, 'comment_not_found', 'There is no such comment.');
  elsif v_owner_id <> auth.uid() then
    perform private.raise_error(403, 'not_comment_owner', 'The comment belongs to another user.');
  end if;
  perform private.edit_comment(update_comment.comment_id, update_comment.text);
  return public.get_comment(update_comment.comment_id);
end
$$;
comment on function public.update_comment(uuid, text) is 'Edits the caller''s comment. The same text changes nothing.';
grant execute on function public.update_comment(uuid, text) to authenticated;

create function private.bury_comment(comment_id uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_post_owner_id uuid;
begin
  perform private.lock_writer();
  -- The post before the comment, which a deletion of the post takes along.
  select posts.owner_id into v_post_owner_id
  from public.posts
  where posts.id = (select comments.post_id from public.comments where comments.id = bury_comment.comment_id)
  for key share;
  -- The comment above before its reply, as where it is hidden with its replies.
  perform
  from public.comments
  where comments.id = (select reply.parent_id from public.comments as reply where reply.id = bury_comment.comment_id)
  for no key update;
  update public.comments
  set owner_id = null
  where comments.id = bury_comment.comment_id
    and comments.owner_id is not null
    and (
      comments.owner_id = auth.uid()
      or v_post_owner_id = auth.uid()
      or (select private.has_role('moderator'))
    );
  return found;
end
$$;
comment on function private.bury_comment(uuid) is
  'Deletes a comment, if the caller is its author, the owner of the post, or a moderator; else returns false. Security definer: comments are granted to nobody for writing. Who may is checked here.';
grant execute on function private.bury_comment(uuid) to authenticated;

create function public.delete_comment(comment_id uuid)
returns void
language plpgsql
-- Invoker: row-level security decides whether a comment of another user is "not yours" or "not there".
set search_path = ''
-- As in like_post.
set plan_cache_mode = force_generic_plan
as $$
declare
  v_comment public.comments;
begin
  if not private.bury_comment(delete_comment.comment_id) then
    select * into v_comment from public.comments where comments.id = delete_comment.comment_id;
    if v_comment.owner_id is null then
      perform private.raise_error(404, 'comment_not_found', 'There is no such comment, or it is deleted already.');
    end if;
    perform private.raise_error(403, 'not_comment_owner', 'The comment belongs to another user.');
  end if;
end
$$;
comment on function public.delete_comment(uuid) is
  'Deletes a comment: for its author, also where the post is not visible any more, for the owner of the post, and for moderators. While it has replies, it is shown without author and text.';
grant execute on function public.delete_comment(uuid) to authenticated;
