-- What every other file uses: users, the switch between them, and shorthands. Only this schema is committed; every test
-- runs in a transaction that is rolled back.
--
-- Users have one name (`ada`): their id is tests.id_of('ada'), their user name tap_ada, their address ada@tap.test.
-- Posts and whatever else needs a known id use tests.id_of, too.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
drop schema if exists tests cascade;
create schema tests;
grant usage on schema tests to anon, authenticated, service_role;
alter default privileges in schema tests grant execute on functions to anon, authenticated, service_role;

create function tests.id_of(name text) returns uuid
language sql immutable
as $$select md5('tests.' || name)::uuid$$;

create function tests.create_user(name text, role public.profile_role default 'user', metadata jsonb default '{}') returns void
language plpgsql
as $$
begin
  insert into auth.users (id, email, raw_user_meta_data)
  values (
    tests.id_of(create_user.name), create_user.name || '@tap.test',
    jsonb_build_object('username', 'tap_' || create_user.name) || create_user.metadata
  );
  if create_user.role <> 'user' then
    update public.profiles set role = create_user.role where id = tests.id_of(create_user.name);
  end if;
end
$$;

-- The statements that follow run as this user, with a token of theirs; without a name, with a token that names nobody.
create function tests.authenticate_as(name text) returns void
language plpgsql
as $$
begin
  perform set_config('request.jwt.claims', json_build_object(
    'sub', case when authenticate_as.name is not null then tests.id_of(authenticate_as.name) end, 'role', 'authenticated'
  )::text, true);
  perform set_config('role', 'authenticated', true);
end
$$;

create function tests.authenticate_as_nobody() returns void
language plpgsql
as $$
begin
  perform set_config('request.jwt.claims', '{"role": "anon"}', true);
  perform set_config('role', 'anon', true);
end
$$;

create function tests.authenticate_as_service_role() returns void
language plpgsql
as $$
begin
  perform set_config('request.jwt.claims', '{"role": "service_role"}', true);
  perform set_config('role', 'service_role', true);
end
$$;

-- Back to the administrator of the database.
create function tests.clear_authentication() returns void
language plpgsql
as $$
begin
  perform set_config('request.jwt.claims', '', true);
  perform set_config('role', 'none', true);
end
$$;

-- What a function returns to a user: call is its name with arguments. An error ends the test.
create function tests.call_as(name text, call text) returns text
language plpgsql
as $$
declare
  v_result text;
begin
  perform tests.authenticate_as(name);
  execute 'select ' || call into v_result;
  perform tests.clear_authentication();
  return v_result;
end
$$;

-- How a statement is refused: the SQLSTATE and, of errors that are raised on purpose, code and field. What it wrote stays
-- written if it was not refused.
create function tests.refusal(statement text) returns text
language plpgsql
as $$
declare
  v_hint text;
  v_detail text;
begin
  execute statement;
  return 'not refused';
exception when others then
  get stacked diagnostics v_hint = pg_exception_hint, v_detail = pg_exception_detail;
  return case when sqlstate like 'P%' then concat_ws(' ', sqlstate, nullif(v_hint, ''), nullif(v_detail, '')) else sqlstate end;
end
$$;

-- A post, written past create_post. Its id is tests.id_of(caption).
create function tests.insert_post(
  owner text, caption text, is_public boolean default true, hidden_at timestamptz default null, at timestamptz default '2020-01-01'
) returns uuid
language sql
as $$
  insert into public.posts (id, owner_id, caption, is_public, hidden_at, created_at, updated_at)
  values (tests.id_of(caption), tests.id_of(owner), caption, is_public, hidden_at, at, at)
  returning id
$$;

-- A comment, written past create_comment. Its id is tests.id_of(text).
create function tests.insert_comment(
  owner text, post uuid, text text, parent uuid default null, hidden_at timestamptz default null, at timestamptz default '2020-01-01'
) returns uuid
language sql
as $$
  insert into public.comments (id, post_id, parent_id, owner_id, text, hidden_at, created_at, updated_at)
  values (tests.id_of(text), post, parent, tests.id_of(owner), text, hidden_at, at, at)
  returning id
$$;

create function tests.path_of(owner text, file text) returns text
language sql immutable
as $$select tests.id_of(owner) || '/' || file$$;

-- A file as the edge function leaves it: inspected, registered, its object written.
create function tests.publish_file(owner text, file text, bucket text default 'post-media') returns text
language plpgsql
as $$
declare
  v_path constant text := tests.path_of(owner, file);
begin
  perform public.register_file(bucket, v_path, tests.id_of(owner), 'image', 'image/jpeg', 100, 40, 30);
  insert into storage.objects (bucket_id, name, owner_id, metadata)
  values (bucket, v_path, tests.id_of(owner)::text, '{"size": 100, "mimetype": "image/jpeg"}');
  return v_path;
end
$$;

-- A file that a post has, written past create_post.
create function tests.insert_file(post uuid, path text, place integer default 0) returns void
language sql
as $$
  insert into public.post_media (post_id, path, position, file_type, mime_type, size)
  values (post, path, place, 'image', 'image/jpeg', 100)
$$;

-- As the Storage API does; without it no object can be deleted at all.
create function tests.delete_object(bucket text, path text) returns void
language plpgsql
as $$
begin
  perform set_config('storage.allow_delete_query', 'true', true);
  delete from storage.objects where bucket_id = bucket and name = path;
end
$$;

-- What may be seen of a post, in one line: post, tags, mentions, files, objects.
create function tests.seen_of(post uuid) returns text
language sql
as $$
  select concat_ws(
    ' ',
    (select 'post' from public.posts where posts.id = post),
    (select string_agg('#' || tag, ' ' order by tag) from public.post_tags where post_id = post),
    (select string_agg('@' || username, ' ' order by username) from public.post_mentions join public.profiles on id = profile_id where post_id = post),
    (select string_agg('file', ' ') from public.post_media where post_id = post),
    (select string_agg('object', ' ') from public.post_media join storage.objects on name = path where post_id = post)
  )
$$;

-- The tags and mentions of a post with where they come from.
create function tests.references_of(post uuid) returns text[]
language sql
as $$
  select array(
    select '#' || tag || ' ' || source from public.post_tags where post_id = post
    union all
    select '@' || username || ' ' || source from public.post_mentions join public.profiles on id = profile_id where post_id = post
    order by 1
  )
$$;

commit;

begin;
set local search_path = public, extensions;
select plan(2);
select tests.create_user('ada', 'admin', '{"date_of_birth": "1990-05-17"}');
select tests.authenticate_as('ada');
select is(
  (select username || ' ' || role || ' ' || auth.uid() from public.profiles where id = auth.uid()),
  'tap_ada admin ' || tests.id_of('ada'), 'creates users, and runs statements as one of them'
);
select is(
  tests.refusal($$select private.raise_error(422, 'tag_invalid', 'A sentence.', 'tags')$$), 'PT422 tag_invalid tags',
  'tells how a statement was refused'
);

select * from finish();
rollback;
