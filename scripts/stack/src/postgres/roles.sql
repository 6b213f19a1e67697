-- Roles, schemas and rights of a Supabase database before any migration.
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
    'supabase_realtime_admin nologin noinherit',
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
grant supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin to postgres with inherit true, set false;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;
-- Settings of superusers that the platform leaves to `postgres`: for its session, for roles and for the database.
do $$
declare
  v_name text;
begin
  foreach v_name in array
    array[
      'session_replication_role', 'deadlock_timeout', 'log_lock_waits', 'log_min_duration_statement', 'log_min_messages',
      'log_parameter_max_length', 'log_statement', 'log_temp_files', 'track_functions', 'track_io_timing',
      'pg_stat_statements.track', 'pg_stat_statements.track_utility', 'pg_stat_statements.track_planning',
      'plan_filter.limit_select_only', 'plan_filter.module_loaded', 'plan_filter.statement_cost_limit',
      'safeupdate.enabled'
    ]
    || array(select 'auto_explain.' || name from unnest(array[
      'log_analyze', 'log_buffers', 'log_format', 'log_level', 'log_min_duration', 'log_nested_statements',
      'log_parameter_max_length', 'log_settings', 'log_timing', 'log_triggers', 'log_verbose', 'log_wal', 'sample_rate'
    ]) as name)
    || array(select 'pgaudit.' || name from unnest(array[
      'log', 'log_catalog', 'log_client', 'log_level', 'log_parameter', 'log_relation', 'log_rows', 'log_statement',
      'log_statement_once', 'role'
    ]) as name)
    -- PostgREST's own settings. PostgreSQL has no rights on all names with a prefix.
    || array(select 'pgrst.' || name from unnest(array[
      'app_settings', 'client_error_verbosity', 'db_aggregates_enabled', 'db_anon_role', 'db_extra_search_path',
      'db_hoisted_tx_settings', 'db_max_rows', 'db_plan_enabled', 'db_pre_config', 'db_pre_request',
      'db_prepared_statements', 'db_root_spec', 'db_schemas', 'db_tx_end', 'jwt_aud', 'jwt_cache_max_lifetime',
      'jwt_role_claim_key', 'jwt_secret', 'jwt_secret_is_base64', 'openapi_mode', 'openapi_security_active',
      'openapi_server_proxy_uri', 'server_cors_allowed_origins', 'server_timing_enabled', 'server_trace_header',
      'url_use_legacy_target_names'
    ]) as name)
  loop
    execute format('grant set on parameter %I to postgres', v_name);
  end loop;
end
$$;
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
create extension if not exists pg_stat_statements with schema extensions;

-- Of an extension that the superuser owns, `postgres` uses the foreign data wrapper as if it were its own.
create or replace function extensions.grant_foreign_data_wrapper() returns event_trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from pg_catalog.pg_foreign_data_wrapper where fdwname = 'postgres_fdw') then
    grant usage on foreign data wrapper postgres_fdw to postgres with grant option;
  end if;
end
$$;
do $$
begin
  if not exists (select from pg_event_trigger where evtname = 'grant_foreign_data_wrapper') then
    create event trigger grant_foreign_data_wrapper on ddl_command_end when tag in ('CREATE EXTENSION')
      execute function extensions.grant_foreign_data_wrapper();
  end if;
end
$$;

-- PostgreSQL lets superusers alone create and own event triggers. migrations.ts calls this in place of
-- `create event trigger`; what it takes is nothing else. The triggers do not run for the superuser (see bootstrap.ts).
create or replace procedure extensions.create_event_trigger(statement text)
language plpgsql security definer set search_path = ''
as $$
declare
  v_name text := (regexp_match(
    statement,
    '^\s*create\s+event\s+trigger\s+(\w+|"[^"]+")\s+on\s+\w+\s+(?:when\s+tag\s+in\s*\([\w\s,'']*\)\s*)?execute\s+(?:function|procedure)\s+[\w."]+\s*\(\s*\)\s*$',
    'i'
  ))[1];
begin
  if v_name is null then
    raise exception 'not a CREATE EVENT TRIGGER: %', statement using errcode = '42501';
  end if;
  perform pg_catalog.set_config('search_path', 'public, extensions', true);
  execute statement;
  alter role postgres superuser;
  execute pg_catalog.format('alter event trigger %s owner to postgres', v_name);
  alter role postgres nosuperuser;
end
$$;
revoke execute on procedure extensions.create_event_trigger(text) from public;
grant execute on procedure extensions.create_event_trigger(text) to postgres;

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
    if (v_change.schema_name in ('auth', 'storage', 'realtime') or v_change.object_identity ~ ' on (auth|storage|realtime)\.')
      and v_change.command_tag not in ('CREATE POLICY', 'ALTER POLICY', 'CREATE TRIGGER', 'GRANT', 'REVOKE')
    then
      raise exception 'permission denied: % of % belongs to Supabase', v_change.command_tag, v_change.object_identity
        using errcode = '42501', hint = 'Schemas auth, storage and realtime take policies and triggers only.';
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
    if v_object.schema_name in ('auth', 'storage', 'realtime') and v_object.object_type not in ('policy', 'trigger') then
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
