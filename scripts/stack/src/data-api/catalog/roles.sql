-- Settings of roles by `alter role ... set`. `set role` does not apply them, so each request does. Settings for this
-- database follow those for all.
select json_build_object(
  'role', r.rolname,
  'name', split_part(given, '=', 1),
  'value', substr(given, strpos(given, '=') + 1)
)::text
from pg_db_role_setting s
join pg_roles r on r.oid = s.setrole
cross join unnest(s.setconfig) as given
left join pg_settings g on g.name = split_part(given, '=', 1)
where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
  -- Others are for superusers, or belong to an extension that is not loaded yet.
  and g.context = 'user'
order by s.setdatabase, given
