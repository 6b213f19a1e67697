-- Functions, one for each kind of result and of argument.

create function public.greet(name text) returns text
language sql
stable
as $$ select 'Hello, ' || name $$;

create function public.all_articles() returns setof public.articles
language sql
stable
as $$ select * from public.articles $$;

create function public.article_of(article_id uuid) returns public.articles
language sql
stable
as $$ select * from public.articles where articles.id = article_of.article_id $$;

create function public.pack(amount integer, content jsonb default '{}') returns jsonb
language sql
stable
as $$ select jsonb_build_object('amount', amount, 'content', content) $$;

create function public.steps(up_to integer) returns table (step integer, label text, at timestamptz)
language sql
stable
as $$
  select number, 'step ' || number, timestamptz '2026-01-02 03:04:05.678901+00'
  from generate_series(1, up_to) as number
$$;

create function public.count_up(up_to integer) returns setof integer
language sql
stable
as $$ select generate_series(1, up_to) $$;

create function public.three_numbers() returns integer[]
language sql
stable
as $$ select array[1, 2, 3] $$;

create function public.two_outputs(out number integer, out word text)
language sql
stable
as $$ select 1, 'one' $$;

create function public.nothing_at_all() returns text
language sql
stable
as $$ select null::text $$;

create function public.is_open() returns boolean
language sql
stable
as $$ select true $$;

create function public.new_year() returns timestamptz
language sql
stable
as $$ select timestamptz '2026-01-01 00:00:00+00' $$;

create function public.do_nothing() returns void
language plpgsql
as $$
begin
  null;
end
$$;

-- Two of one name: the names of the arguments decide.
create function public.describe(first integer) returns text
language sql
stable
as $$ select 'one argument' $$;
create function public.describe(first integer, second integer) returns text
language sql
stable
as $$ select 'two arguments' $$;

create function public.collect(
  ids uuid[],
  words text[] default '{}',
  flag boolean default true,
  at timestamptz default null
)
returns jsonb
language sql
stable
as $$
  select jsonb_build_object('ids', cardinality(ids), 'words', words, 'flag', flag, 'at', at)
$$;

-- A list of unknown length: from a GET as ?number=1&number=2.
create function public.total(variadic number integer[]) returns bigint
language sql
immutable
as $$ select sum(value) from unnest(number) as value $$;

-- The body as it is, whatever its content type says is inside.
create function public.json_size(jsonb) returns integer
language sql
immutable
as $$ select octet_length($1::text) $$;
create function public.text_size(text) returns integer
language sql
immutable
as $$ select octet_length($1) $$;

-- Writes, so that a GET must refuse it.
create function public.add_reading(batch text) returns integer
language sql
as $$ insert into public.readings (batch, value) values (add_reading.batch, 0) returning id $$;

create function public.only_inside() returns integer
language sql
as $$ select 1 $$;
revoke execute on function public.only_inside() from public, anon, authenticated;
