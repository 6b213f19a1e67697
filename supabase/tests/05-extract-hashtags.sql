-- Every rule of public.extract_hashtags, with an example.
begin;
set local search_path = public, extensions;
select plan(86);

-- Where a hashtag begins and ends

select is(extract_hashtags(caption), found::text[], format('hashtags of %L: ', caption) || rule)
from (
  values
    ('#harbour at dawn', array['harbour'], 'a hashtag is found at the beginning'),
    ('dawn at the #harbour', array['harbour'], 'a hashtag is found at the end'),
    ('the #harbour at dawn', array['harbour'], 'a hashtag is found in the middle'),
    (E'#dawn\n#dusk\r\n#night', array['dawn', 'dusk', 'night'], 'hashtags are found on lines of their own'),
    ('#dawn, #dusk. #night! (#noon) "#day" #eve…', array['dawn', 'dusk', 'night', 'noon', 'day', 'eve'], 'punctuation ends a tag'),
    ('.#dawn ,#dusk /#night -#noon', array['dawn', 'dusk', 'night', 'noon'], 'punctuation may stand in front'),
    ('。#朝 「#夜」', array['朝', '夜'], 'punctuation of other scripts may stand around'),
    ('＃dawn', array['dawn'], 'the full-width # counts'),
    ('##dawn', array['dawn'], 'a second # in front does no harm'),
    ('#dawn#dusk', '{}', 'tags run together are none'),
    ('#dawn##dusk', array['dusk'], 'a tag with a # behind it is none, the next may be'),
    ('red#dawn 7#dusk _#night', '{}', 'a word in front makes it no tag'),
    ('朝#夜', '{}', 'a word of any script in front makes it no tag'),
    ('&#dawn', '{}', 'a character reference is no tag'),
    ('# dawn', '{}', 'a # by itself is no tag'),
    ('#-dawn', '{}', 'a tag begins right after its #'),
    ('#dawn-dusk', array['dawn'], 'a hyphen ends a tag'),
    ('#dawn''s light', array['dawn'], 'an apostrophe ends a tag'),
    ('#dawn://', '{}', 'a scheme is no tag')
) as example (caption, found, rule);

-- Which words

