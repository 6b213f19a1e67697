-- What moderators and admins may do beyond their own posts, and who makes them so.

create function private.has_role(minimum public.profile_role)
returns boolean
-- Not SQL, here and wherever pages and posts pass: before version 18 PostgreSQL plans a SQL function anew at each call.
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  -- The roles are listed in rising order: an admin is a moderator, too. With a ban goes every power.
  return exists (
    select from public.profiles where profiles.id = auth.uid() and profiles.role >= has_role.minimum
  ) and private.may_write();
end
$$;
comment on function private.has_role(public.profile_role) is
  'Whether the caller has this role or a higher one; who is banned has none. Policies wrap it in a subquery: asked once a query, not once a row. Security definer: what policies ask must not depend on what the caller may see of profiles.';
grant execute on function private.has_role(public.profile_role) to authenticated;

create function private.require_role(minimum public.profile_role)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  -- The secret key is no person, and may do all of this by hand anyway.
  if not private.has_role(require_role.minimum) and auth.role() is distinct from 'service_role' then
    perform private.raise_error(403, 'forbidden', format('This needs the role %s.', require_role.minimum));
  end if;
end
$$;
comment on function private.require_role(public.profile_role) is
  'Refuses a caller who has neither this role nor the secret key.';

-- Who has a role: few among many.
create index profiles_role_idx on public.profiles (role) where role <> 'user';

create function private.keep_an_admin(leaving uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_role public.profile_role;
begin
  -- Held, so that who is no admin now becomes none before he is gone. Everybody who leaves passes here, and only admins
  -- wait for each other.
  select profiles.role into v_role from public.profiles where profiles.id = keep_an_admin.leaving for no key update;
  if v_role is distinct from 'admin' then
    return;
  end if;
  -- One at a time: two admins who take the role from each other must not both find the other still there.
  perform pg_advisory_xact_lock(hashtextextended('private.keep_an_admin', 0));
  if not exists (
    select
    from public.profiles
    join auth.users on users.id = profiles.id
    where profiles.id <> keep_an_admin.leaving
      and profiles.role = 'admin'
      -- As in private.may_write: who is banned is no admin for anybody.
      and (users.banned_until is null or users.banned_until <= now())
      and users.deleted_at is null
  ) then
    perform private.raise_error(409, 'last_admin', 'Without this admin there would be none: appoint another one first.');
  end if;
end
$$;
comment on function private.keep_an_admin(uuid) is
  'Refuses to let the last admin go. The dashboard and the secret key, which make the first one, are not bound by it when they write the table itself.';
create function public.set_role(profile_id uuid, role public.profile_role)
returns public.profiles
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_profile public.profiles;
begin
  perform private.require_role('admin');
  if set_role.role <> 'admin' then
    perform private.keep_an_admin(set_role.profile_id);
  end if;
  update public.profiles set role = set_role.role where profiles.id = set_role.profile_id returning * into v_profile;
  if not found then
    perform private.raise_error(404, 'profile_not_found', 'There is no such person.');
  end if;
  return v_profile;
end
$$;
comment on function public.set_role(uuid, public.profile_role) is
  'Gives a person a role. For admins; the last of them cannot lose it. Security definer: nobody has a grant on the column. The caller''s role is checked here.';
grant execute on function public.set_role(uuid, public.profile_role) to authenticated, service_role;

create function public.set_vip(profile_id uuid, is_vip boolean)
returns public.profiles
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_profile public.profiles;
begin
  perform private.require_role('admin');
  update public.profiles
  set is_vip = set_vip.is_vip
  where profiles.id = set_vip.profile_id
  returning * into v_profile;
  if not found then
    perform private.raise_error(404, 'profile_not_found', 'There is no such person.');
  end if;
  return v_profile;
end
$$;
comment on function public.set_vip(uuid, boolean) is
  'Gives a person the VIP badge, or takes it. For admins. Security definer: nobody has a grant on the column. The caller''s role is checked here.';
grant execute on function public.set_vip(uuid, boolean) to authenticated, service_role;
