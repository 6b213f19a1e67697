-- Closed first, then granted object by object: what a migration forgets to grant stays shut.

comment on schema public is
  'What clients may touch: tables behind row-level security, and the functions they may call.';

create schema private;
comment on schema private is
  'Trigger functions, helpers and bookkeeping. Not exposed by the Data API.';

-- Policies and functions that run as the caller name helpers in here. Each helper is granted on its own.
grant usage on schema private to authenticated, service_role;

-- Execute for everyone is built into PostgreSQL and can only be revoked for all schemas at once.
alter default privileges revoke execute on functions from public;
-- Extensions are tools for everybody: without their functions, their types and operators would not work.
alter default privileges in schema extensions grant execute on functions to public;

-- The planner's statistics are made from all rows, and the Data API gives its estimates to whoever asks for a planned
-- count: text by text, they would spell out what row-level security hides. So no statistics are kept of texts, dates and
-- JSON in tables of which not everybody sees every row. No query filters by them but through a unique index.

-- Older projects grant everything in `public` to the API roles by default.
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