select is(extract_hashtags(caption), found::text[], format('hashtags of %L: ', caption) || rule)
from (
  values
    ('#Dawn #DAWN #dawn', array['Dawn', 'DAWN', 'dawn'], 'tags are returned as written, repeated ones repeated'),
    ('#top10 #24hours #x', array['top10', '24hours', 'x'], 'a tag may have digits beside letters'),
    ('#1 #2026 #٣ #_ #1_2 #〃', '{}', 'a tag has at least one letter'),
    ('#good_morning #_dawn', array['good_morning', '_dawn'], 'a tag may have underscores'),
    ('#forêt #Übersee #ålesund #žluť #Ömer', array['forêt', 'Übersee', 'ålesund', 'žluť', 'Ömer'], 'a tag may have Latin letters with accents'),
    (E'#fore\u0302t', array[E'fore\u0302t'], 'a tag may have combining accents'),
    ('#утро #αυγή #դեմ #დილა', array['утро', 'αυγή', 'դեմ', 'დილა'], 'a tag may be Cyrillic, Greek, Armenian or Georgian'),
    ('#港 #みなと #ミナト #항구', array['港', 'みなと', 'ミナト', '항구'], 'a tag may be Chinese, Japanese or Korean'),
    ('#ｍｏｒｎｉｎｇ１ #ﾐﾅﾄ #ﾊﾞｽ', array['ｍｏｒｎｉｎｇ１', 'ﾐﾅﾄ', 'ﾊﾞｽ'], 'a tag may be full or half width'),
    ('#佐々木 #あゝ #コーヒー', array['佐々木', 'あゝ', 'コーヒー'], 'a tag may have iteration and length marks'),
    ('#ラ～メン #ラ〜メン #ア・イ', array['ラ～メン', 'ラ〜メン', 'ア・イ'], 'a tag may have waves and middle dots between kana'),
    ('#صباح #صباح_الخير #صبحـــ', array['صباح', 'صباح_الخير', 'صبحـــ'], 'a tag may be Arabic'),
    ('#بامداد۱۲ #١٢صباح', array['بامداد۱۲', '١٢صباح'], 'a tag may have digits of other scripts'),
    (E'#\u0645\u06cc\u200c\u0631\u0648\u0645', array[E'\u0645\u06cc\u200c\u0631\u0648\u0645'], 'a tag may have the zero-width non-joiner of Persian'),
    ('#בֹּקֶר #ז׳בוטינסקי #ארה״ב #בן־גוריון', array['בֹּקֶר', 'ז׳בוטינסקי', 'ארה״ב', 'בן־גוריון'], 'a tag may have the points and punctuation of Hebrew'),
    ('#सुबह #সকাল #காலை #ഉദയം #ਸਵੇਰ', array['सुबह', 'সকাল', 'காலை', 'ഉദയം', 'ਸਵੇਰ'], 'a tag may have vowel signs of Indic scripts'),
    (E'#\u0d9a\u0dca\u200d\u0dbb\u0db8', array[E'\u0d9a\u0dca\u200d\u0dbb\u0db8'], 'a tag may have the zero-width joiner of Sinhala'),
    ('#รุ่งอรุณ #ຮຸ່ງ #អរុណ #အရုဏ်', array['รุ่งอรุณ', 'ຮຸ່ງ', 'អរុណ', 'အရုဏ်'], 'a tag may have vowel signs of South-East Asian scripts'),
    ('#ཞོགས་པ #ንጋት', array['ཞོགས་པ', 'ንጋት'], 'a tag may be Tibetan, with its separator, or Ethiopic'),
    ('#col·lecció', array['col·lecció'], 'a tag may have the Catalan middle dot'),
    (E'#\U00020000 #\U00010428', array[E'\U00020000', E'\U00010428'], 'a tag may have letters outside the basic plane'),
    (E'#a\U0001D7D9', array[E'a\U0001D7D9'], 'a tag may have digits outside the basic plane')
) as example (caption, found, rule);

-- Emoji

select is(extract_hashtags(caption), found::text[], format('hashtags of %L: ', caption) || rule)
from (
  values
    ('☀#dawn ☀️#dusk', array['dawn', 'dusk'], 'a tag may follow an emoji, with and without its selector'),
    ('👍🏽#dawn 👩‍🚀#dusk', array['dawn', 'dusk'], 'a tag may follow an emoji of several characters'),
    ('#dawn☀️', array['dawn'], 'an emoji ends a tag'),
    ('#☀️', '{}', 'an emoji is no tag'),
    ('#️⃣ #️⃣dawn', '{}', 'the keycap # begins no tag'),
    (E'#\u20e3dawn', '{}', 'a # with a bare keycap begins no tag')
) as example (caption, found, rule);

-- URLs

select is(extract_hashtags(caption), found::text[], format('hashtags of %L: ', caption) || rule)
from (
  values
    ('https://example.com/#dawn', '{}', 'the fragment of a URL is no tag'),
    ('https://example.com/a/b?c=d&e=/#dawn', '{}', 'a fragment after a query is no tag'),
    ('example.com/#dawn www.example.org/a.html/#dusk', '{}', 'the fragment of a URL without a scheme is no tag'),
    ('https://example.com #dawn', array['dawn'], 'a tag may follow a URL'),
    ('(https://example.com/a)#dawn', array['dawn'], 'a tag may follow a URL in brackets'),
    ('#https://example.com', '{}', 'a URL is no tag'),
    ('#dawn.com', array['dawn'], 'a tag with a dot behind it is a tag'),
    ('How lovely.Really?#dawn', array['dawn'], 'a missing space makes no URL')
) as example (caption, found, rule);

-- Rules that meet

