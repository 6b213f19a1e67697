-- Primary, unique and foreign keys of all schemas, one JSON object per row. Columns are given by number.
select json_build_object(
  'name', k.conname,
  'kind', k.contype,
  'table', k.conrelid::bigint,
  'columns', k.conkey,
  'foreignTable', k.confrelid::bigint,
  'foreignColumns', k.confkey
)::text
from pg_constraint k
join pg_namespace n on n.oid = k.connamespace
where k.contype in ('p', 'u', 'f')
  -- Without the copies that partitions have of their table's keys.
  and k.conparentid = 0
  and n.nspname not in ('pg_catalog', 'information_schema')
order by k.conname, k.oid
