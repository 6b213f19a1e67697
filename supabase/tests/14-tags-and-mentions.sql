-- Tags and mentions follow the caption, whoever writes it. Ada is the owner, Ben and Cleo are mentioned.
begin;
set local search_path = public, extensions;
select plan(58);

select tests.create_user('ada'), tests.create_user('ben', metadata => '{"username": "Tap_Ben"}'), tests.create_user('cleo');
select tests.insert_post('ada', 'A post');
create function pg_temp.edit(caption text) returns text[]
language plpgsql
as $$
begin
  update public.posts set caption = edit.caption where id = tests.id_of('A post');
  return tests.references_of(tests.id_of('A post'));
end
$$;
create function pg_temp.words(word text, count integer) returns text
language sql
as $$select string_agg(words.word || place, ' ') from generate_series(1, words.count) as place$$;
create function pg_temp.refusal_of(caption text) returns text
language sql
as $$select tests.refusal(format('select tests.insert_post(''ada'', %L)', caption))$$;

select is(
  pg_temp.edit('Dawn #tap_Dawn #TAP_DAWN #tap_sea with @TAP_BEN, @tap_ben and @tap_nobody'),
  array['#tap_dawn caption', '#tap_sea caption', '@Tap_Ben caption'],
  'each tag and each mention is stored once, whatever its case, and unknown names are ignored'
);
update public.posts set is_public = false where id = tests.id_of('A post');
select is(cardinality(tests.references_of(tests.id_of('A post'))), 3, 'a change that leaves the caption keeps the references');
select is(
  pg_temp.edit('#tap_sea #tap_dusk with @tap_cleo'), array['#tap_dusk caption', '#tap_sea caption', '@tap_cleo caption'],
  'an edited caption changes tags and mentions'
);
update public.post_tags set source = 'explicit' where tag = 'tap_sea';
update public.post_mentions set source = 'explicit' where profile_id = tests.id_of('cleo');
select is(
  pg_temp.edit('Nothing'), array['#tap_sea explicit', '@tap_cleo explicit'], 'explicit references stay when the caption changes'
);
select is(
  pg_temp.edit('#tap_sea @tap_cleo'), array['#tap_sea explicit', '@tap_cleo explicit'],
  'explicit references stay explicit when the caption has them as well'
);
insert into public.posts (owner_id, caption)
select tests.id_of('ada'), 'Bulk #tap_bulk_' || place || ' #tap_bulk' from generate_series(1, 3) as place;
select results_eq(
  $$select tag collate "default", count(*) from public.post_tags where tag like 'tap\_bulk%' group by tag order by tag$$,
  $$values ('tap_bulk', 3::bigint), ('tap_bulk_1', 1), ('tap_bulk_2', 1), ('tap_bulk_3', 1)$$,
  'each post of one statement has its own tags'
);

-- Nobody inherits a mention with a name

select tests.create_user('fay'), tests.create_user('gil'), tests.create_user('hal');
select pg_temp.edit('@tap_fay @tap_gil @tap_later');
update public.profiles set username = 'tap_other' where id = tests.id_of('fay');
delete from private.username_reservations;
update public.profiles set username = 'tap_fay' where id = tests.id_of('hal');
select tests.create_user('later');
create function pg_temp.mentioned_after(caption text) returns text[]
language sql
as $$
  select pg_temp.edit(caption);
  select array(
    select split_part(email, '@', 1) from public.post_mentions join auth.users on users.id = profile_id
    where post_id = tests.id_of('A post') and source = 'caption' order by 1
  );
$$;
select is(
  pg_temp.mentioned_after('@tap_fay @tap_gil @tap_later, edited'), array['fay', 'gil'],
  'an edit keeps whom the names meant when they were written, also those that nobody had'
);
select is(pg_temp.mentioned_after('@tap_fay, edited again'), array['fay'], 'a name that leaves the caption takes its mention along');
select is(pg_temp.mentioned_after('Nothing'), '{}', 'also a name that another user has by now');
select is(pg_temp.mentioned_after('@TAP_FAY'), array['hal'], 'a name that comes into the caption means who has it now');

-- Limits

