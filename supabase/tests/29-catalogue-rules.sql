-- The rules that every object keeps, read from the catalogue, so that they hold for an object that is added later.
begin;
set local search_path = public, extensions;
select plan(37);

create temporary view ours as
select oid, nspname from pg_namespace where nspname in ('public', 'private');
create temporary view our_relations as
select class.*, ours.nspname from pg_class as class join ours on ours.oid = class.relnamespace
where class.relkind in ('r', 'p', 'v', 'm', 'f');
create temporary view our_functions as
select proc.*, ours.nspname, obj_description(proc.oid, 'pg_proc') as comment
from pg_proc as proc join ours on ours.oid = proc.pronamespace;
create temporary view our_policies as
-- Those on Supabase's own tables are ours as well.
select *, coalesce(qual, '') || ' ' || coalesce(with_check, '') as conditions
from pg_policies where schemaname in ('public', 'private', 'storage', 'realtime');

-- Everything is described

select is_empty(
  $$select oid::regclass from our_relations where obj_description(oid, 'pg_class') is null$$,
  'every table and view has a comment'
);
select is_empty(
  $$
    select class.oid::regclass, attribute.attname
    from pg_class as class
    join ours on ours.oid = class.relnamespace
    join pg_attribute as attribute on attribute.attrelid = class.oid
    -- Composite types as well.
    where class.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
      and attribute.attnum > 0 and not attribute.attisdropped and col_description(class.oid, attribute.attnum) is null
  $$,
  'every column has a comment'
);
select is_empty('select oid::regprocedure from our_functions where comment is null', 'every function has a comment');
select is_empty(
  $$
    select type.oid::regtype
    from pg_type as type
    join ours on ours.oid = type.typnamespace
    where (type.typtype in ('e', 'd') or type.typrelid in (select oid from pg_class where relkind = 'c'))
      and obj_description(type.oid, 'pg_type') is null
  $$,
  'every type has a comment'
);
select is_empty('select nspname from ours where obj_description(oid, ''pg_namespace'') is null', 'every schema has a comment');
select is_empty(
  $$
    select policy.polrelid::regclass, policy.polname
    from pg_policy as policy
    join our_policies on our_policies.policyname = policy.polname
      and policy.polrelid = format('%I.%I', our_policies.schemaname, our_policies.tablename)::regclass
    -- A name such as delete_own says it all; visibility does not.
    where policy.polname ~ '^select_visible' and obj_description(policy.oid, 'pg_policy') is null
  $$,
  'every policy that says who sees what other users wrote has a comment'
);

-- Tables

select is_empty(
  $$
    select conname, conrelid::regclass
    from pg_constraint
    join ours on ours.oid = pg_constraint.connamespace
    where contype = 'f' and confdeltype not in ('c', 'n')
  $$,
  'every foreign key says what a deletion does: cascade or set null'
);
select is_empty(
  $$
    select fk.conname, fk.conrelid::regclass
    from pg_constraint as fk
    join ours on ours.oid = fk.connamespace
    where fk.contype = 'f'
      and not exists (
        select
        from pg_index
        where pg_index.indrelid = fk.conrelid
          and (pg_index.indkey::int2[])[0:cardinality(fk.conkey) - 1] = fk.conkey
      )
  $$,
  'every foreign key has an index that begins with its columns'
);
select is_empty(
  $$
    select our_relations.oid::regclass
    from our_relations
    where relkind in ('r', 'p') and not exists (select from pg_index where indrelid = our_relations.oid and indisprimary)
  $$,
  'every table has a primary key'
);
select is_empty(
  $$
    select oid::regclass from our_relations
    where relkind = 'v' and not coalesce(reloptions && array['security_invoker=true', 'security_invoker=on'], false)
  $$,
  'every view runs with the rights of the reader'
);
select is_empty(
  'select oid::regclass from our_relations where relkind in (''m'', ''f'') and nspname = ''public''',
  'clients reach no materialized view and no foreign table, which have no policies'
);
select is_empty(
  'select pubname, schemaname, tablename from pg_publication_tables where schemaname in (''public'', ''private'')',
  'no table is in a publication'
);
-- Tables in `private` have no policies and no grants. Their functions run as the tables' owner, whom row-level security
-- binds only where it is forced, so forcing it would only lock these out.
select set_eq(
  $$
    select distinct concat_ws(' ', nspname, case when relrowsecurity then 'on' else 'off' end, case when relforcerowsecurity then 'forced' end)
    from our_relations
    where relkind in ('r', 'p')
  $$,
  array['public on', 'private off'],
  'row-level security is on in public, and binds everybody but the owner of the tables'
);

