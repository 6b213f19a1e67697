-- Functions of the schemas $1, one JSON object per row.
select json_build_object(
  'oid', p.oid::bigint,
  'schema', n.nspname,
  'name', p.proname,
  'comment', obj_description(p.oid, 'pg_proc'),
  'volatility', p.provolatile,
  'returnsSet', p.proretset,
  'rows', p.prorows,
  'returnType', r.typname,
  'returnBase', format_type(coalesce(nullif(r.typbasetype, 0), r.oid), null),
  -- OUT, INOUT and TABLE columns make a row, even a single one.
  'returnsRow', r.typtype = 'c' or coalesce(p.proargmodes::text[] && array['o', 'b', 't'], false)
    or (r.typtype = 'p' and r.typname = 'record'),
  'returnTable', case when r.typtype = 'c' then json_build_object('schema', rn.nspname, 'name', rc.relname) end,
  'defaults', p.pronargdefaults,
  'variadic', p.provariadic <> 0,
  -- Settings that must be set before the statement starts.
  'settings', (
    select json_agg(setting)
    from unnest(p.proconfig) setting
    where split_part(setting, '=', 1) in ('statement_timeout', 'plan_filter.statement_cost_limit', 'default_transaction_isolation')
  ),
  'parameters', coalesce((
    select json_agg(
      json_build_object(
        'name', coalesce(p.proargnames[a.position], ''),
        'mode', coalesce(p.proargmodes[a.position], 'i'),
        'type', format_type(a.type, null),
        'table', (
          select json_build_object('schema', tn.nspname, 'name', tc.relname)
          from pg_type t
          join pg_class tc on tc.oid = t.typrelid
          join pg_namespace tn on tn.oid = tc.relnamespace
          where t.oid = a.type and t.typtype = 'c'
        )
      )
      order by a.position
    )
    from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality a (type, position)
  ), '[]')
)::text
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_type r on r.oid = p.prorettype
left join pg_class rc on rc.oid = r.typrelid
left join pg_namespace rn on rn.oid = rc.relnamespace
where n.nspname = any ($1::text[])
  and p.prokind = 'f'
  and r.typname not in ('trigger', 'event_trigger')
order by n.nspname, p.proname, p.oid
