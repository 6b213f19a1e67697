-- delete_account. Ada leaves, Ben stays, Zoe is the only admin.
begin;
set local search_path = public, extensions;
select plan(11);

update public.profiles set role = 'user' where role = 'admin';
select tests.create_user('ada'), tests.create_user('ben'), tests.create_user('zoe', 'admin'), tests.create_user('bad');
update auth.users set banned_until = now() + interval '1 hour' where id = tests.id_of('bad');
select tests.publish_file('ada', '1.jpg'), tests.publish_file('ada', '1.png', 'avatars'), tests.publish_file('ada', 'unclaimed.jpg');

select is(
  (select tests.refusal('select public.delete_account()') from tests.authenticate_as(name)), wanted, label
)
from (
  values
    (null, 'PT401 not_signed_in', 'refuses a token without a user'),
    ('eve', 'PT401 not_signed_in', 'refuses a deleted user'),
    ('bad', 'PT403 user_banned', 'refuses a banned user, whose ban would go with the account'),
    ('zoe', 'PT409 last_admin', 'refuses the last admin')
) as caller (name, wanted, label);

select tests.authenticate_as('ada');
update public.profiles set avatar_path = tests.path_of('ada', '1.png') where id = auth.uid();
select public.create_post(
  'Farewell #tap_farewell @tap_ben', media => to_jsonb(array[tests.path_of('ada', '1.jpg')]), idempotency_key => 'tap'
);
select tests.authenticate_as('ben');
select public.create_post('Stay @tap_ada', original_post => (select id from public.posts where caption like 'Farewell%'));
select tests.authenticate_as('ada');
select lives_ok('select public.delete_account()', 'deletes the account of the caller');
select is(tests.refusal('select public.delete_account()'), 'PT401 not_signed_in', 'deletes it once');
select tests.clear_authentication();
select is_empty(
  $$
    select id from auth.users where id = tests.id_of('ada')
    union all select id from public.profiles where id = tests.id_of('ada')
    union all select id from public.private_profiles where id = tests.id_of('ada')
    union all select owner_id from public.posts where owner_id = tests.id_of('ada')
    union all select profile_id from public.post_mentions where profile_id = tests.id_of('ada')
    union all select owner_id from private.idempotency_keys where owner_id = tests.id_of('ada')
    union all select owner_id from private.unused_files where owner_id = tests.id_of('ada')
    union all select id from public.post_media where path like tests.id_of('ada') || '/%'
    union all select target_id from public.audit_log where target_id = tests.id_of('ada')
  $$,
  'keeps nothing of the user'
);
select set_eq(
  $$select bucket_id, remove_at <= now() from private.unused_files where name like tests.id_of('ada') || '/%'$$,
  $$values ('post-media', true), ('avatars', true), ('post-media', false)$$,
  'releases the files of the user; those that nothing showed keep their time'
);
select results_eq(
  $$select caption, original_post_id, is_repost from public.posts where owner_id = tests.id_of('ben')$$,
  $$values ('Stay @tap_ada', null::uuid, true)$$, 'keeps what other users wrote'
);

select tests.authenticate_as('zoe');
select public.set_role(tests.id_of('ben'), 'admin');
select lives_ok('select public.delete_account()', 'deletes an admin when there is another one');
select tests.clear_authentication();
update auth.users set banned_until = now() + interval '1 hour' where id = tests.id_of('ben');
select tests.create_user('abe', 'admin');
select tests.authenticate_as('abe');
select is(tests.refusal('select public.delete_account()'), 'PT409 last_admin', 'does not count a banned admin');

select * from finish();
rollback;
