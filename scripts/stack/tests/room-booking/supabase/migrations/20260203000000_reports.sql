-- What a manager reads; in a schema of its own, which config.toml exposes.
create schema reports;
grant usage on schema reports to authenticated, service_role;

create view reports.costs with (security_invoker = true) as
select
  bookings.team,
  rooms.name as room,
  count(*)::int as bookings,
  sum(bookings.hours) as hours,
  sum(bookings.hours * rooms.hourly_price)::numeric(12, 2) as cost
from public.bookings
join public.rooms on rooms.number = bookings.room
where bookings.state <> 'cancelled'
group by bookings.team, rooms.name;
grant select on reports.costs to authenticated, service_role;
