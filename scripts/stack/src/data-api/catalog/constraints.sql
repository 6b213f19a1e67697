-- Primary, unique and foreign keys of all schemas, each a JSON object in a row. Columns are numbers.
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
  -- A partition's copy of its table's key.
  and k.conparentid = 0
  and n.nspname not in ('pg_catalog', 'information_schema')
order by k.conname, k.oid
