-- Tags and mentions follow the caption. Ada is the owner, Ben is mentioned, Cleo a stranger.
begin;
set local search_path = public, extensions;
select plan(63);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000b', 'ben@tap.test', '{"username": "Tap_Ben"}'),
  ('00000000-0000-4000-a000-00000000000c', 'cleo@tap.test', '{"username": "tap_cleo"}');
insert into public.posts (id, owner_id, caption, is_public)
values
  ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'A post', true),
  ('00000000-0000-7000-a000-0000000000a2', '00000000-0000-4000-a000-00000000000a', '#tap_secret @tap_ben', false);

create temporary view tags_of_post with (security_invoker = true) as
select tags.name || ' ' || post_tags.source as tag
from public.post_tags join public.tags on tags.id = post_tags.tag_id
where post_tags.post_id = '00000000-0000-7000-a000-0000000000a1';
create temporary view mentions_of_post with (security_invoker = true) as
select profiles.username || ' ' || post_mentions.source as mention
from public.post_mentions join public.profiles on profiles.id = post_mentions.profile_id
where post_mentions.post_id = '00000000-0000-7000-a000-0000000000a1';
grant select on tags_of_post, mentions_of_post to authenticated;

create function pg_temp.refusal(statement text) returns text
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
  return concat_ws(' ', sqlstate, nullif(v_hint, ''), nullif(v_detail, ''));
end
$$;
grant execute on function pg_temp.refusal(text) to authenticated;

create function pg_temp.words(word text, count integer) returns text
language sql
as $$select string_agg(words.word || place, ' ') from generate_series(1, words.count) as place$$;
grant execute on function pg_temp.words(text, integer) to authenticated;

-- Acting as nobody

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select throws_ok('select * from public.' || name, '42501', null, 'nobody reads ' || name)
from unnest(array['tags', 'post_tags', 'post_mentions']) as name;

-- Acting as Ada, the owner

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select throws_ok(format('insert into public.%I default values', name), '42501', null, 'she does not write ' || name)
from unnest(array['tags', 'post_tags', 'post_mentions']) as name;
select throws_ok(format('delete from public.%I', name), '42501', null, 'she does not delete ' || name)
from unnest(array['tags', 'post_tags', 'post_mentions']) as name;
select throws_ok($$update public.tags set name = 'x'$$, '42501', null, 'she does not rename a tag');
select throws_ok($$update public.post_tags set source = 'explicit'$$, '42501', null, 'nor change where one comes from');
select throws_ok(
  $$update public.post_mentions set source = 'explicit'$$, '42501', null,
  'nor where a mention comes from'
);
select throws_ok(
  $$select private.refresh_caption_references('{}', true)$$, '42501', null, 'what the triggers call is not hers to call'
);

update public.posts set caption = 'Dawn #tap_Dawn #TAP_DAWN #tap_sea with @TAP_BEN, @tap_ben and @tap_nobody'
where id = '00000000-0000-7000-a000-0000000000a1';
select set_eq(
  'select tag from tags_of_post', array['tap_dawn caption', 'tap_sea caption'],
  'tags are in lower case, each once'
);
select set_eq(
  'select mention from mentions_of_post', array['Tap_Ben caption'],
  'people are mentioned once, whatever the case; nobody is nobody'
);

update public.posts set is_public = true where id = '00000000-0000-7000-a000-0000000000a1';
select is((select count(*) from tags_of_post), 2::bigint, 'what does not touch the caption does not touch its tags');

update public.posts set caption = '#tap_sea #tap_dusk with @tap_cleo' where id = '00000000-0000-7000-a000-0000000000a1';
select set_eq(
  'select tag from tags_of_post', array['tap_dusk caption', 'tap_sea caption'],
  'an edited caption changes the tags'
);
select set_eq('select mention from mentions_of_post', array['tap_cleo caption'], 'and the mentions');

reset role;
update public.post_tags set source = 'explicit'
where tag_id = (select id from public.tags where name = 'tap_sea');
update public.post_mentions set source = 'explicit' where profile_id = '00000000-0000-4000-a000-00000000000c';
set local role authenticated;
update public.posts set caption = 'Nothing' where id = '00000000-0000-7000-a000-0000000000a1';
select set_eq('select tag from tags_of_post', array['tap_sea explicit'], 'listed tags stay when the caption changes');
select set_eq('select mention from mentions_of_post', array['tap_cleo explicit'], 'so do listed mentions');
update public.posts set caption = '#tap_sea @tap_cleo' where id = '00000000-0000-7000-a000-0000000000a1';
select set_eq(
  'select tag from tags_of_post', array['tap_sea explicit'],
  'a listed tag stays listed when the caption has it too'
);
select set_eq('select mention from mentions_of_post', array['tap_cleo explicit'], 'so does a listed mention');

select lives_ok(
  $$
    insert into public.posts (caption)
    select 'Bulk #tap_bulk_' || place || ' #tap_bulk' from generate_series(1, 3) as place
  $$,
  'many posts are published in one statement'
);
select results_eq(
  $$
    select tags.name, count(*)
    from public.post_tags join public.tags on tags.id = post_tags.tag_id
    where tags.name like 'tap\_bulk%' group by tags.name order by tags.name
  $$,
  $$values ('tap_bulk', 3::bigint), ('tap_bulk_1', 1), ('tap_bulk_2', 1), ('tap_bulk_3', 1)$$,
  'each has its own tags'
);

-- Limits

