-- Export: complete by the catalogue, of the caller alone, page by page.
begin;
set local search_path = public, extensions;
select no_plan();

-- Complete

create temporary table covered (relation text primary key, reason text);
insert into covered values
  -- In a section: no reason.
  ('auth.users', null), ('auth.identities', null), ('auth.sessions', null), ('auth.mfa_factors', null),
  ('public.profiles', null), ('public.private_profiles', null), ('public.posts', null), ('public.post_tags', null),
  ('public.post_mentions', null), ('public.post_media', null), ('public.post_likes', null), ('public.post_saves', null),
  ('public.comments', null), ('public.comment_mentions', null), ('public.comment_likes', null), ('public.follows', null),
  ('public.blocks', null), ('public.mutes', null), ('public.notifications', null), ('public.reports', null),
  ('public.audit_log', null), ('private.unused_files', null), ('private.rate_counters', null),
  ('private.idempotency_keys', null), ('private.username_reservations', null), ('storage.objects', null),
  -- Not in a section.
  ('private.post_terms', 'made from the captions of posts'),
  ('private.counters', 'counts of what others did, and of rows that are exported'),
  ('private.sent_counts', 'when the counts of a post were last sent'),
  ('public.notification_actors', 'what others did; notifications have their number'),
  -- Secrets, or steps of a sign-in that end after minutes.
  ('auth.refresh_tokens', 'secrets'), ('auth.one_time_tokens', 'secrets'), ('auth.mfa_challenges', 'a step of a sign-in'),
  ('auth.mfa_amr_claims', 'a step of a sign-in'), ('auth.flow_state', 'a step of a sign-in'),
  ('auth.saml_relay_states', 'a step of a sign-in'), ('auth.oauth_client_states', 'a step of a sign-in'),
  ('auth.webauthn_challenges', 'a step of a sign-in'), ('auth.oauth_authorizations', 'a step of a sign-in'),
  ('auth.webauthn_credentials', 'not used by Noctra'), ('auth.oauth_consents', 'not used by Noctra'),
  ('storage.s3_multipart_uploads', 'unfinished uploads, without users'),
  ('storage.s3_multipart_uploads_parts', 'unfinished uploads, without users'),
  ('storage.buckets', 'owned by the project'), ('storage.buckets_analytics', 'owned by the project');

create temporary view personal as
select distinct format('%I.%I', namespace.nspname, class.relname) as relation
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum > 0 and not attribute.attisdropped
where namespace.nspname in ('public', 'private', 'auth', 'storage')
  and class.relkind in ('r', 'p')
  and (
    exists (
      select from pg_constraint as fk
      where fk.conrelid = class.oid and fk.contype = 'f' and attribute.attnum = any (fk.conkey)
        and fk.confrelid in (
          'auth.users'::regclass, 'auth.sessions'::regclass, 'auth.mfa_factors'::regclass, 'public.profiles'::regclass,
          'public.posts'::regclass, 'public.comments'::regclass, 'public.notifications'::regclass
        )
    )
    or attribute.attname ~ '(^|_)(owner|user|profile|person|actor|subject|recipient|reporter|target|post|comment)(_id)?$'
    or attribute.attname in ('reserved_for', 'email', 'phone')
  )
union select 'auth.users' union select 'public.profiles';

select is_empty(
  $$
    select relation from personal
    where not exists (select from covered where covered.relation = personal.relation)
  $$,
  'every table with rows of a user is exported, or says why not'
);
select is_empty(
  'select relation from covered where reason is null and to_regclass(relation) is null', 'every exported table exists'
);
select is_empty(
  $$
    select relation from covered
    where reason is null and not (
      select prosrc from pg_proc where oid = 'private.export_rows(public.export_section_name, text, integer)'::regprocedure
    ) ~ ('\m' || replace(relation, '.', '\.') || '\M')
  $$,
  'every table that counts as exported is read by a section'
);

-- Of the caller alone

select tests.create_user('ann');
select tests.create_user('ben');
create temporary table made as
select place, tests.insert_post('ann', 'Ann ' || place || ' #anntag') as id from generate_series(1, 7) as place;
select tests.insert_post('ben', 'Ben only #bentag @tap_ann');
select tests.insert_comment('ann', tests.id_of('Ben only #bentag @tap_ann'), 'Ann says');
select tests.insert_comment('ben', (select id from made where place = 1), 'Ben says');
select tests.insert_post('ben', 'Ben secretly names @tap_ann', false);
select tests.insert_comment('ben', tests.id_of('Ben secretly names @tap_ann'), 'Ben tells himself of @tap_ann');
select tests.insert_comment('ben', (select id from made where place = 1), 'Ben is rude to @tap_ann');
update public.comments set hidden_at = now() where text = 'Ben is rude to @tap_ann';
select tests.authenticate_as('ben');
select lives_ok(
  format('select public.like_post(%L)', tests.id_of('Ann 1 #anntag')), 'Ben likes a post of Ann''s'
);
select lives_ok($$select public.mute_user('tap_ann')$$, 'Ben mutes Ann');

select tests.authenticate_as('ann');
create function pg_temp.export(section public.export_section_name, page_limit integer) returns jsonb language plpgsql as $$
declare
  v_page jsonb := public.export_section(section, null, page_limit);
  v_items jsonb := v_page -> 'items';
begin
  while v_page ->> 'next' is not null loop
    v_page := public.export_section(section, v_page ->> 'next', page_limit);
    v_items := v_items || (v_page -> 'items');
  end loop;
  return v_items;
end
$$;
select is(
  (select count(*) from unnest(public.begin_export()) as section where pg_temp.export(section, 2) <> pg_temp.export(section, 100)),
  0::bigint, 'an export is the same by small and by large pages'
);
select is(jsonb_array_length(pg_temp.export('posts', 2)), 7, 'every post is exported once');
select is(pg_temp.export('posts', 100) -> 0 -> 'tags', '["anntag"]', 'a post has its tags');
select is(jsonb_path_query_array(pg_temp.export('comments', 100), '$[*].text'), '["Ann says"]', 'only own comments are exported');
select is(jsonb_array_length(pg_temp.export('mentions', 100)), 1, 'mentions by others are exported where the caller sees the post');
select is(
  pg_temp.export('comment_mentions', 100), '[]', 'mentions in comments that the caller does not see are not exported'
);
select isnt(jsonb_array_length(pg_temp.export('notifications', 100)), 0, 'notifications are exported');
select is(pg_temp.export('account', 100) -> 0 ->> 'email', 'ann@tap.test', 'the account is exported with its address');
select unalike(
  (select string_agg(pg_temp.export(section, 100)::text, '') from unnest(enum_range(null::public.export_section_name)) as section),
  '%Ben %', 'nothing that others wrote is exported'
);
select is(
  (select string_agg(pg_temp.export(section, 100)::text, '') from unnest(enum_range(null::public.export_section_name)) as section)
    ~ 'encrypted_password|_token|secret|"muter_id"',
  false, 'no secret is exported, and not who mutes the caller'
);

-- Counted

select lives_ok('select public.begin_export() from generate_series(1, 4)', 'five exports a day are allowed');
select alike(tests.refusal('select public.begin_export()'), 'PGRST%429%', 'the sixth is refused');
select tests.authenticate_as_nobody();
select throws_ok($$select public.export_section('posts')$$, '42501', null, 'an export needs a user');

select * from finish();
rollback;
