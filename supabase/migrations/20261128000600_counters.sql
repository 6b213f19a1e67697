-- Counters: likes, comments, reposts, followers and so on, exact and without waiting.
--
-- A counter that is one row makes everybody who likes one popular post wait for everybody else. So a counter is as many
-- rows as have ever been written at the same time, usually one: a writer takes any row that is free, adds to it, or
-- begins another one if all are taken. The count is their sum, which every snapshot sees whole.

create type private.counted as enum (
  'post_likes', 'post_comments', 'post_reposts', 'comment_likes', 'comment_replies',
  'profile_posts', 'profile_followers', 'profile_following'
);
comment on type private.counted is 'What is counted, and of what: of a post, of a comment, or of a profile.';

create table private.counters (
  subject_id uuid not null,
  counted private.counted not null,
  id uuid not null default gen_random_uuid(),
  value integer not null,
  primary key (subject_id, counted, id)
)
-- Room on each page for new versions of its rows, so that counting does not write to the index.
with (fillfactor = 50);
comment on table private.counters is
  'The counts of posts, comments and profiles. Without foreign keys, so that counting never waits for a row, and never for a deletion.';
comment on column private.counters.subject_id is 'The post, comment or profile.';
comment on column private.counters.counted is 'What is counted.';
comment on column private.counters.id is 'One of the rows of the counter. No order, no meaning.';
comment on column private.counters.value is 'A part of the count; may be negative.';

create function private.count_changes(counted private.counted, added uuid[], removed uuid[])
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
-- A session keeps the plan that it made for a small table, and one statement may count thousands of subjects.
set enable_seqscan = off
as $$
declare
  v_change record;
begin
  for v_change in
    select versions.id, sum(versions.number)::integer as number
    from (
      select subject.id, 1 as number from unnest(count_changes.added) as subject (id)
      union all
      select subject.id, -1 from unnest(count_changes.removed) as subject (id)
    ) as versions
    where versions.id is not null
    group by versions.id
    having sum(versions.number) <> 0
  loop
    -- A subject that is deleted with what it counts has no counts any more. What is added has its subject.
    continue when v_change.number < 0 and not (
      case
        when count_changes.counted in ('post_likes', 'post_comments', 'post_reposts') then
          exists (select from public.posts where posts.id = v_change.id)
        when count_changes.counted in ('comment_likes', 'comment_replies') then
          exists (select from public.comments where comments.id = v_change.id)
        else exists (select from public.profiles where profiles.id = v_change.id)
      end
    );
    update private.counters
    set value = counters.value + v_change.number
    where counters.subject_id = v_change.id
      and counters.counted = count_changes.counted
      and counters.id = (
        select free.id
        from private.counters as free
        where free.subject_id = v_change.id and free.counted = count_changes.counted
        limit 1
        for update skip locked
      );
    if not found then
      insert into private.counters (subject_id, counted, value)
      values (v_change.id, count_changes.counted, v_change.number);
    end if;
    -- Only the deletion of an account changes more in one statement. It sends nothing: each event takes a lock.
    if count_changes.counted in ('post_likes', 'post_comments', 'post_reposts')
      and coalesce(cardinality(count_changes.added), 0) + coalesce(cardinality(count_changes.removed), 0) <= 100
    then
      perform private.send_counts(v_change.id);
    end if;
  end loop;
end
$$;
comment on function private.count_changes(private.counted, uuid[], uuid[]) is
  'Counts what a statement added and removed: the subject of each row, as often as it has rows. Null is no subject. Sends the counts of posts to those who look at them. Not granted: SECURITY DEFINER trigger functions call it.';

create function private.tg__delete_counters()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  delete from private.counters where counters.subject_id = any (array(select removed.id from removed));
  return null;
end
$$;
comment on function private.tg__delete_counters() is
  'Trigger: the counters of a deleted post, comment or profile go with it. Security definer: counters are granted to nobody.';

create function private.count_of(subject_id uuid, counted private.counted)
returns integer
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    select coalesce(sum(counters.value), 0)
    from private.counters
    where counters.subject_id = count_of.subject_id and counters.counted = count_of.counted
  );
end
$$;
comment on function private.count_of(uuid, private.counted) is
  'A count. Not granted: SECURITY DEFINER functions call it. Those that make whole pages read the table themselves.';
