-- A small project that has nothing to do with Noctra: the stack is for any.
create table public.notes (
  id bigint generated always as identity primary key,
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  body text not null
);
alter table public.notes enable row level security;
grant select on public.notes to authenticated;
grant insert (body) on public.notes to authenticated;
create policy select_own on public.notes for select to authenticated using (owner_id = (select auth.uid()));
create policy insert_own on public.notes for insert to authenticated with check (owner_id = (select auth.uid()));
