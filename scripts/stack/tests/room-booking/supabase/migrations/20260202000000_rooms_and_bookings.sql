-- A room is nobody's twice at the same time: the exclusion constraint holds it, whoever writes.
create type public.booking_state as enum ('held', 'confirmed', 'cancelled');

create table public.rooms (
  number smallint primary key,
  name text not null unique,
  seats int not null check (seats > 0),
  hourly_price numeric(8, 2) not null check (hourly_price >= 0)
);
create table public.holidays (day date primary key, name text not null);
create table public.bookings (
  id bigint generated always as identity primary key,
  room smallint not null references public.rooms (number),
  team extensions.citext not null,
  booked_by uuid not null default auth.uid(),
  during tstzrange not null check (not isempty(during) and not lower_inf(during) and not upper_inf(during)),
  state public.booking_state not null default 'held',
  hours numeric generated always as (round(extract(epoch from upper(during) - lower(during)) / 3600, 2)) stored,
  note jsonb not null default '{}',
  -- Whoever books is in the team that pays.
  foreign key (team, booked_by) references public.memberships (team, person_id) on update cascade,
  constraint bookings_do_not_overlap exclude using gist (room with =, during with &&) where (state <> 'cancelled')
);
create index bookings_team_idx on public.bookings (team, booked_by);

alter table public.rooms enable row level security;
alter table public.holidays enable row level security;
alter table public.bookings enable row level security;
grant select on public.rooms, public.holidays to anon, authenticated;
grant select on public.bookings to authenticated;
grant insert (room, team, during, note), update (state, note) on public.bookings to authenticated;
grant all on public.rooms, public.holidays, public.bookings to service_role;
create policy select_all on public.rooms for select to anon, authenticated using (true);
create policy select_all on public.holidays for select to anon, authenticated using (true);
create policy select_team on public.bookings for select to authenticated using (private.has_role(team, 'member'));
create policy insert_member on public.bookings for insert to authenticated
  with check (booked_by = (select auth.uid()) and private.has_role(team, 'member'));
create policy update_own_or_manager on public.bookings for update to authenticated
  using (booked_by = (select auth.uid()) or private.has_role(team, 'manager'));

create function private.refuse_holidays() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_holiday text;
begin
  select name into v_holiday from public.holidays where day = (lower(new.during) at time zone 'UTC')::date;
  if found then
    raise exception 'Closed: %', v_holiday using errcode = 'PT422', hint = 'holiday';
  end if;
  return new;
end
$$;
create trigger refuse_holidays before insert or update of during on public.bookings
for each row execute function private.refuse_holidays();

-- All of a series or nothing.
create function public.book_series(room smallint, team text, first timestamptz, hours int, weeks int)
returns setof public.bookings
language plpgsql set search_path = ''
as $$
begin
  if weeks not between 1 and 12 then
    raise exception 'A series has 1 to 12 weeks, not %', weeks using errcode = 'PT400', hint = 'weeks';
  end if;
  return query
    insert into public.bookings (room, team, during)
    select
      book_series.room,
      book_series.team::extensions.citext,
      tstzrange(first + week * interval '7 days', first + week * interval '7 days' + hours * interval '1 hour')
    from generate_series(0, weeks - 1) as week
    returning *;
end
$$;
revoke execute on function public.book_series from public, anon;
grant execute on function public.book_series to authenticated;
