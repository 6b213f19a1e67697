-- Extraction: which words of a caption are mentions and which are hashtags. The rules are those of twitter-text, which
-- users know.
--
-- URLs and e-mail addresses are removed first, so that a name inside one does not count; then one regular expression
-- finds the rest. A step is skipped if the caption lacks the characters that it looks for.
--
-- The time must be linear in any caption. PostgreSQL's engine compiles a pattern to a finite automaton, but tries every
-- place where a match may begin. So no pattern here may read far from a place and then fail, unless the next place to
-- try lies behind what was read. supabase/tests/06-extraction-cost.sql measures it.
--
-- Classes such as `[:alpha:]` depend on the collation, so the collation is pinned: the answer is the same in every
-- database.

create function private.combining_marks()
returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
  -- Unicode 17, general category M. No character class of PostgreSQL contains them; without them, words of most Indic
  -- and South-East Asian scripts would end at their first vowel sign. Ranges are joined where only letters and
  -- unassigned code points lie between them.
  select
    '\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c2\u05c4-\u05c5\u05c7\u0610-\u061a\u064b-\u065f'
    || '\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0711-\u07b0\u07eb-\u07f3\u07fd\u0816-\u082d\u0859-\u085b'
    || '\u0897-\u08e1\u08e3-\u0963\u0981-\u09e3\u09fe-\u0a51\u0a70-\u0a75\u0a81-\u0ae3\u0afa-\u0b63\u0b82-\u0bd7'
    || '\u0c00-\u0c63\u0c81-\u0c83\u0cbc-\u0ce3\u0cf3-\u0d4d\u0d57\u0d62-\u0d63\u0d81-\u0ddf\u0df2-\u0df3'
    || '\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ece\u0f18-\u0f19\u0f35\u0f37\u0f39\u0f3e-\u0f84\u0f86-\u0fbc\u0fc6'
    || '\u102b-\u103e\u1056-\u108f\u109a-\u109d\u135d-\u135f\u1712-\u1734\u1752-\u17d3\u17dd\u180b-\u180d\u180f'
    || '\u1885-\u193b\u1a17-\u1a1b\u1a55-\u1a7f\u1ab0-\u1b44\u1b6b-\u1b73\u1b80-\u1bad\u1be6-\u1bf3\u1c24-\u1c37'
    || '\u1cd0-\u1cd2\u1cd4-\u1dff\u20d0-\u20f0\u2cef-\u2cf1\u2d7f-\u2dff\u302a-\u302f\u3099-\u309a\ua66f-\ua672'
    || '\ua674-\ua67d\ua69e-\ua69f\ua6f0-\ua6f1\ua802-\ua827\ua82c\ua880-\ua8c5\ua8e0-\ua8f1\ua8ff\ua926-\ua92d'
    || '\ua947-\ua953\ua980-\ua9c0\ua9e5\uaa29-\uaa4d\uaa7b-\uaac1\uaaeb-\uaaef\uaaf5-\uaaf6\uabe3-\uabea'
    || '\uabec-\uabed\ufb1e\ufe00-\ufe0f\ufe20-\ufe2f\U000101fd-\U000102e0\U00010376-\U0001037a'
    || '\U00010a01-\U00010a3f\U00010ae5-\U00010ae6\U00010d24-\U00010d27\U00010d69-\U00010d6d'
    || '\U00010eab-\U00010eac\U00010efa-\U00010eff\U00010f46-\U00010f50\U00010f82-\U00010f85'
    || '\U00011000-\U00011046\U00011070-\U000110ba\U000110c2\U00011100-\U00011134\U00011145-\U00011173'
    || '\U00011180-\U000111c0\U000111c9-\U000111cc\U000111ce-\U000111cf\U0001122c-\U00011237'
    || '\U0001123e-\U00011241\U000112df-\U000112ea\U00011300-\U000113d2\U000113e1-\U00011446'
    || '\U0001145e-\U000114c3\U000115af-\U000115c0\U000115dc-\U00011640\U000116ab-\U000116b7'
    || '\U0001171d-\U0001172b\U0001182c-\U0001183a\U00011930-\U00011943\U000119d1-\U000119e0'
    || '\U000119e4-\U00011a3e\U00011a47-\U00011a99\U00011b60-\U00011b67\U00011c2f-\U00011c3f'
    || '\U00011c92-\U00011d47\U00011d8a-\U00011d97\U00011ef3-\U00011ef6\U00011f00-\U00011f42\U00011f5a'
    || '\U00013440-\U0001612f\U00016af0-\U00016af4\U00016b30-\U00016b36\U00016f4f-\U00016f92'
    || '\U00016fe4-\U00016ff1\U0001bc9d-\U0001bc9e\U0001cf00-\U0001cf46\U0001d165-\U0001d169'
    || '\U0001d16d-\U0001d172\U0001d17b-\U0001d182\U0001d185-\U0001d18b\U0001d1aa-\U0001d1ad'
    || '\U0001d242-\U0001d244\U0001da00-\U0001da36\U0001da3b-\U0001da6c\U0001da75\U0001da84\U0001da9b-\U0001e136'
    || '\U0001e2ae-\U0001e2ef\U0001e4ec-\U0001e4ef\U0001e5ee-\U0001e5ef\U0001e6e3-\U0001e6f5'
    || '\U0001e8d0-\U0001e94a\U000e0100-\U000e01ef'
