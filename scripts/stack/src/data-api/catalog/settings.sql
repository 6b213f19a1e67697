-- Settings of the Data API by `alter role authenticator set pgrst.…`. Settings for this database follow those for all.
select json_build_object('name', split_part(given, '=', 1), 'value', substr(given, strpos(given, '=') + 1))::text
from pg_db_role_setting s
cross join unnest(s.setconfig) as given
where s.setrole = 'authenticator'::regrole
  and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
  and given like 'pgrst.%'
order by s.setdatabase