-- Functions

select is_empty(
  'select oid::regprocedure from our_functions where not coalesce(proconfig @> array[''search_path=""''], false)',
  'every function runs with an empty search_path'
);
select is_empty(
  $$select oid::regprocedure from our_functions where prosecdef <> (coalesce(comment, '') ~ 'Security definer: .+\.$')$$,
  'every SECURITY DEFINER function says why at the end of its comment, and no other does'
);
select is_empty(
  'select oid::regprocedure from our_functions where proowner <> ''postgres''::regrole', 'no function runs with the rights of a superuser'
);
select set_eq(
  $$select oid::regproc::text from our_functions where prosrc ~* '\mexecute\M'$$,
  -- The first from constant parts and with parameters. The second names schemas that may not be there, in constant
  -- texts, and is granted to nobody.
  array['list_posts', 'private.schedule_sweep'],
  'only these functions use dynamic SQL'
);
select is_empty(
  $$
    select oid::regprocedure
    from (
      select *, regexp_replace(
        -- Without its comments, its constants, and the choices between constants.
        regexp_replace(regexp_replace(prosrc, '--[^\n]*', '', 'g'), '\$(\w*)\$.*?\$\1\$|''[^'']*''', '', 'g'),
        '\mcase\M[^,]*?\mthen\s+end\M', '', 'g'
      ) as code
      from our_functions
      where prosrc ~* '\mexecute\M'
    ) as dynamic
    where prosecdef
      or regexp_count(code, '\mexecute\M', 1, 'i')
        <> regexp_count(code, '\mexecute\s*(concat\([\s,]*\)\s*)?(\minto\M|\musing\M|;)', 1, 'i')
  $$,
  'dynamic SQL consists of constants, and no SECURITY DEFINER function uses it'
);
select is_empty(
  $$
    select oid::regprocedure
    from our_functions
    where has_function_privilege('anon', oid, 'execute')
      or exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) as acl where acl.grantee = 0)
  $$,
  'no function is granted to anon or to everybody'
);
select is_empty(
  $$
    select oid::regprocedure
    from our_functions
    where prorettype = 'trigger'::regtype
      and (has_function_privilege('authenticated', oid, 'execute') or has_function_privilege('service_role', oid, 'execute'))
  $$,
  'trigger functions are granted to nobody'
);

-- Rights

select is_empty(
  $$
    select our_relations.oid::regclass, acl.privilege_type
    from our_relations
    cross join aclexplode(relacl) as acl
    where acl.grantee in (0, 'anon'::regrole)
    union all
    select our_relations.oid::regclass, acl.privilege_type
    from our_relations
    join pg_attribute on pg_attribute.attrelid = our_relations.oid
    cross join aclexplode(attacl) as acl
    where acl.grantee in (0, 'anon'::regrole)
  $$,
  'anon has no right on a table or a column'
);
select is_empty(
  $$
    select our_relations.oid::regclass
    from our_relations
    cross join unnest(array['anon', 'authenticated', 'service_role']) as role
    where nspname = 'private'
      and (
        has_table_privilege(role, oid, 'select, insert, update, delete, truncate, references, trigger, maintain')
        or has_any_column_privilege(role, oid, 'select, insert, update, references')
      )
  $$,
  'no client role has a right on a private table'
);
select is_empty(
  $$
    select class.oid::regclass
    from pg_class as class
    join ours on ours.oid = class.relnamespace
    cross join unnest(array['anon', 'authenticated', 'service_role']) as role
    where class.relkind = 'S' and has_sequence_privilege(role, class.oid, 'usage, select, update')
  $$,
  'no client role has a right on a sequence'
);
select set_eq(
  $$
    select concat_ws(' ', role, nspname, privilege)
    from ours
    cross join unnest(array['anon', 'authenticated', 'service_role']) as role
    cross join unnest(array['usage', 'create']) as privilege
    where has_schema_privilege(role, ours.oid, privilege)
  $$,
  array['anon public usage', 'authenticated public usage', 'authenticated private usage', 'service_role public usage', 'service_role private usage'],
  'anon has no access to the schema private, and no client role creates objects'
);
select is_empty(
  $$
    select our_relations.relname
    from our_relations
    cross join aclexplode(relacl) as acl
    where acl.grantee in ('authenticated'::regrole, 'service_role'::regrole) and acl.is_grantable
  $$,
  'no right can be passed on'
);
create table public.made_later (id integer);
create view public.seen_later with (security_invoker = true) as select 1 as id;
create function public.called_later() returns integer language sql set search_path = '' as 'select 1';
create table private.made_later (id integer);
select is_empty(
  $$
    select role, relation
    from unnest(array['anon', 'authenticated', 'service_role']) as role
    cross join unnest(array['public.made_later', 'public.seen_later', 'private.made_later']) as relation
    where has_table_privilege(role, relation, 'select, insert, update, delete, truncate, references, trigger')
    union all
    select role, 'public.called_later()'
    from unnest(array['anon', 'authenticated', 'service_role']) as role
    where has_function_privilege(role, 'public.called_later()', 'execute')
  $$,
  'a table, a view and a function made later are closed until they are granted'
);
drop view public.seen_later;
drop table public.made_later, private.made_later;
drop function public.called_later();

