-- People come with their accounts; what they may do follows from the teams that they are in.
create extension if not exists btree_gist with schema extensions;
create extension if not exists citext with schema extensions;

create schema if not exists private;

create type public.team_role as enum ('member', 'manager');

create table public.people (
  id uuid primary key references auth.users (id) on delete cascade,
  name text not null check (length(name) between 1 and 80),
  initials text generated always as (upper(left(name, 1))) stored
);
create table public.teams (
  slug extensions.citext primary key check (slug ~ '^[a-z]+$'),
  name text not null
);
create table public.memberships (
  team extensions.citext not null references public.teams (slug) on update cascade on delete cascade,
  person_id uuid not null references public.people (id) on delete cascade,
  role public.team_role not null default 'member',
  primary key (team, person_id)
);
create index memberships_person_id_idx on public.memberships (person_id);

create function private.add_person() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.people (id, name)
  values (new.id, coalesce(nullif(new.raw_user_meta_data ->> 'name', ''), split_part(new.email, '@', 1)));
  return new;
end
$$;
create trigger on_account_created after insert on auth.users for each row execute function private.add_person();

-- Security definer: the policies of memberships would otherwise ask themselves.
create function private.has_role(wanted_team extensions.citext, wanted public.team_role) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.memberships
    where memberships.team operator(extensions.=) wanted_team
      and person_id = (select auth.uid())
      and role >= wanted
  )
$$;
revoke execute on function private.has_role from public;
grant usage on schema private to authenticated;
grant execute on function private.has_role to authenticated;

alter table public.people enable row level security;
alter table public.teams enable row level security;
alter table public.memberships enable row level security;
grant select on public.people, public.teams, public.memberships to authenticated;
grant update (name) on public.people to authenticated;
grant insert (team, person_id, role), delete on public.memberships to authenticated;
grant all on public.people, public.teams, public.memberships to service_role;

create policy select_all on public.people for select to authenticated using (true);
create policy update_own on public.people for update to authenticated using (id = (select auth.uid()));
create policy select_own on public.teams for select to authenticated using (private.has_role(slug, 'member'));
create policy select_team on public.memberships for select to authenticated using (private.has_role(team, 'member'));
create policy insert_manager on public.memberships for insert to authenticated with check (private.has_role(team, 'manager'));
create policy delete_manager on public.memberships for delete to authenticated using (private.has_role(team, 'manager'));
