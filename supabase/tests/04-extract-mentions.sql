-- Every rule of public.extract_mentions, with an example of its own.
begin;
set local search_path = public, extensions;
select plan(80);

-- Where a mention begins and ends

select is(extract_mentions('@nora what a view'), array['nora'], 'at the beginning');
select is(extract_mentions('what a view @nora'), array['nora'], 'at the end');
select is(extract_mentions('thanks @nora for the ride'), array['nora'], 'in the middle');
select is(extract_mentions(E'first line\n@nora\n@otto'), array['nora', 'otto'], 'on lines of their own');
select is(extract_mentions('@nora@ @otto'), array['otto'], 'a name with an @ behind it is none');
select is(extract_mentions('@nora, @otto; @pia. @quin! (@rosa) "@sven"'),
  array['nora', 'otto', 'pia', 'quin', 'rosa', 'sven'], 'punctuation ends a name');
select is(extract_mentions('@nora''s boat'), array['nora'], 'an apostrophe ends a name');
select is(extract_mentions('@nora-otto'), array['nora'], 'a hyphen ends a name');
select is(extract_mentions('@nora/@otto'), array['nora', 'otto'], 'a slash ends a name, and the next may follow');
select is(
  extract_mentions('.@nora :@otto /@pia -@quin'), array['nora', 'otto', 'pia', 'quin'],
  'punctuation may stand in front'
);
select is(extract_mentions('！@nora。@otto'), array['nora', 'otto'], 'punctuation of other scripts too');
select is(extract_mentions('写真@noraさん'), array['nora'], 'scripts without spaces may stand on both sides');
select is(extract_mentions('Привет@nora привет'), array['nora'], 'so may Cyrillic');
select is(extract_mentions('🎉@nora🎉'), array['nora'], 'so may an emoji');
select is(extract_mentions('＠nora'), array['nora'], 'the full-width @ counts');
select is(extract_mentions('@ nora'), '{}', 'an @ by itself is no mention');
select is(extract_mentions('@@nora'), '{}', 'two @ are no mention');
select is(extract_mentions('word@nora'), '{}', 'a word in front makes it no mention');
select is(extract_mentions('7@nora _@otto'), '{}', 'nor may a digit or an underscore stand in front');
select is(extract_mentions('!@nora #@otto $@pia %@quin &@rosa *@sven'), '{}', 'nor any of ! # $ % & *');
select is(extract_mentions('@norá'), '{}', 'an accented letter behind a name shows that it is another word');
select is(extract_mentions(E'@nora\u0301'), '{}', 'so does an accent of its own');
select is(
  extract_mentions('RT@nora rt@otto Rt:@pia rT @quin'), array['nora', 'otto', 'pia', 'quin'],
  'RT may stand right in front'
);
select is(extract_mentions('art@nora 1rt@otto -rt@pia'), '{}', 'a word that ends in rt may not');

-- Which names

select is(
  extract_mentions('@Nora_2 @_pia_ @2026'), array['Nora_2', '_pia_', '2026'],
  'letters, digits and underscores, as written'
);
select is(extract_mentions('@nora @NORA @nora'), array['nora', 'NORA', 'nora'], 'repeated names are repeated');
select is(extract_mentions('@ab @abc'), array['abc'], 'two characters are no user name');
select is(extract_mentions('@' || repeat('n', 30)), array[repeat('n', 30)], 'thirty are one');
select is(
  extract_mentions('@' || repeat('n', 31)), '{}',
  'thirty-one are none, and are not cut short to somebody else''s'
);

-- E-mail addresses and URLs

