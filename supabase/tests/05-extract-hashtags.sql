-- Every rule of public.extract_hashtags, with an example of its own.
begin;
set local search_path = public, extensions;
select plan(86);

-- Where a hashtag begins and ends

select is(extract_hashtags('#harbour at dawn'), array['harbour'], 'at the beginning');
select is(extract_hashtags('dawn at the #harbour'), array['harbour'], 'at the end');
select is(extract_hashtags('the #harbour at dawn'), array['harbour'], 'in the middle');
select is(extract_hashtags(E'#dawn\n#dusk\r\n#night'), array['dawn', 'dusk', 'night'], 'on lines of their own');
select is(extract_hashtags('#dawn, #dusk. #night! (#noon) "#day" #eve…'),
  array['dawn', 'dusk', 'night', 'noon', 'day', 'eve'], 'punctuation ends a tag');
select is(
  extract_hashtags('.#dawn ,#dusk /#night -#noon'), array['dawn', 'dusk', 'night', 'noon'],
  'punctuation may stand in front'
);
select is(extract_hashtags('。#朝 「#夜」'), array['朝', '夜'], 'punctuation of other scripts too');
select is(extract_hashtags('＃dawn'), array['dawn'], 'the full-width # counts');
select is(extract_hashtags('##dawn'), array['dawn'], 'a second # in front does no harm');
select is(extract_hashtags('#dawn#dusk'), '{}', 'tags run together are none');
select is(extract_hashtags('#dawn##dusk'), array['dusk'], 'a tag with a # behind it is none, the next may be');
select is(extract_hashtags('red#dawn 7#dusk _#night'), '{}', 'a word in front makes it no tag');
select is(extract_hashtags('朝#夜'), '{}', 'in any script');
select is(extract_hashtags('&#dawn'), '{}', 'a character reference is no tag');
select is(extract_hashtags('# dawn'), '{}', 'a # by itself is no tag');
select is(extract_hashtags('#-dawn'), '{}', 'a tag begins right after its #');
select is(extract_hashtags('#dawn-dusk'), array['dawn'], 'a hyphen ends a tag');
select is(extract_hashtags('#dawn''s light'), array['dawn'], 'an apostrophe ends a tag');
select is(extract_hashtags('#dawn://'), '{}', 'a scheme is no tag');

-- Which words

select is(extract_hashtags('#Dawn #DAWN #dawn'), array['Dawn', 'DAWN', 'dawn'], 'as written, repeated ones repeated');
select is(extract_hashtags('#top10 #24hours #x'), array['top10', '24hours', 'x'], 'digits beside letters');
select is(extract_hashtags('#1 #2026 #٣ #_ #1_2 #〃'), '{}', 'no tag without a letter');
select is(extract_hashtags('#good_morning #_dawn'), array['good_morning', '_dawn'], 'underscores');
select is(extract_hashtags('#forêt #Übersee #ålesund #žluť #Ömer'),
  array['forêt', 'Übersee', 'ålesund', 'žluť', 'Ömer'], 'Latin with accents');
select is(extract_hashtags(E'#fore\u0302t'), array[E'fore\u0302t'], 'accents of their own');
select is(
  extract_hashtags('#утро #αυγή #դեմ #დილა'), array['утро', 'αυγή', 'դեմ', 'დილა'],
  'Cyrillic, Greek, Armenian, Georgian'
);
select is(extract_hashtags('#港 #みなと #ミナト #항구'), array['港', 'みなと', 'ミナト', '항구'], 'Chinese, Japanese, Korean');
select is(extract_hashtags('#ｍｏｒｎｉｎｇ１ #ﾐﾅﾄ #ﾊﾞｽ'), array['ｍｏｒｎｉｎｇ１', 'ﾐﾅﾄ', 'ﾊﾞｽ'], 'full and half width');
select is(extract_hashtags('#佐々木 #あゝ #コーヒー'), array['佐々木', 'あゝ', 'コーヒー'], 'iteration and length marks');
select is(extract_hashtags('#ラ～メン #ラ〜メン #ア・イ'), array['ラ～メン', 'ラ〜メン', 'ア・イ'], 'waves and middle dots between kana');
select is(extract_hashtags('#صباح #صباح_الخير #صبحـــ'), array['صباح', 'صباح_الخير', 'صبحـــ'], 'Arabic');
select is(extract_hashtags('#بامداد۱۲ #١٢صباح'), array['بامداد۱۲', '١٢صباح'], 'digits of other scripts');
select is(
  extract_hashtags(E'#\u0645\u06cc\u200c\u0631\u0648\u0645'), array[E'\u0645\u06cc\u200c\u0631\u0648\u0645'],
  'Persian with its zero-width non-joiner'
);
select is(extract_hashtags('#בֹּקֶר #ז׳בוטינסקי #ארה״ב #בן־גוריון'),
  array['בֹּקֶר', 'ז׳בוטינסקי', 'ארה״ב', 'בן־גוריון'], 'Hebrew with points and its own punctuation');
select is(
  extract_hashtags('#सुबह #সকাল #காலை #ഉദയം #ਸਵੇਰ'), array['सुबह', 'সকাল', 'காலை', 'ഉദയം', 'ਸਵੇਰ'],
  'vowel signs of Indic scripts'
);
select is(
  extract_hashtags(E'#\u0d9a\u0dca\u200d\u0dbb\u0db8'), array[E'\u0d9a\u0dca\u200d\u0dbb\u0db8'],
  'Sinhala with its zero-width joiner'
);
select is(
  extract_hashtags('#รุ่งอรุณ #ຮຸ່ງ #អរុណ #အရုဏ်'), array['รุ่งอรุณ', 'ຮຸ່ງ', 'អរុណ', 'အရုဏ်'],
  'vowel signs of South-East Asian scripts'
);
select is(extract_hashtags('#ཞོགས་པ #ንጋት'), array['ཞོགས་པ', 'ንጋት'], 'Tibetan with its separator, Ethiopic');
select is(extract_hashtags('#col·lecció'), array['col·lecció'], 'the Catalan middle dot');
select is(
  extract_hashtags(E'#\U00020000 #\U00010428'), array[E'\U00020000', E'\U00010428'],
  'letters outside the basic plane'
);
select is(extract_hashtags(E'#a\U0001D7D9'), array[E'a\U0001D7D9'], 'digits outside the basic plane');