select is(extract_hashtags(caption), found::text[], format('hashtags of %L: ', caption) || rule)
from (
  values
    ('@nora#dawn', '{}', 'a mention in front makes it no tag'),
    ('#dawn@nora', array['dawn'], 'a mention may follow'),
    ('#dawn＃dusk ＃night# #noon＃', '{}', 'the full-width # follows the rules of #'),
    ('&＃dawn 朝＃夜 ＃１ ＃️⃣', '{}', 'the full-width # is # in front of a tag and as its beginning'),
    ('&#39; &#x27; &#dawn;', '{}', 'character references are no tags'),
    ('&amp;#dawn', array['dawn'], 'a tag may follow a character reference'),
    ('#朝:// #été://example.com #dawn_://', '{}', 'a scheme of any letters is no tag'),
    ('http://#dawn', array['dawn'], 'a scheme without a host is no URL'),
    ('#www.example.com #example.com/#dusk', array['www', 'example', 'dusk'], 'a host does not begin with a #'),
    ('🇳🇴#dawn #dusk🇳🇴 #night👩‍🚀', array['dawn', 'dusk', 'night'], 'emoji of several characters may stand around'),
    (E'#\u200ddawn #dusk\u200c', array[E'\u200ddawn', E'dusk\u200c'], 'joiners at the edges belong to the tag'),
    (E'#\u0301x #x\u0301\u0302', array[E'\u0301x', E'x\u0301\u0302'], 'marks belong to the tag, also without a letter'),
    ('#·dawn #dusk· #·', array['·dawn', 'dusk·'], 'middle dots belong to the tag, but are no letters'),
    ('#İstanbul #ISPARTA #Straße #ΟΔΟΣ', array['İstanbul', 'ISPARTA', 'Straße', 'ΟΔΟΣ'], 'tags are returned in their own case'),
    (E'#caf\u00e9 #cafe\u0301', array[E'caf\u00e9', E'cafe\u0301'], 'tags are returned composed or not, as written'),
    ('#₂ #² #½ #Ⅷ', '{}', 'figures that are neither digits nor letters make no tag'),
    (E'#dawn\u00a0#dusk\u3000#night\u2028#noon', array['dawn', 'dusk', 'night', 'noon'], 'any white space ends a tag'),
    ('#dawn,#dusk;#night', array['dawn', 'dusk', 'night'], 'punctuation without a space ends a tag')
) as example (caption, found, rule);

-- Any collation of the argument

create function pg_temp.under(collation_name text, caption text) returns text[]
language plpgsql
as $$
declare
  v_tags text[];
begin
  execute format('select public.extract_hashtags($1 collate %I)', collation_name) into v_tags using caption;
  return v_tags;
end
$$;
select is(
  pg_temp.under(name, '#朝 é#no #été #İz #รุ่ง ☀️#dawn #١٢صباح #１ #x１'), array['朝', 'été', 'İz', 'รุ่ง', 'dawn', '١٢صباح', 'x１'],
  format('the answer is the same under the collation %I', name)
)
from unnest(array['C', 'POSIX', 'ucs_basic', 'pg_c_utf8', 'unicode', 'und-x-icu', 'tr-x-icu', 'de-x-icu']) as name;

-- Any text

select is(extract_hashtags(caption), found::text[], format('hashtags of %L: ', caption) || rule)
from (
  values
    ('', '{}', 'an empty caption has none'),
    (null, '{}', 'null has none'),
    (E'\u0001\u200b#dawn\u2028#dusk\ufffe', array['dawn', 'dusk'], 'control characters may stand around')
) as example (caption, found, rule);
select is(cardinality(extract_hashtags(repeat('#dawn ', 10000))), 10000, 'a long caption is read to its end');
select is(
  (
    select count(*)
    from generate_series(1, 65535) as code
    where code not between 55296 and 57343 and extract_hashtags('#' || chr(code) || 'x') is null
  ),
  0::bigint,
  'any character of the basic plane may follow #'
);

select * from finish();
rollback;