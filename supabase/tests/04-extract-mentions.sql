-- Every rule of public.extract_mentions, with an example.
begin;
set local search_path = public, extensions;
select plan(80);

-- Where a mention begins and ends

select is(extract_mentions(caption), found::text[], format('mentions of %L: ', caption) || rule)
from (
  values
    ('@nora what a view', array['nora'], 'a mention is found at the beginning'),
    ('what a view @nora', array['nora'], 'a mention is found at the end'),
    ('thanks @nora for the ride', array['nora'], 'a mention is found in the middle'),
    (E'first line\n@nora\n@otto', array['nora', 'otto'], 'mentions are found on lines of their own'),
    ('@nora@ @otto', array['otto'], 'a name with an @ behind it is none'),
    ('@nora, @otto; @pia. @quin! (@rosa) "@sven"', array['nora', 'otto', 'pia', 'quin', 'rosa', 'sven'], 'punctuation ends a name'),
    ('@nora''s boat', array['nora'], 'an apostrophe ends a name'),
    ('@nora-otto', array['nora'], 'a hyphen ends a name'),
    ('@nora/@otto', array['nora', 'otto'], 'a slash ends a name, and the next may follow'),
    ('.@nora :@otto /@pia -@quin', array['nora', 'otto', 'pia', 'quin'], 'punctuation may stand in front'),
    ('！@nora。@otto', array['nora', 'otto'], 'punctuation of other scripts may stand around'),
    ('写真@noraさん', array['nora'], 'scripts without spaces may stand on both sides'),
    ('Привет@nora привет', array['nora'], 'Cyrillic letters may stand on both sides'),
    ('🎉@nora🎉', array['nora'], 'an emoji may stand on both sides'),
    ('＠nora', array['nora'], 'the full-width @ counts'),
    ('@ nora', '{}', 'an @ by itself is no mention'),
    ('@@nora', '{}', 'two @ are no mention'),
    ('word@nora', '{}', 'a word in front makes it no mention'),
    ('7@nora _@otto', '{}', 'a digit or an underscore in front makes it no mention'),
    ('!@nora #@otto $@pia %@quin &@rosa *@sven', '{}', '! # $ % & * in front make it no mention'),
    ('@norá', '{}', 'an accented letter continues the word'),
    (E'@nora\u0301', '{}', 'a combining accent continues the word'),
    ('RT@nora rt@otto Rt:@pia rT @quin', array['nora', 'otto', 'pia', 'quin'], 'RT may stand right in front'),
    ('art@nora 1rt@otto -rt@pia', '{}', 'a word that ends in rt makes it no mention')
) as example (caption, found, rule);

-- Which names

select is(extract_mentions(caption), found::text[], format('mentions of %L: ', caption) || rule)
from (
  values
    ('@Nora_2 @_pia_ @2026', array['Nora_2', '_pia_', '2026'], 'names are returned as written'),
    ('@nora @NORA @nora', array['nora', 'NORA', 'nora'], 'repeated names are repeated'),
    ('@ab @abc', array['abc'], 'two characters are no user name'),
    ('@' || repeat('n', 30), array[repeat('n', 30)], '30 characters are a user name'),
    ('@' || repeat('n', 31), '{}', '31 characters are none, and are not cut')
) as example (caption, found, rule);

-- E-mail addresses and URLs

select is(extract_mentions(caption), found::text[], format('mentions of %L: ', caption) || rule)
from (
  values
    ('write to nora@example.com', '{}', 'an e-mail address is no mention'),
    ('nora.@example.com', array['example'], 'a dot before @ is no e-mail address'),
    ('nora-@example.com nora+@example.com', '{}', 'an e-mail address may end with a sign before its @'),
    ('josé@example.com rt@example.com', '{}', 'an e-mail address that only looks like a mention'),
    ('nora@example.com and @otto', array['otto'], 'a mention may follow an e-mail address'),
    ('@nora@example.com', '{}', 'an address of another network is no mention'),
    ('https://example.com/@nora', '{}', 'the path of a URL has no mentions'),
    ('https://example.com/a?by=@nora&to=/@otto#@pia', '{}', 'query and fragment of a URL have no mentions'),
    ('example.com/@nora www.example.org/x/@otto', '{}', 'a URL without a scheme has no mentions'),
    ('example.com?by=@nora', '{}', 'a host with a query is a URL'),
    ('https://@nora:secret@example.com/', '{}', 'the user part of a URL is no mention'),
    ('ftp://example.com/@nora', '{}', 'a URL of another scheme has no mentions'),
    ('@https://example.com', '{}', 'a scheme is no name'),
    ('https://example.com/a @nora', array['nora'], 'a mention may follow a URL'),
    ('(https://example.com/a)@nora', array['nora'], 'a mention may follow a URL in brackets'),
    ('https://example.com/a_(b)/@nora', '{}', 'brackets that a URL opens belong to it'),
    ('https://example.com/、@nora', array['nora'], 'a character that no URL has ends it'),
    ('@nora.com', array['nora'], 'a name with a dot behind it is a name'),
    ('and/or/@nora', array['nora'], 'words with slashes are no URL')
) as example (caption, found, rule);

