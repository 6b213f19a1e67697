-- Who writes: one row for each user of Auth.

create table public.people (
  id uuid primary key references auth.users (id) on delete cascade,
  -- Null for those who signed up without one; equal whatever the case.
  handle extensions.citext,
  bio text,
  private_note text default 'only for the service',
  created_at timestamptz not null default now(),
  constraint people_handle_key unique (handle),
  constraint people_bio_check check (char_length(bio) <= 255)
);
alter table public.people enable row level security;

-- No grant for private_note: a select of all columns must be refused as well.
grant select (id, handle, bio, created_at), update (bio) on public.people to authenticated;
grant select, insert, update, delete on public.people to service_role;
create policy select_all on public.people for select to authenticated using (true);
create policy update_own on public.people for update to authenticated using (id = (select auth.uid()));

-- A handle that is taken fails the sign-up: Auth must say so, and keep nothing.
create function public.add_person() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.people (id, handle)
  values (new.id, (new.raw_user_meta_data ->> 'handle')::extensions.citext);
  return new;
end
$$;
revoke execute on function public.add_person() from public, anon, authenticated;
create trigger add_person after insert on auth.users for each row execute function public.add_person();
