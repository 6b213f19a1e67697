-- A column of each type whose form in JSON is a decision of its own.

create table public.every_type (
  id bigint primary key,
  scaled numeric(24, 6),
  exact numeric,
  large bigint,
  small smallint,
  document jsonb,
  written json,
  words text[],
  numbers integer[],
  bytes bytea,
  day date,
  moment timestamp,
  instant timestamptz,
  clock time,
  clock_zone timetz,
  span interval,
  stage public.stage,
  stages public.stage[],
  identifier uuid,
  double double precision,
  single real,
  flag boolean,
  address inet,
  folded extensions.citext,
  bounds int4range,
  words_unicode text,
  lexemes tsvector
);
-- The service's alone: no policy, no grant for others.
alter table public.every_type enable row level security;
grant select, insert, update, delete on public.every_type to service_role;
