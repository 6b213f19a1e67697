-- Schema storage as a Supabase project has it: buckets, objects, rights, and the helpers for policies.
-- Runs as the superuser at every start, so each statement can be repeated.
-- PostgreSQL lets only an owner make policies and triggers. Supabase gives `postgres` that right with an extension;
-- here `postgres` inherits it from supabase_storage_admin, which therefore owns everything below.

grant usage on schema storage to anon, authenticated, service_role, postgres;
grant usage, create on schema storage to supabase_storage_admin;
set role supabase_storage_admin;

do $$
begin
  if to_regtype('storage.buckettype') is null then
    create type storage.buckettype as enum ('STANDARD', 'ANALYTICS', 'VECTOR');
  end if;
end
$$;
comment on type storage.buckettype is 'The kind of a bucket; the local stack has only STANDARD, for files.';

create table if not exists storage.buckets (
  id text primary key,
  name text not null,
  owner uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  public boolean default false,
  avif_autodetection boolean default false,
  file_size_limit bigint,
  allowed_mime_types text[],
  owner_id text,
  type storage.buckettype not null default 'STANDARD'
);
comment on table storage.buckets is 'Containers of files, each with its own limits.';
comment on column storage.buckets.owner is 'Deprecated: owner_id.';
create unique index if not exists bname on storage.buckets (name);

create table if not exists storage.objects (
  id uuid primary key default gen_random_uuid(),
  bucket_id text constraint "objects_bucketId_fkey" references storage.buckets (id),
  name text,
  owner uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  last_accessed_at timestamptz default now(),
  metadata jsonb,
  path_tokens text[] generated always as (string_to_array(name, '/')) stored,
  version text,
  owner_id text,
  user_metadata jsonb
);
comment on table storage.objects is 'The files of all buckets. Policies on this table decide who may read and write them.';
comment on column storage.objects.owner is 'Deprecated: owner_id.';
create unique index if not exists bucketid_objname on storage.objects (bucket_id, name);
create index if not exists idx_objects_bucket_id_name on storage.objects (bucket_id, name collate "C");
create index if not exists idx_objects_bucket_id_name_lower on storage.objects (bucket_id, lower(name) collate "C");
create index if not exists name_prefix_search on storage.objects (name text_pattern_ops);

alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;
grant all on storage.buckets, storage.objects to postgres with grant option;

create or replace function storage.foldername(name text) returns text[]
language sql immutable
as $$
  select trim_array(string_to_array(name, '/'), least(1, cardinality(string_to_array(name, '/'))))
$$;
comment on function storage.foldername(text) is 'The folders of an object''s name, outermost first.';

create or replace function storage.filename(name text) returns text
language sql immutable
as $$
  select split_part(name, '/', -1)
$$;
comment on function storage.filename(text) is 'The last part of an object''s name.';

create or replace function storage.extension(name text) returns text
language sql immutable
as $$
  select split_part(split_part(name, '/', -1), '.', -1)
$$;
comment on function storage.extension(text) is 'The part after the last dot of an object''s file name; without a dot the whole file name, as on Supabase.';

create or replace function storage.operation() returns text
language sql stable
as $$
  select current_setting('storage.operation', true)
$$;
comment on function storage.operation() is 'The current operation of the Storage API, for example storage.object.upload.';

create or replace function storage.allow_any_operation(expected_operations text[]) returns boolean
language sql stable
as $$
  -- Both sides may carry the prefix "storage.".
  select exists (
    select from unnest(expected_operations) as expected (operation)
    where expected.operation <> ''
      and regexp_replace(expected.operation, '^storage\.', '') = regexp_replace(storage.operation(), '^storage\.', '')
  )
$$;
comment on function storage.allow_any_operation(text[]) is 'Whether the current operation of the Storage API is one of these.';

create or replace function storage.allow_only_operation(expected_operation text) returns boolean
language sql stable
as $$
  select storage.allow_any_operation(array[expected_operation])
$$;
comment on function storage.allow_only_operation(text) is 'Whether the current operation of the Storage API is this one.';

create or replace function storage.get_size_by_bucket() returns table (size bigint, bucket_id text)
language sql stable
as $$
  select sum((objects.metadata ->> 'size')::bigint)::bigint, objects.bucket_id
  from storage.objects
  group by objects.bucket_id