select lives_ok(
  format('insert into public.posts (caption) values (%L)', pg_temp.words('#tap_', 30)),
  'thirty tags do'
);
select is(
  pg_temp.refusal(
    format('insert into public.posts (caption) values (%L)', pg_temp.words('#tap_', 31))
  ),
  'PT422 tags_too_many tags', 'thirty-one are too many'
);
select is(
  pg_temp.refusal(
    format(
      $$update public.posts set caption = %L where id = '00000000-0000-7000-a000-0000000000a1'$$,
      pg_temp.words('#tap_', 30)
    )
  ),
  'PT422 tags_too_many tags', 'those that were listed count'
);
select lives_ok(
  format('insert into public.posts (caption) values (%L)', '#' || repeat('t', 50)),
  'fifty characters do'
);
select is(
  pg_temp.refusal(format('insert into public.posts (caption) values (%L)', '#' || repeat('t', 51))),
  'PT422 tag_invalid caption', 'fifty-one are too many'
);

reset role;
insert into auth.users (id, raw_user_meta_data)
select gen_random_uuid(), jsonb_build_object('username', 'tap_many_' || place) from generate_series(1, 21) as place;
set local role authenticated;
select lives_ok(
  format('insert into public.posts (caption) values (%L)', pg_temp.words('@tap_many_', 20)),
  'twenty mentions do'
);
select is(
  pg_temp.refusal(
    format('insert into public.posts (caption) values (%L)', pg_temp.words('@tap_many_', 21))
  ),
  'PT422 mentions_too_many mentions', 'twenty-one are too many'
);
select lives_ok(
  format('insert into public.posts (caption) values (%L)', pg_temp.words('@tap_none_', 100)),
  'names that nobody has do not count'
);

-- Acting as Ben, who is mentioned, and as Cleo, a stranger

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000b", "role": "authenticated"}';
select is_empty(
  $$select from public.post_mentions where post_id = '00000000-0000-7000-a000-0000000000a2'$$,
  'Ben does not learn of a mention in a post that he may not see'
);
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000c", "role": "authenticated"}';
select set_eq('select tag from tags_of_post', array['tap_sea explicit'], 'Cleo sees the tags of a post that she sees');
select set_eq('select mention from mentions_of_post', array['tap_cleo explicit'], 'and whom it mentions');
select is_empty(
  $$select from public.post_tags where post_id = '00000000-0000-7000-a000-0000000000a2'$$,
  'she sees no tags of a post that she may not see'
);
select isnt_empty($$select from public.tags where name = 'tap_sea'$$, 'tags themselves are everybody''s');
select throws_ok(
  $$select private.add_explicit_references('00000000-0000-7000-a000-0000000000a1', '{}', '{}')$$,
  'PT403', null, 'she adds nothing to Ada''s post'
);

-- Names of tags

reset role;
select is(private.tag_name(given), wanted, label)
from (
  values
    ('Dawn', 'dawn', 'a tag is in lower case'),
    ('#dawn', 'dawn', 'its # is dropped'),
    ('＃dawn', 'dawn', 'so is a full-width #'),
    (' ## dawn ', 'dawn', 'so are several, and white space around'),
    (E'New\u00a0 \tYork', 'new york', 'white space inside is one space'),
    (E'cafe\u0301', E'caf\u00e9', 'accents are composed'),
    ('ÅNGSTRÖM', 'ångström', 'any script has its lower case'),
    ('ΟΔΟΣ', 'οδος', 'a sigma at the end of a word is a final one'),
    ('STRAẞE', 'straße', 'a sharp s is not two'),
    ('ISPARTA', 'isparta', 'an I has its dot, as outside Turkish'),
    ('İZ', E'i\u0307z', 'and keeps the dot that it had'),
    ('#', '', 'a # alone is nothing')
) as tag (given, wanted, label);
select is_empty(
  $$
    select code
    from (
      select code, private.tag_name('x' || chr(code) || 'x') as name
      from generate_series(1, 131071) as code
      where code not between 55296 and 57343
    ) as tag
    where private.tag_name(name) <> name
  $$,
  'the name of a name is the name, for any character'
);
select throws_matching(format('insert into public.tags (name) values (%L)', name), 'tags_name_check', label)
from (
  values
    ('', 'a tag has a name'), (repeat('x', 51), 'of at most fifty characters'), ('Dawn', 'in lower case'),
    (E'da\u0007wn', 'without control characters')
) as malformed (name, label);
select throws_ok($$insert into public.tags (name) values ('tap_sea')$$, '23505', null, 'a tag is there once');

select is(private.tag_name('IİΣẞ' collate "tr-x-icu"), E'ii\u0307σß', 'under any collation');
set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
update public.posts set caption = E'#tap_caf\u00e9 #tap_cafe\u0301 #TAP_CAF\u00c9 #tap_CAFE\u0301'
where id = '00000000-0000-7000-a000-0000000000a1';
select set_eq(
  $$select tag from tags_of_post where tag like 'tap\_caf%'$$, array[E'tap_caf\u00e9 caption'],
  'one word is one tag, however it is written'
);
select is(
  pg_temp.refusal(format('insert into public.posts (caption) values (%L)', '#' || repeat('İ', 26))),
  'PT422 tag_invalid caption', 'what counts is the length of the name, which lower case can make longer'
);
reset role;

-- What a deletion takes along

delete from public.posts where id = '00000000-0000-7000-a000-0000000000a1';
select is_empty('select from tags_of_post', 'tags go from a post with the post');
select is_empty('select from mentions_of_post', 'so do mentions');
select isnt_empty($$select from public.tags where name = 'tap_sea'$$, 'the tag itself stays');
delete from auth.users where id = '00000000-0000-4000-a000-00000000000b';
select is_empty(
  $$select from public.post_mentions where profile_id = '00000000-0000-4000-a000-00000000000b'$$,
  'mentions go with the person mentioned'
);

select * from finish();
rollback;
