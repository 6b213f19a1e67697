-- What a request looks like from inside the database.

create function public.request_context() returns jsonb
language sql
stable
as $$
  select jsonb_build_object(
    'role', current_user,
    'login', session_user,
    'uid', auth.uid(),
    'auth_role', auth.role(),
    'jwt', auth.jwt(),
    'claims', current_setting('request.jwt.claims', true),
    'method', current_setting('request.method', true),
    'path', current_setting('request.path', true),
    'headers', current_setting('request.headers', true),
    'read_only', current_setting('transaction_read_only')
  )
$$;
