-- What Auth needs in schema auth beyond what Lite's schema makes. Runs as supabase_auth_admin at every start.

create table if not exists auth.mfa_amr_claims (
  id uuid primary key default gen_random_uuid(),
  session_id uuid not null references auth.sessions (id) on delete cascade,
  authentication_method text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint mfa_amr_claims_session_id_authentication_method_pkey unique (session_id, authentication_method)
);
comment on table auth.mfa_amr_claims is 'How a session was signed in to: the amr claim of its access tokens.';

-- Addresses are looked up in any case.
create index if not exists users_lower_email_idx on auth.users (lower(email));