-- Emoji

select is(extract_hashtags('☀#dawn ☀️#dusk'), array['dawn', 'dusk'], 'after an emoji, with and without its selector');
select is(extract_hashtags('👍🏽#dawn 👩‍🚀#dusk'), array['dawn', 'dusk'], 'after an emoji of several characters');
select is(extract_hashtags('#dawn☀️'), array['dawn'], 'an emoji ends a tag');
select is(extract_hashtags('#☀️'), '{}', 'an emoji is no tag');
select is(extract_hashtags('#️⃣ #️⃣dawn'), '{}', 'the keycap # begins no tag');
select is(extract_hashtags(E'#\u20e3dawn'), '{}', 'nor does a # with a bare keycap');

-- URLs

select is(extract_hashtags('https://example.com/#dawn'), '{}', 'the fragment of a URL');
select is(extract_hashtags('https://example.com/a/b?c=d&e=/#dawn'), '{}', 'after a query');
select is(extract_hashtags('example.com/#dawn www.example.org/a.html/#dusk'), '{}', 'a URL without its scheme');
select is(extract_hashtags('https://example.com #dawn'), array['dawn'], 'a tag after a URL');
select is(extract_hashtags('(https://example.com/a)#dawn'), array['dawn'], 'a tag after a URL in brackets');
select is(extract_hashtags('#https://example.com'), '{}', 'a URL is no tag');
select is(extract_hashtags('#dawn.com'), array['dawn'], 'a tag with a dot behind it is a tag');
select is(extract_hashtags('How lovely.Really?#dawn'), array['dawn'], 'a missing space makes no URL');

-- Rules that meet

select is(extract_hashtags('@nora#dawn'), '{}', 'a mention in front is a word in front');
select is(extract_hashtags('#dawn@nora'), array['dawn'], 'a mention may follow');
select is(extract_hashtags('#dawn＃dusk ＃night# #noon＃'), '{}', 'the full-width # forbids what the other one forbids');
select is(extract_hashtags('&＃dawn 朝＃夜 ＃１ ＃️⃣'), '{}', 'in front of a tag and as its beginning, too');
select is(extract_hashtags('&#39; &#x27; &#dawn;'), '{}', 'character references of every kind');
select is(extract_hashtags('&amp;#dawn'), array['dawn'], 'after one, a tag may begin');
select is(extract_hashtags('#朝:// #été://example.com #dawn_://'), '{}', 'a scheme of any letters is no tag');
select is(extract_hashtags('http://#dawn'), array['dawn'], 'a scheme without a host is no URL');
select is(extract_hashtags('#www.example.com #example.com/#dusk'), array['www', 'example', 'dusk'], 'a host does not begin with a #');
select is(extract_hashtags('🇳🇴#dawn #dusk🇳🇴 #night👩‍🚀'), array['dawn', 'dusk', 'night'], 'emoji of several characters around');
select is(extract_hashtags(E'#\u200ddawn #dusk\u200c'), array[E'\u200ddawn', E'dusk\u200c'], 'joiners at the edges belong to the tag');
select is(extract_hashtags(E'#\u0301x #x\u0301\u0302'), array[E'\u0301x', E'x\u0301\u0302'], 'marks, also without a letter to stand on');
select is(extract_hashtags('#·dawn #dusk· #·'), array['·dawn', 'dusk·'], 'so do middle dots, which are no letters');
select is(extract_hashtags('#İstanbul #ISPARTA #Straße #ΟΔΟΣ'), array['İstanbul', 'ISPARTA', 'Straße', 'ΟΔΟΣ'], 'as written, whatever the case');
select is(
  extract_hashtags(E'#caf\u00e9 #cafe\u0301'), array[E'caf\u00e9', E'cafe\u0301'],
  'as written, composed or not'
);
select is(extract_hashtags('#₂ #² #½ #Ⅷ'), '{}', 'figures that are neither digits nor letters make no tag');
select is(extract_hashtags(E'#dawn\u00a0#dusk\u3000#night\u2028#noon'), array['dawn', 'dusk', 'night', 'noon'], 'any white space between');
select is(extract_hashtags('#dawn,#dusk;#night'), array['dawn', 'dusk', 'night'], 'punctuation is enough between');

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
  format('under %I', name)
)
from unnest(array['C', 'POSIX', 'ucs_basic', 'pg_c_utf8', 'unicode', 'und-x-icu', 'tr-x-icu', 'de-x-icu']) as name;

-- Any text

select is(extract_hashtags(''), '{}', 'nothing in nothing');
select is(extract_hashtags(null), '{}', 'nothing in null');
select is(
  extract_hashtags(E'\u0001\u200b#dawn\u2028#dusk\ufffe'), array['dawn', 'dusk'],
  'control characters and such'
);
select is(cardinality(extract_hashtags(repeat('#dawn ', 10000))), 10000, 'a long text');
select is(
  (
    select count(*)
    from generate_series(1, 65535) as code
    where code not between 55296 and 57343 and extract_hashtags('#' || chr(code) || 'x') is null
  ),
  0::bigint,
  'any character of the basic plane'
);

select * from finish();
rollback;