select is(extract_mentions('write to nora@example.com'), '{}', 'an e-mail address');
select is(extract_mentions('nora.@example.com'), array['example'], 'not quite an e-mail address');
select is(
  extract_mentions('nora-@example.com nora+@example.com'), '{}',
  'an e-mail address that ends oddly before its @'
);
select is(
  extract_mentions('josé@example.com rt@example.com'), '{}',
  'an e-mail address that only looks like a mention'
);
select is(extract_mentions('nora@example.com and @otto'), array['otto'], 'a mention after an e-mail address');
select is(extract_mentions('@nora@example.com'), '{}', 'an address of another network');
select is(extract_mentions('https://example.com/@nora'), '{}', 'the path of a URL');
select is(extract_mentions('https://example.com/a?by=@nora&to=/@otto#@pia'), '{}', 'its query and its fragment');
select is(extract_mentions('example.com/@nora www.example.org/x/@otto'), '{}', 'a URL without its scheme');
select is(extract_mentions('example.com?by=@nora'), '{}', 'the same with a query');
select is(extract_mentions('https://@nora:secret@example.com/'), '{}', 'what stands before the host of a URL');
select is(extract_mentions('ftp://example.com/@nora'), '{}', 'a URL of another scheme');
select is(extract_mentions('@https://example.com'), '{}', 'a scheme is no name');
select is(extract_mentions('https://example.com/a @nora'), array['nora'], 'a mention after a URL');
select is(extract_mentions('(https://example.com/a)@nora'), array['nora'], 'a mention after a URL in brackets');
select is(extract_mentions('https://example.com/a_(b)/@nora'), '{}', 'brackets that the URL opened belong to it');
select is(extract_mentions('https://example.com/、@nora'), array['nora'], 'a URL ends where its characters end');
select is(extract_mentions('@nora.com'), array['nora'], 'a name with a dot behind it is a name');
select is(extract_mentions('and/or/@nora'), array['nora'], 'words with slashes are no URL');

-- Rules that meet

select is(extract_mentions('@nora@otto'), '{}', 'names run together are none');
select is(extract_mentions('#dawn@nora'), '{}', 'a hashtag in front is a word in front');
select is(extract_mentions('@nora#dawn'), array['nora'], 'a hashtag may follow');
select is(extract_mentions('＠＠nora @otto＠ ＠pia@'), '{}', 'the full-width @ forbids what the other one forbids');
select is(extract_mentions('@nora＠otto'), '{}', 'the two may not be mixed either');
select is(extract_mentions('@nora:// @otto://example.com'), '{}', 'a scheme is no name, with or without what follows');
select is(extract_mentions(':// @nora ://@otto'), array['nora', 'otto'], 'no scheme, no URL');
select is(extract_mentions('@nora&#39;s &#39;@otto&#39;'), array['nora', 'otto'], 'character references around a name');
select is(extract_mentions('@___ @__'), array['___'], 'underscores alone');
select is(extract_mentions(E'\u200d@nora\u200d \u200c@otto\u200c'), array['nora', 'otto'], 'joiners may stand on both sides');
select is(extract_mentions('🏳️‍🌈@nora🇳🇴@otto'), array['nora', 'otto'], 'so may emoji of several characters');
select is(extract_mentions('@noraさん @ottoя @piaم @quinก @rosaह'), array['nora', 'otto', 'pia', 'quin', 'rosa'],
  'letters of other scripts end a name');
select is(extract_mentions('@ｎｏｒａ @норa @नोरा'), '{}', 'and begin none');
select is(extract_mentions('@nora·otto @pia״'), array['nora', 'pia'], 'middle dots and gershayim end a name');
select is(extract_mentions('@norİ @ottoß @piaÿ @quinʻ @rosaệ'), '{}', 'any Latin letter continues a word');
select is(extract_mentions('https://example.com/＠nora 写真＠example.com'), '{}', 'full-width in URLs and addresses');
select is(extract_mentions('rt@nora.com @otto.'), array['otto'], 'an address after RT is an address');
select is(extract_mentions('http://a.bb/@nora?c=@otto#@pia @quin'), array['quin'], 'after a URL, the next word');
select is(extract_mentions('example.com/a,@nora'), '{}', 'a comma belongs to the URL before it');
select is(extract_mentions('@nora.com/@otto'), array['nora', 'otto'], 'a host does not begin with an @');

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
  format('under %I', name)
)
from unnest(array['C', 'POSIX', 'ucs_basic', 'pg_c_utf8', 'unicode', 'und-x-icu', 'tr-x-icu', 'de-x-icu']) as name;

-- Any text

select is(extract_mentions(''), '{}', 'nothing in nothing');
select is(extract_mentions(null), '{}', 'nothing in null');
select is(
  extract_mentions(E'\u0001\u200b\ufffe@nora\u2028@otto'), array['nora', 'otto'],
  'control characters and such'
);
select is(cardinality(extract_mentions(repeat('@nora ', 10000))), 10000, 'a long text');

select * from finish();
rollback;
