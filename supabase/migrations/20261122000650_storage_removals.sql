-- Files that nothing refers to. A row in storage.objects must not be deleted by SQL (its bytes would stay for ever), so
-- what is to go is queued here, and the sweep removes it through the Storage API.
--
-- An upload is queued from its first moment, due in a day. The post or the profile that comes to show it takes it out
-- of the queue; when it is shown no more, it is queued again, due at once. So nothing ever has to search all of
-- storage.objects for what was abandoned, and an upload that is due can no longer be claimed while it is being removed.

create table private.storage_removals (
  bucket_id text not null,
  name text not null,
  queued_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  leased_until timestamptz,
  attempts integer not null default 0,
  primary key (bucket_id, name)
);
create index storage_removals_due_at_idx on private.storage_removals (due_at);
comment on table private.storage_removals is
  'Objects to be removed from Storage once they are due. No foreign key to storage.objects: what is queued may be gone already.';
comment on column private.storage_removals.bucket_id is 'The object''s bucket.';
comment on column private.storage_removals.name is 'The object''s name in the bucket.';
comment on column private.storage_removals.queued_at is 'When it was queued.';
comment on column private.storage_removals.due_at is
  'From when on it may be removed, and can no longer be claimed: a day after an upload, at once for what was shown and is no more.';
comment on column private.storage_removals.leased_until is 'Until when a sweep is at work on it; null if none was yet.';
comment on column private.storage_removals.attempts is 'How often a sweep has taken it. What fails often comes last.';

create function private.queue_removals(bucket_id text, names text[])
returns void
language sql
set search_path = ''
as $$
  -- Sorted, so that two transactions that queue the same names wait for each other in one direction only.
  insert into private.storage_removals (bucket_id, name)
  select queue_removals.bucket_id, queued.name
  from unnest(queue_removals.names) as queued (name)
  group by queued.name
  order by queued.name
  on conflict on constraint storage_removals_pkey
    do update set due_at = least(storage_removals.due_at, excluded.due_at)
$$;
comment on function private.queue_removals(text, text[]) is
  'Queues objects for removal at once. Granted to nobody: triggers and functions with their owner''s rights call it.';

create function private.keep_uploads(bucket_id text, names text[])
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_bucket_id constant text := keep_uploads.bucket_id;
  v_names constant text[] := keep_uploads.names;
  v_found integer;
begin
  -- Held until the claim is committed: whoever deletes an object waits here, and finds it claimed
  -- (private.refuse_deleting_claimed). In one order for all.
  perform
  from storage.objects
  where objects.bucket_id = v_bucket_id and objects.name = any (v_names)
  order by objects.name
  for key share;
  get diagnostics v_found = row_count;
  if v_found < (select count(distinct coalesce(name, '')) from unnest(v_names) as name) then
    return false;
  end if;

  perform
  from private.storage_removals
  where storage_removals.bucket_id = v_bucket_id and storage_removals.name = any (v_names)
  order by storage_removals.name
  for update;
  if exists (
    select
    from private.storage_removals
    where storage_removals.bucket_id = v_bucket_id
      and storage_removals.name = any (v_names)
      -- By the clock: this transaction may have begun before what a sweep has taken since was due.
      and (storage_removals.due_at <= clock_timestamp() or storage_removals.leased_until is not null)
  ) then
    return false;
  end if;
  delete from private.storage_removals
  where storage_removals.bucket_id = v_bucket_id and storage_removals.name = any (v_names);
  return true;
end
$$;
comment on function private.keep_uploads(text, text[]) is
  'Takes uploads out of the queue because something shows them now. False, and nothing done, where one does not exist or is due for removal. Granted to nobody: functions with their owner''s rights call it.';

create function private.await_claim()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into private.storage_removals (bucket_id, name, due_at)
  -- A day is long enough to write a caption, and short enough not to keep what nobody wants.
  values (new.bucket_id, new.name, coalesce(new.created_at, now()) + interval '1 day')
  -- The name was used before, and that object is gone.
  on conflict on constraint storage_removals_pkey
    do update set queued_at = now(), due_at = excluded.due_at, leased_until = null, attempts = 0;
  return null;
end
$$;
comment on function private.await_claim() is
  'Trigger: an upload that nothing shows within a day is removed. Security definer: Storage writes as whoever uploads; the queue is nobody''s to write.';

-- Only what lies in a user's folder: what an admin puts elsewhere in these buckets is his.
create trigger _100_await_claim after insert or update of bucket_id, name, created_at on storage.objects
  for each row
  when (
    new.bucket_id in ('post-media', 'avatars', 'covers')
    and new.name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/'
  )
  execute function private.await_claim();
