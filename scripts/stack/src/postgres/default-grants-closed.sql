-- What `[api] auto_expose_new_tables = false` takes back. As on the platform, functions stay callable: PostgreSQL itself
-- lets everybody execute a new function.

alter default privileges for role postgres in schema public
  revoke select, insert, update, delete on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  revoke usage, select on sequences from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  revoke execute on functions from anon, authenticated, service_role;
