-- Roles, schemas and closed default privileges of a Supabase database before any migration.
-- Runs as the superuser at every start, so each statement can be repeated. Passwords are set by bootstrap.ts.

do $$
declare
  v_role text;
begin
  foreach v_role in array array[
    'anon nologin noinherit',
    'authenticated nologin noinherit',
    'service_role nologin noinherit bypassrls',
    -- The Data API logs in as this role, which may do nothing but become one of the three above.
    'authenticator login noinherit',
    'supabase_auth_admin login noinherit createrole',
    'supabase_storage_admin login noinherit createrole',
    'dashboard_user nologin createdb createrole replication',
    -- Not a superuser, as on the platform: what would be refused there is refused here.
    'postgres login createdb createrole replication bypassrls'
  ] loop
    if not exists (select from pg_roles where rolname = split_part(v_role, ' ', 1)) then
      execute 'create role ' || replace(v_role, split_part(v_role, ' ', 1), quote_ident(split_part(v_role, ' ', 1)));
    end if;
  end loop;
end
$$;

grant anon, authenticated, service_role to authenticator, supabase_storage_admin;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant supabase_auth_admin, supabase_storage_admin to postgres with inherit true, set false;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;
alter database postgres owner to postgres;
alter database postgres set search_path = "$user", public, extensions;

-- The Data API's limits on the platform: a request may run for 3 seconds as anon, for 8 as a user.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role supabase_auth_admin set search_path = auth;
alter role supabase_storage_admin set search_path = storage;

create schema if not exists extensions authorization postgres;
create schema if not exists auth authorization supabase_admin;
create schema if not exists storage authorization supabase_admin;
grant usage on schema public to anon, authenticated, service_role;
grant all on schema public to postgres;
grant usage on schema extensions to anon, authenticated, service_role, dashboard_user;
grant usage on schema auth to anon, authenticated, service_role, postgres, dashboard_user;
grant usage on schema storage to anon, authenticated, service_role, postgres, dashboard_user;
grant all on schema auth to supabase_auth_admin;
grant all on schema storage to supabase_storage_admin;

create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;

-- Schema changes are told to the Data API at once, as on the platform.
create or replace function extensions.pgrst_ddl_watch() returns event_trigger
language plpgsql
as $$
begin
  notify pgrst, 'reload schema';
end
$$;
do $$
begin
  if not exists (select from pg_event_trigger where evtname = 'pgrst_ddl_watch') then
    create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
    create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_ddl_watch();
  end if;
end
$$;

-- On the platform `postgres` may add policies to Supabase's own tables without owning them. PostgreSQL itself has no
-- such right, so here it owns them by membership, and this trigger refuses it everything but policies and triggers.
create or replace function extensions.guard_system_schemas() returns event_trigger
language plpgsql
as $$
declare
  v_change record;
begin
  if current_user <> 'postgres' then
    return;
  end if;
  for v_change in select * from pg_event_trigger_ddl_commands() loop
    -- Policies and triggers have no schema of their own; their identity is `name on schema.table`.
    if (v_change.schema_name in ('auth', 'storage') or v_change.object_identity ~ ' on (auth|storage)\.')
      and v_change.command_tag not in ('CREATE POLICY', 'ALTER POLICY', 'CREATE TRIGGER', 'GRANT', 'REVOKE')
    then
      raise exception 'permission denied: % of % belongs to Supabase', v_change.command_tag, v_change.object_identity
        using errcode = '42501', hint = 'Schemas auth and storage take policies and triggers only.';
    end if;
  end loop;
end
$$;
create or replace function extensions.guard_system_drops() returns event_trigger
language plpgsql
as $$
declare
  v_object record;
begin
  if current_user <> 'postgres' then
    return;
  end if;
  for v_object in select * from pg_event_trigger_dropped_objects() where original loop
    if v_object.schema_name in ('auth', 'storage') and v_object.object_type not in ('policy', 'trigger') then
      raise exception 'permission denied: % belongs to Supabase', v_object.object_identity using errcode = '42501';
    end if;
  end loop;
end
$$;
do $$
begin
  if not exists (select from pg_event_trigger where evtname = 'guard_system_schemas') then
    create event trigger guard_system_schemas on ddl_command_end execute function extensions.guard_system_schemas();
    create event trigger guard_system_drops on sql_drop execute function extensions.guard_system_drops();
  end if;
end
$$;