$$;
comment on function storage.get_size_by_bucket() is 'The bytes that each bucket holds.';

create or replace function storage.search(
  prefix text,
  bucketname text,
  limits integer default 100,
  levels integer default 1,
  offsets integer default 0,
  search text default '',
  sortcolumn text default 'name',
  sortorder text default 'asc'
) returns table (
  name text,
  id uuid,
  updated_at timestamptz,
  created_at timestamptz,
  last_accessed_at timestamptz,
  metadata jsonb
)
language plpgsql stable
as $$
declare
  v_start text := coalesce(prefix, '') || coalesce(search, '');
  v_direction text := case when lower(sortorder) = 'desc' then 'desc' else 'asc' end;
  v_order text := case lower(sortcolumn)
    when 'updated_at' then 'updated_at'
    when 'created_at' then 'created_at'
    when 'last_accessed_at' then 'last_accessed_at'
    else 'name'
  end;
begin
  -- Sorted by name, folders and files mix. Sorted by a time, folders come first, by name: they have no time.
  v_order := case v_order
    when 'name' then format('lower(entry) collate "C" %s', v_direction)
    else format('(id is null) desc, case when id is null then lower(entry) end collate "C" %2$s, %1$I %2$s', v_order, v_direction)
  end;
  return query execute format(
    $query$
      with found as (
        select
          objects.*,
          -- A slash behind the search text makes the part before it a folder.
          strpos(substr(objects.name, length($1) + 1), '/') as slash
        from storage.objects
        where objects.bucket_id = $2
          and starts_with(lower(objects.name), lower($1))
      ),
      entries as (
        select left(found.name, length($1) + found.slash) as entry, null::uuid as id, null::timestamptz as updated_at,
          null::timestamptz as created_at, null::timestamptz as last_accessed_at, null::jsonb as metadata
        from found
        where found.slash > 0
        group by 1
        union all
        select found.name, found.id, found.updated_at, found.created_at, found.last_accessed_at, found.metadata
        from found
        where found.slash = 0
      )
      select array_to_string((string_to_array(rtrim(entry, '/'), '/'))[$3:], '/'),
        id, updated_at, created_at, last_accessed_at, metadata
      from entries
      order by %s
      limit least(coalesce($4, 100), 1500) offset $5
    $query$,
    v_order
  ) using v_start, bucketname, levels, limits, offsets;
end
$$;
comment on function storage.search(text, text, integer, integer, integer, text, text, text) is
  'The files and folders of one folder, as the Storage API lists them. Upper and lower case are the same to it.';

create or replace function storage.update_updated_at_column() returns trigger
language plpgsql
as $$
begin
  new.updated_at = now();
  return new;
end
$$;
comment on function storage.update_updated_at_column() is 'Keeps updated_at.';
create or replace trigger update_objects_updated_at
  before update on storage.objects
  for each row execute function storage.update_updated_at_column();

create or replace function storage.enforce_bucket_name_length() returns trigger
language plpgsql
as $$
begin
  if length(new.name) > 100 then
    raise exception 'bucket name "%" is too long (% characters). Max is 100.', new.name, length(new.name);
  end if;
  return new;
end
$$;
comment on function storage.enforce_bucket_name_length() is 'Refuses bucket names of more than 100 characters.';
create or replace trigger enforce_bucket_name_length_trigger
  before insert or update of name on storage.buckets
  for each row execute function storage.enforce_bucket_name_length();

create or replace function storage.protect_delete() returns trigger
language plpgsql
as $$
begin
  if coalesce(current_setting('storage.allow_delete_query', true), 'false') <> 'true' then
    raise exception 'Direct deletion from storage tables is not allowed. Use the Storage API instead.'
      using errcode = '42501', hint = 'This prevents accidental data loss from orphaned objects.';
  end if;
  return null;
end
$$;
comment on function storage.protect_delete() is 'Keeps SQL from deleting rows whose bytes only the Storage API can delete.';
create or replace trigger protect_buckets_delete
  before delete on storage.buckets
  for each statement execute function storage.protect_delete();
create or replace trigger protect_objects_delete
  before delete on storage.objects
  for each statement execute function storage.protect_delete();

reset role;