-- Rules that meet

select is(extract_mentions(caption), found::text[], format('mentions of %L: ', caption) || rule)
from (
  values
    ('@nora@otto', '{}', 'names run together are none'),
    ('#dawn@nora', '{}', 'a hashtag in front makes it no mention'),
    ('@nora#dawn', array['nora'], 'a hashtag may follow'),
    ('＠＠nora @otto＠ ＠pia@', '{}', 'the full-width @ follows the rules of @'),
    ('@nora＠otto', '{}', '@ and full-width @ run together are no mention'),
    ('@nora:// @otto://example.com', '{}', 'a scheme is no name'),
    (':// @nora ://@otto', array['nora', 'otto'], ':// without a scheme is no URL'),
    ('@nora&#39;s &#39;@otto&#39;', array['nora', 'otto'], 'character references may stand around'),
    ('@___ @__', array['___'], 'underscores alone may be a name'),
    (E'\u200d@nora\u200d \u200c@otto\u200c', array['nora', 'otto'], 'joiners may stand on both sides'),
    ('🏳️‍🌈@nora🇳🇴@otto', array['nora', 'otto'], 'emoji of several characters may stand on both sides'),
    ('@noraさん @ottoя @piaم @quinก @rosaह', array['nora', 'otto', 'pia', 'quin', 'rosa'], 'letters of other scripts end a name'),
    ('@ｎｏｒａ @норa @नोरा', '{}', 'letters of other scripts begin no name'),
    ('@nora·otto @pia״', array['nora', 'pia'], 'middle dots and gershayim end a name'),
    ('@norİ @ottoß @piaÿ @quinʻ @rosaệ', '{}', 'any Latin letter continues a word'),
    ('https://example.com/＠nora 写真＠example.com', '{}', 'the full-width @ in URLs and addresses is no mention'),
    ('rt@nora.com @otto.', array['otto'], 'an address after RT is no mention'),
    ('http://a.bb/@nora?c=@otto#@pia @quin', array['quin'], 'the word after a URL may be a mention'),
    ('example.com/a,@nora', '{}', 'a comma belongs to the URL before it'),
    ('@nora.com/@otto', array['nora', 'otto'], 'a host does not begin with an @')
) as example (caption, found, rule);

-- Any collation of the argument

create function pg_temp.under(collation_name text, caption text) returns text[]
language plpgsql
as $$
declare
  v_names text[];
begin
  execute format('select public.extract_mentions($1 collate %I)', collation_name) into v_names using caption;
  return v_names;
end
$$;
select is(
  pg_temp.under(name, 'İ@nora 写真@otto é@pia @quiné josé@example.com RT@rosa'), array['nora', 'otto', 'pia', 'rosa'],
  format('the answer is the same under the collation %I', name)
)
from unnest(array['C', 'POSIX', 'ucs_basic', 'pg_c_utf8', 'unicode', 'und-x-icu', 'tr-x-icu', 'de-x-icu']) as name;

-- Any text

select is(extract_mentions(caption), found::text[], format('mentions of %L: ', caption) || rule)
from (
  values
    ('', '{}', 'an empty caption has none'),
    (null, '{}', 'null has none'),
    (E'\u0001\u200b\ufffe@nora\u2028@otto', array['nora', 'otto'], 'control characters may stand around')
) as example (caption, found, rule);
select is(cardinality(extract_mentions(repeat('@nora ', 10000))), 10000, 'a long caption is read to its end');

select * from finish();
rollback;