$$;
comment on function private.combining_marks() is
  'The combining marks of Unicode, as ranges for a bracket expression.';
grant execute on function private.combining_marks() to authenticated, service_role;

create function private.invisible_characters()
returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
  -- Unicode 17, Default_Ignorable_Code_Point, the interlinear annotation marks, and the blank Braille pattern.
  select
    '\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164'
    || '\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff'
$$;
comment on function private.invisible_characters() is
  'The characters besides white space that show nothing by themselves, as ranges for a bracket expression.';
grant execute on function private.invisible_characters() to authenticated, service_role;

create function private.has_visible_character(text text)
returns boolean
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  -- The pinned collation knows every white space of Unicode.
  return has_visible_character.text collate "und-x-icu" ~ ('[^[:space:]' || private.invisible_characters() || ']');
end
$$;
comment on function private.has_visible_character(text) is
  'Whether a text has more than white space and invisible characters.';
-- Constraints run with the rights of the role that writes.
grant execute on function private.has_visible_character(text) to service_role;

create function private.without_urls(caption text, sign text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  -- As in twitter-text, a path is ASCII, accented Latin and Cyrillic: other scripts write no space after a URL.
  v_path_character constant text :=
    '[A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0400-\u052f!*'';:=+,.$/%#\[\]_~@|&?\u2013-]';
  -- A closing bracket belongs to the URL only if it was opened inside.
  v_path constant text := '(?:' || v_path_character || '|\(' || v_path_character || '*\))*';
  v_host constant text := '(?:[^[:space:][:punct:]]|[._~%:@-])+';
  -- From a character that cannot be in a host name to the dot before its last part.
  v_bare_host constant text := '((?:^|[^A-Za-z0-9@\uff20#\uff03$_./-])(?:[A-Za-z0-9-]+\.)+)[A-Za-z]{2,}(?::[0-9]+)?';
  v_text text := without_urls.caption;
begin
  if position('://' in v_text) > 0 then
    v_text := regexp_replace(
      v_text collate "und-x-icu",
      '[A-Za-z0-9]://(?:' || v_host || '(?:[/?#]' || v_path || ')?)?|://',
      -- A sign is left: a word with a sign behind it is neither a name nor a tag, and so is the scheme.
      without_urls.sign || ',',
      'g'
    );
  end if;
  -- Without a scheme, a host counts as a URL only with a path or a query. Twitter-text has a list of all top-level
  -- domains instead, which is never complete.
  if position('.' in v_text) > 0 and (position('/' in v_text) > 0 or position('?' in v_text) > 0) then
    v_text := regexp_replace(
      v_text collate "und-x-icu", v_bare_host || '(?:/|\?[A-Za-z0-9_])' || v_path, '\1 ', 'g'
    );
  end if;
  return v_text;
end
$$;
comment on function private.without_urls(text, text) is
  'A caption without its URLs. sign: @ or #, which is left in the place of a URL with a scheme.';
grant execute on function private.without_urls(text, text) to authenticated, service_role;

create function public.extract_mentions(caption text)
returns text[]
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  v_text text := replace(extract_mentions.caption, '＠', '@');
begin
  if position('@' in v_text) > 0 then
    v_text := private.without_urls(v_text, '@');
    if position('.' in v_text) > 0 then
      -- An e-mail address becomes two @, which are no mention, nor are the words beside them.
      v_text := regexp_replace(
        v_text collate "und-x-icu", '[[:alnum:]_+-]@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}', '@@', 'g'
      );
    end if;
    return array(
      select found.name
      from regexp_matches(
        v_text collate "und-x-icu",
        -- `RT@name` is how users repost by hand; after any other word an @ does not begin a mention.
        '(?:^|[^A-Za-z0-9_!#$%&*@]|(?:^|[^A-Za-z0-9_+~.-])[Rr][Tt]:?)@[A-Za-z0-9_]+'
        -- An accented letter would continue the word; another @ shows that it is no name.
        '(?![A-Za-z0-9_@\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268'
        '\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff])',
        'g'
      ) as match
      cross join split_part(match[1], '@', -1) as found (name)
      -- A longer run is no user name, and its beginning must not become one.
      where octet_length(found.name) between private.limit_of('username_min')
        and private.limit_of('username_max')
    );
  end if;
  return '{}';
end
$$;
comment on function public.extract_mentions(text) is
  'The user names that a caption mentions with @, in order, as written, repeated ones included. Names in URLs and e-mail addresses, and names that no user can have, do not count.';
grant execute on function public.extract_mentions(text) to authenticated, service_role;

create function private.hashtag_pattern()
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  v_letters constant text := '[:alpha:]' || private.combining_marks();
  -- Digits, and the joiners, middle dots and iteration marks in words of several scripts. A tag has at least one
  -- letter: #1 is a number.
  v_digits_and_joiners constant text :=
    '[:digit:]_\u00b7\u05be\u05f3\u05f4\u0f0b\u0f0c\u200c\u200d\u3003\u301c\u309b\u309c\u30a0\u30fb\ua67e\uff5e';
  v_word constant text := v_letters || v_digits_and_joiners;
begin
  -- &# begins a character reference. A variation selector is a mark, but ends an emoji.
  return '(?:^|[^' || v_word || '&]|[\ufe0e\ufe0f])'
    -- A # with a selector or a keycap behind it is an emoji.
    || '#(?![\ufe0f\u20e3])'
    || '[' || v_digits_and_joiners || ']*[' || v_letters || '][' || v_word || ']*'
    || '(?![' || v_word || '#])';
end
$$;
comment on function private.hashtag_pattern() is
  'A regular expression for a hashtag with the character in front of it.';
grant execute on function private.hashtag_pattern() to authenticated, service_role;

create function public.extract_hashtags(caption text)
returns text[]
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  v_text text := replace(extract_hashtags.caption, '＃', '#');
begin
  if position('#' in v_text) > 0 then
    return array(
      select split_part(match[1], '#', -1)
      from regexp_matches(
        private.without_urls(v_text, '#') collate "und-x-icu", private.hashtag_pattern(), 'g'
      ) as match
    );
  end if;
  return '{}';
end
$$;
comment on function public.extract_hashtags(text) is
  'The hashtags of a caption without their #, in order, as written, repeated ones included. A # inside a URL does not count.';
grant execute on function public.extract_hashtags(text) to authenticated, service_role;