-- Policies

select is_empty(
  $$
    select schemaname, tablename, policyname from our_policies
    where roles <> array['authenticated'::name] or cmd = 'ALL' or (permissive = 'RESTRICTIVE' and policyname <> 'refuse_estimates')
  $$,
  'every policy is for authenticated, and for one verb'
);
select is_empty(
  $$
    select tablename, cmd
    from our_policies
    where schemaname = 'public' and policyname <> 'refuse_estimates'
    group by tablename, cmd
    having count(*) > 1
  $$,
  'no table has two policies for one verb'
);
-- The answer is tested over HTTP: here PostgreSQL would see the text of the test, which does not begin with EXPLAIN.
select is_empty(
  $$
    select our_relations.oid::regclass
    from our_relations
    where nspname = 'public' and relkind in ('r', 'p') and not exists (
      select from our_policies
      where schemaname = nspname and tablename = relname and cmd = 'SELECT' and permissive = 'RESTRICTIVE'
        and qual = 'private.refuse_estimates()'
    )
  $$,
  'every table refuses estimates of its rows'
);
select is_empty(
  $$select schemaname, tablename, policyname from our_policies where cmd <> 'SELECT' and conditions ~ '^\s*\(?true\)?\s*$|^\s*$'$$,
  'no policy lets everybody write'
);
select is_empty(
  $$
    select schemaname, tablename, policyname
    from our_policies
    where cmd <> 'SELECT' and conditions !~ 'private\.(may_write|has_role)\('
  $$,
  'every policy for a write asks whether the caller may write'
);
select is_empty(
  $$
    select schemaname, tablename, policyname
    from our_policies
    where cmd = 'UPDATE' and (qual is null or with_check is null)
  $$,
  'every policy for an update says of which rows, and what they may become'
);
select is_empty(
  $$
    select schemaname, tablename, policyname, called
    from our_policies
    -- As the catalogue prints it, a call in a subquery reads "SELECT auth.uid()".
    cross join unnest(array['auth\.uid\(', 'private\.has_role\(', 'private\.may_write\(']) as called
    where regexp_count(conditions, called) <> regexp_count(conditions, 'SELECT ' || called)
  $$,
  'every policy asks for the caller, their role and whether they may write once a statement, not once a row'
);

-- Triggers

select is_empty(
  $$
    select tgrelid::regclass, tgname
    from pg_trigger
    join our_relations on our_relations.oid = pg_trigger.tgrelid
    where not tgisinternal and tgname !~ '^_\d00_'
  $$,
  'the name of every trigger begins with its place in the order'
);

select is_empty(
  $$
    select oid::regprocedure from our_functions
    where (prorettype = 'trigger'::regtype) <> (proname ~ '^tg_') or prorettype = 'trigger'::regtype and nspname <> 'private'
  $$,
  'trigger functions, and no others, are called tg_, and are in private'
);
select is_empty(
  $$
    select tgrelid::regclass, tgfoid::regproc
    from pg_trigger
    join our_functions on our_functions.oid = tgfoid
    join pg_class on pg_class.oid = tgrelid
    where not starts_with(proname, 'tg_' || relname || '__') and not starts_with(proname, 'tg__')
  $$,
  'a trigger function is named after its table'
);

select is_empty(
  $$
    select oid::regprocedure
    from our_functions
    where prorettype = 'trigger'::regtype
      and prosrc ~* '\m(using|join|in\s*\(\s*select\s+\S+\s+from)\s+(added|removed|inserted)\M|\mfrom\s+(added|removed|inserted)\s+((inner|left|right|full|cross)\s+)?join\M'
  $$,
  'no trigger joins a transition table, for which the session keeps the plan of the first number of rows'
);

select * from finish();
rollback;