select is(pg_temp.refusal_of(pg_temp.words('#tap_', 30)), 'not refused', 'a caption may have 30 tags');
select is(pg_temp.refusal_of(pg_temp.words('#tap_', 31)), 'PT422 tags_too_many tags', 'a caption may not have 31 tags');
select is(pg_temp.refusal_of(repeat('#tap_again ', 31)), 'not refused', 'a tag that is repeated counts once');
select is(
  tests.refusal($$select pg_temp.edit(pg_temp.words('#tap_', 30))$$), 'PT422 tags_too_many tags', 'explicit tags count as well'
);
select is(
  tests.refusal($$
    insert into public.post_tags (post_id, tag, source)
    select tests.id_of('A post'), 'tap_' || place, 'explicit' from generate_series(1, 30) as place
  $$),
  'PT422 tags_too_many tags', 'the limit of tags holds for rows that the dashboard writes'
);
select is(pg_temp.refusal_of('#' || repeat('t', 50)), 'not refused', 'a tag may have 50 characters');
select is(pg_temp.refusal_of('#' || repeat('t', 51)), 'PT422 tag_invalid caption', 'a tag may not have 51 characters');
select is(
  pg_temp.refusal_of('#' || repeat('İ', 26)), 'PT422 tag_invalid caption', 'a tag is counted as it is stored, longer in lower case'
);
select tests.create_user('many_' || place) from generate_series(1, 21) as place;
select is(pg_temp.refusal_of(pg_temp.words('@tap_many_', 20)), 'not refused', 'a caption may mention 20 users');
select is(pg_temp.refusal_of(pg_temp.words('@tap_many_', 21)), 'PT422 mentions_too_many mentions', 'a caption may not mention 21 users');
savepoint before_locks;
create or replace function private.lock_pair(a uuid, b uuid, shared boolean default false) returns void
language plpgsql
as $$begin raise exception 'a pair is locked'; end$$;
select is(pg_temp.refusal_of('Again ' || pg_temp.words('@tap_many_', 20)), 'P0001', 'users are locked who are mentioned');
select is(
  pg_temp.refusal_of('Again ' || pg_temp.words('@tap_many_', 21)), 'PT422 mentions_too_many mentions', 'nobody is locked for a caption with too many mentions'
);
rollback to before_locks;
select is(pg_temp.refusal_of(pg_temp.words('@tap_none_', 100)), 'not refused', 'unknown names do not count');
select is(
  tests.refusal($$
    insert into public.post_mentions (post_id, profile_id, source)
    select tests.id_of('A post'), tests.id_of('many_' || place), 'explicit' from generate_series(1, 20) as place
  $$),
  'PT422 mentions_too_many mentions', 'the limit of mentions holds for rows that the dashboard writes'
);

-- How a tag is stored

select is(private.tag_name(given), wanted, format('%L becomes %L: ', given, wanted) || label)
from (
  values
    ('Dawn', 'dawn', 'lower case'),
    ('#dawn', 'dawn', 'without #'),
    ('＃dawn', 'dawn', 'without a full-width #'),
    (' ## dawn ', 'dawn', 'without several # and white space around'),
    (E'New\u00a0 \tYork', 'new york', 'white space inside is one space'),
    (E'cafe\u0301', E'caf\u00e9', 'accents are composed'),
    ('ÅNGSTRÖM', 'ångström', 'lower case of other scripts'),
    ('ΟΔΟΣ', 'οδος', 'a final sigma'),
    ('STRAẞE', 'straße', 'a sharp s stays one letter'),
    ('ISPARTA', 'isparta', 'a dotted i, as outside Turkish'),
    ('İZ', E'i\u0307z', 'a dot that was written stays'),
    ('ＤＡＷＮ', 'dawn', 'full width'),
    ('ｶﾞｲﾄﾞ', 'ガイド', 'half-width katakana'),
    ('か゛', 'が', 'a sound mark of its own'),
    (U&'\FB01sh', 'fish', 'a ligature'),
    (U&'\FE8D\FE8F', U&'\0627\0628', 'Arabic presentation forms'),
    (U&'\00B5m', U&'\03BCm', 'the micro sign'),
    (U&'\200B\2060dawn\FEFF\200D', 'dawn', 'without invisible characters at the edges'),
    (U&'#\200B#dawn \00AD', 'dawn', 'without # behind an invisible character'),
    (U&'\2764\FE0F', U&'\2764', 'without a variation selector at its end'),
    (U&'\0645\06CC\200C\062E\0648\0627\0647\0645', U&'\0645\06CC\200C\062E\0648\0627\0647\0645', 'a joiner inside a Persian word stays'),
    ('naïve', 'naïve', 'accents stay'),
    ('#', '', 'nothing but #'),
    (U&'\200B\3164\2800', '', 'nothing that shows')
) as tag (given, wanted, label);
select is(private.tag_name('IİΣẞ' collate "tr-x-icu"), E'ii\u0307σß', 'the collation of the argument does not matter');
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
  'a stored tag is stored as itself, with any character'
);
select is(
  pg_temp.edit(E'#tap_caf\u00e9 #tap_cafe\u0301 #TAP_CAF\u00c9 #tap_CAFE\u0301 @tap_cleo'),
  array[E'#tap_caf\u00e9 caption', '#tap_sea explicit', '@tap_cleo explicit'], 'one word is one tag, however its accents are written'
);
select is(
  private.caption_tags(U&'#\3164 #ＤＡＷＮ #dawn #\FB01sh #fish #ｶﾞ #ガ'), array['dawn', 'fish', 'ガ'],
  'the hashtags of a caption are folded as any tag, and those that show nothing are none'
);
select is(
  array[
    tests.refusal($$select private.explicit_tags(array[U&'\200B'])$$),
    tests.refusal($$select private.explicit_tags(array[U&'#\3164'])$$)
  ],
  array['PT422 tag_invalid tags', 'PT422 tag_invalid tags'], 'a listed tag that shows nothing is refused'
);
select throws_matching(
  format('insert into public.post_tags (post_id, tag, source) values (tests.id_of(''A post''), %L, ''explicit'')', name),
  'post_tags_tag_check', 'refuses a row with a tag ' || label
)
from (
  values
    ('', 'that is empty'), (repeat('x', 51), 'of 51 characters'), ('Dawn', 'in upper case'), (E'da\u0007wn', 'with a control character')
) as malformed (name, label);
select throws_ok(
  $$insert into public.post_tags (post_id, tag, source) values (tests.id_of('A post'), 'tap_sea', 'caption')$$, '23505', null,
  'a post has a tag once'
);

select * from finish();
rollback;
