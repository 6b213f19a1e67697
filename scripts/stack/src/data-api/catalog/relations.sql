-- Tables and views of the schemas $1 with their columns, one JSON object per row. Views of all schemas are included, since
-- an exposed view may select from another that is not. `rule` is the parsed query of a view: it holds the table column
-- behind each column.
select json_build_object(
  'oid', c.oid::bigint,
  'schema', n.nspname,
  'name', c.relname,
  'exposed', n.nspname = any ($1::text[]),
  'isView', c.relkind in ('v', 'm'),
  'comment', obj_description(c.oid, 'pg_class'),
  -- One bit per kind of statement; INSTEAD OF triggers count.
  'insertable', pg_relation_is_updatable(c.oid, true) & 8 = 8,
  'updatable', pg_relation_is_updatable(c.oid, true) & 4 = 4,
  'deletable', pg_relation_is_updatable(c.oid, true) & 16 = 16,
  'rule', (select r.ev_action::text from pg_rewrite r where r.ev_class = c.oid and r.ev_type = '1' and c.relkind in ('v', 'm')),
  'columns', coalesce((
    select json_agg(
      json_build_object(
        'position', a.attnum,
        'name', a.attname,
        'type', format_type(a.atttypid, a.atttypmod),
        'baseType', format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null),
        'nullable', not a.attnotnull,
        'generated', a.attgenerated <> '',
        'identity', a.attidentity <> '',
        'default', case
          when a.attidentity <> '' then
            format('nextval(%L::regclass)', pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname))
          when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid)
        end,
        'comment', col_description(c.oid, a.attnum),
        'maxLength', information_schema._pg_char_max_length(a.atttypid, a.atttypmod),
        'labels', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)
      )
      order by a.attnum
    )
    from pg_attribute a
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ), '[]')
)::text
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'v', 'm', 'f', 'p')
  and (n.nspname = any ($1::text[]) or c.relkind in ('v', 'm'))
  and n.nspname not in ('pg_catalog', 'information_schema')
  -- Requests reach a partition through its table.
  and not c.relispartition
