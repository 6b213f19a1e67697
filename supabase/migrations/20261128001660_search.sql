-- Search: users, tags and posts by a text.
--
-- One function makes the terms of stored and of searched texts. In scripts with spaces each word is a term. In scripts
-- without spaces every two neighbouring characters are a term, so that a word is found inside a sentence without a
-- dictionary.
--
-- Nobody finds what they may not see: candidates are read from the indexes, and then row-level security and the caller's
-- blocks decide. However common a word or a prefix is, a step reads a bounded number of posts or tags.
--
-- Searches are counted (rate_limits): a search costs more than a page.
--
-- Extensions: pg_trgm finds misspelt names. Not unaccent: it reads a file of the server, so no index may use it, and it
-- knows neither Arabic and Hebrew vowel signs nor Cyrillic marks.

create extension if not exists pg_trgm with schema extensions;

-- Terms

create function private.fold_text(text text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  v_text text := fold_text.text;
begin
  -- ASCII, as most texts are.
  if octet_length(v_text) = char_length(v_text) then
    return lower(v_text collate "C");
  end if;
  -- Each step copies the text, and takes far longer than to see that it is not needed.
  if v_text is not nfkc normalized then
    v_text := normalize(v_text, nfkc);
  end if;
  -- Other scripts than Latin, Greek, Cyrillic, Hebrew and Arabic have at most upper case.
  if v_text collate "C" !~ ('[\u00c0-\u06ff\u1e00-\u1fff' || private.invisible_characters() || ']') then
    return lower(v_text collate "und-x-icu");
  end if;
  v_text := normalize(
    lower(
      regexp_replace(
        normalize(v_text, nfd) collate "C",
        -- Marks of Latin, Greek and Cyrillic; points of Hebrew; vowel signs of Arabic, and its line that stretches a word.
        '[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc'
        || private.invisible_characters() || ']+',
        '', 'g'
      ) collate "und-x-icu"
    ),
    nfkc
  );
  -- The end form of sigma; letters with a stroke; forms of kaf, ye and he that differ between Arabic, Persian and keyboards.
  if v_text collate "C" ~ '[\u03c2øđħłŧı\u06a9\u06cc\u0649\u0629ßæœþ]' then
    v_text := replace(replace(replace(replace(
      translate(v_text, E'\u03c2øđħłŧı\u06a9\u06cc\u0649\u0629', E'\u03c3odhlti\u0643\u064a\u064a\u0647'),
      'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
  end if;
  return v_text;
end
$$;
comment on function private.fold_text(text) is
  'A text without what searching ignores: upper case, accents of Latin, Greek and Cyrillic, vowel signs of Arabic and Hebrew, forms of one character (NFKC), invisible characters. Marks of other scripts distinguish words and stay.';
grant execute on function private.fold_text(text) to authenticated, service_role;

create function private.unspaced_letters()
returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
  -- Thai, Lao, Burmese, Khmer, kana, Han, Hangul. Korean writes spaces, but joins particles to its words.
  select
    '\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u109a-\u109f\ua9e0-\ua9ef\uaa60-\uaa7f'
    || '\u1780-\u17d3\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff'
    || '\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003fffd'
$$;
comment on function private.unspaced_letters() is
  'The letters and marks of scripts that write words without spaces, as ranges for a bracket expression.';
grant execute on function private.unspaced_letters() to authenticated, service_role;

create function private.search_terms(text text)
returns integer[]
language plpgsql
immutable
parallel safe
-- An index is always better than to ask it of many rows.
cost 10000
set search_path = ''
as $$
declare
  -- Of a text in a script without spaces, where each character is a term, and costs as much as a word.
  v_most constant integer := 1000;
  v_text text := private.fold_text(search_terms.text);
  v_runs text;
  v_signs text[];
begin
  if octet_length(v_text) = char_length(v_text) then
    -- Spaces are not replaced: each replacement takes as long as to read ten characters.
    return array(
      select distinct hashtext(word)
      from unnest(string_to_array(regexp_replace(v_text collate "C", '[^a-z0-9 ]+', ' ', 'g'), ' ')) as word
      where word <> ''
    );
  end if;
  if v_text collate "C" ~ ('[' || private.unspaced_letters() || ']') then
    v_text := left(v_text, v_most);
    v_runs := regexp_replace(v_text collate "C", '[^' || private.unspaced_letters() || ']+', ' ', 'g');
    v_text := regexp_replace(v_text collate "C", '[' || private.unspaced_letters() || ']+', ' ', 'g');
    v_signs := string_to_array(v_runs, null);
  end if;
  return array(
    select distinct hashtext(word)
    from unnest(string_to_array(
      regexp_replace(v_text collate "und-x-icu", '[^[:alnum:] ' || private.combining_marks() || ']+', ' ', 'g'), ' '
    )) as word
    where word <> ''
    union all
    -- Both lists at once: substr() would count from the beginning of the run each time.
    select distinct (ascii(sign) << 16) # ascii(following)
    from (select unnest(v_signs) as sign, unnest(v_signs[2:]) as following) as neighbours
    where sign <> ' ' and following <> ' '
    union all
    -- A word of Chinese or Korean may have one character.
    select distinct ascii(sign) from unnest(v_signs) as sign where sign collate "C" between E'\u3400' and E'\ud7a3'
    union all
    select ascii(run) from unnest(string_to_array(v_runs, ' ')) as run where char_length(run) = 1
  );
end
$$;
comment on function private.search_terms(text) is
  'What a text is found by, as numbers: its words, folded and hashed; of scripts without spaces every two neighbouring characters, and each one of Han and Hangul, within the first 1,000 characters. In no order. Of two words one pair in four billion has the same number.';
grant execute on function private.search_terms(text) to authenticated, service_role;

create index profiles_search_terms_idx on public.profiles using gin (private.search_terms(bio)) where bio <> '';
-- Names that begin with a prefix, in the order of their characters.
create index profiles_username_prefix_idx on public.profiles (lower(username::text) collate "C");
create index profiles_username_similar_idx on public.profiles using gist (lower(username::text) extensions.gist_trgm_ops (siglen = 64));

-- Checks and rate limit

create function private.begin_search(q text)
returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_q constant text := btrim(begin_search.q, E' \t\r\n');
begin
  if coalesce(char_length(v_q), 0) not between 1 and private.limit_of('query_length') then
    perform private.raise_error(422, 'query_invalid', 'A search has 1 to {query_length} characters.', 'q');
  end if;
  perform private.require_active(auth.uid());
  perform private.count_action('search', auth.uid()::text);
  return v_q;
end
$$;
comment on function private.begin_search(text) is
  'Checks and counts a search of the caller, and returns its text without white space around it. Security definer: counters are granted to nobody. It counts the caller alone.';
grant execute on function private.begin_search(text) to authenticated;

create function private.place_cursor(place bigint)
returns uuid
language sql
immutable
parallel safe
set search_path = ''
as $$
  select ('ffffffff-0000-4000-8000-' || lpad(to_hex(1000000 - place_cursor.place), 12, '0'))::uuid
$$;
comment on function private.place_cursor(bigint) is
  'A cursor for a list in the order of relevance: the place in the list, from 1 on. Cursors get smaller, as those of other lists do.';
grant execute on function private.place_cursor(bigint) to authenticated;

create function private.place_of(before uuid)
returns bigint
language sql
immutable
parallel safe
set search_path = ''
as $$
  -- 0 for the first page, and for a cursor of another list.
  select case
    when place_of.before::text ~ '^ffffffff-0000-4000-8000-[0-9a-f]{12}$'
    then greatest(1000000 - ('x' || right(place_of.before::text, 12))::bit(48)::bigint, 0)
    else 0
  end
$$;
comment on function private.place_of(uuid) is 'The place in the list of a cursor that place_cursor made.';
grant execute on function private.place_of(uuid) to authenticated;

-- People

create function private.name_prefix(q text)
returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
  select substring(lower(name_prefix.q collate "C") from '^@?([a-z0-9_]+)$')
$$;
comment on function private.name_prefix(text) is
  'What was typed of a user name, with or without @, in lower case; null if it cannot be of one.';
grant execute on function private.name_prefix(text) to authenticated;

create function private.people_page(ids uuid[], before uuid, page_limit integer)
returns setof public.person_view
language plpgsql
stable
rows 20
set search_path = ''
as $$
declare
  v_from constant bigint := private.place_of(people_page.before) + 1;
  v_ids uuid[];
  v_cursors uuid[];
begin
  select array_agg(found.id order by found.place), array_agg(private.place_cursor(found.place) order by found.place)
  into v_ids, v_cursors
  from unnest(people_page.ids) with ordinality as found (id, place)
  where found.place between v_from and v_from + private.page_size(people_page.page_limit) - 1;
  return query select * from private.compose_people(v_ids, v_cursors);
end
$$;
comment on function private.people_page(uuid[], uuid, integer) is 'A page of users who are in the order of relevance.';
grant execute on function private.people_page(uuid[], uuid, integer) to authenticated;

create function private.people_named(name_prefix text, wanted integer, without uuid[])
returns uuid[]
language plpgsql
stable
set search_path = ''
as $$
begin
  return array(
    select profiles.id
    from public.profiles
    where lower(profiles.username::text) collate "C" >= people_named.name_prefix
      and lower(profiles.username::text) collate "C" < people_named.name_prefix || '~'
      and profiles.id <> all (people_named.without)
      and profiles.id not in (select private.blocked_ids())
    order by lower(profiles.username::text) collate "C"
    limit people_named.wanted
  );
end
$$;
comment on function private.people_named(text, integer, uuid[]) is
  'The first users whose name begins with a prefix, in the order of their names, without some and without those who are blocked either way.';
grant execute on function private.people_named(text, integer, uuid[]) to authenticated;

create function public.search_people(q text, before uuid default null, page_limit integer default 20)
returns setof public.person_view
language plpgsql
rows 20
-- Invoker: every signed-in user may see every profile. A blocked one is left out.
set search_path = ''
as $$
declare
  -- As many of each kind: further pages end there.
  v_most constant integer := private.limit_of('page_size_max');
  v_q constant text := private.begin_search(search_people.q);
  v_name constant text := private.name_prefix(v_q);
  v_terms constant integer[] := private.search_terms(v_q);
  v_ids uuid[];
  v_named integer;
begin
  v_ids := private.people_named(v_name, v_most, '{}');
  v_named := cardinality(v_ids);
  if cardinality(v_terms) > 0 then
    v_ids := v_ids || array(
      select profiles.id
      from public.profiles
      where private.search_terms(profiles.bio) @> v_terms
        and profiles.bio <> ''
        and profiles.id <> all (v_ids)
        and profiles.id not in (select private.blocked_ids())
      limit v_most
    );
  end if;
  -- Similar names take ten times as long: they are read where q begins few names and is no word of a bio.
  if v_named < 5 and cardinality(v_ids) = v_named and char_length(v_name) >= 3 then
    v_ids := v_ids || array(
      select near.id
      from (
        select profiles.id, lower(profiles.username::text) operator(extensions.<->) v_name as distance
        from public.profiles
        order by lower(profiles.username::text) operator(extensions.<->) v_name
        limit v_most
      ) as near
      where near.distance < 0.7 and near.id <> all (v_ids) and near.id not in (select private.blocked_ids())
      order by near.distance
    );
  end if;
  return query select * from private.people_page(v_ids, search_people.before, search_people.page_limit);
end
$$;
comment on function public.search_people(text, uuid, integer) is
  'Users whose name begins with q, then users whose bio has all words of q, then, where both are few, users with a similar name; at most 100 of each. q: 1 to 100 characters, @ optional. before: the cursor that the last page ended with. Codes: query_invalid, rate_limited.';
grant execute on function public.search_people(text, uuid, integer) to authenticated;

create function public.suggest_people(q text, page_limit integer default 20)
returns setof public.person_view
language plpgsql
rows 20
-- Invoker, as search_people.
set search_path = ''
as $$
declare
  v_name constant text := private.name_prefix(private.begin_search(suggest_people.q));
  v_limit constant integer := private.page_size(suggest_people.page_limit);
  v_ids uuid[];
begin
  v_ids := array(
    select profiles.id
    from public.follows
    join public.profiles on profiles.id = follows.followee_id
    where follows.follower_id = (select auth.uid())
      and follows.state = 'accepted'
      and lower(profiles.username::text) collate "C" >= v_name
      and lower(profiles.username::text) collate "C" < v_name || '~'
    order by lower(profiles.username::text) collate "C"
    limit v_limit
  );
  v_ids := v_ids || private.people_named(v_name, v_limit - cardinality(v_ids), v_ids);
  return query select * from private.people_page(v_ids, null, v_limit);
end
$$;
comment on function public.suggest_people(text, integer) is
  'While a mention is typed: users whose name begins with q, first those whom the caller follows. Codes as search_people.';
grant execute on function public.suggest_people(text, integer) to authenticated;

-- Posts

-- A search must not take longer because of posts that the caller does not see: its time would tell of them. So the terms of
-- posts that not everybody sees are mixed with those who do, and a search meets only what is meant for the caller. The mix is
-- no secret: who computes a text with the same number meets others' posts, which their policy hides, and which take
-- thousands to be felt.

create table private.post_terms (
  post_id uuid primary key references public.posts (id) on delete cascade,
  terms integer[] not null
);
comment on table private.post_terms is
  'The terms of posts. Not a column of posts, as clients read those; not made when searching, as that takes too long.';
comment on column private.post_terms.post_id is 'The post.';
comment on column private.post_terms.terms is 'search_terms() of its caption, mixed with its readers.';
-- Numbers do not compress.
alter table private.post_terms alter column terms set storage external;
-- A search reads all that is pending, and who makes it too much waits until it is merged.
create index post_terms_terms_idx on private.post_terms using gin (terms) with (gin_pending_list_limit = 256);

create function private.reader_number(owner_id uuid, for_followers boolean)
returns integer
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return hashtext(reader_number.owner_id || ' ' || reader_number.for_followers);
end
$$;
comment on function private.reader_number(uuid, boolean) is
  'A number for those who see a post that not everybody sees: its owner, or the owner and followers.';

create function private.readers_of(post public.posts)
returns integer
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return case
    when (readers_of.post).is_visible_to_all then 0
    else private.reader_number((readers_of.post).owner_id, (readers_of.post).is_public and (readers_of.post).hidden_at is null)
  end;
end
$$;
comment on function private.readers_of(public.posts) is 'A number for those who see a post: 0 for everybody.';

create function private.mixed_terms(terms integer[], readers integer)
returns integer[]
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  -- Most posts are for everybody.
  if mixed_terms.readers = 0 then
    return mixed_terms.terms;
  end if;
  return array(select term # mixed_terms.readers from unnest(mixed_terms.terms) as term);
end
$$;
comment on function private.mixed_terms(integer[], integer) is
  'Terms for readers only. Mixed with the same readers again, they are what they were.';

create function private.tg_posts__keep_terms()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into private.post_terms (post_id, terms)
  values (new.id, private.mixed_terms(private.search_terms(new.caption), private.readers_of(new)))
  on conflict on constraint post_terms_pkey do update set terms = excluded.terms;
  return null;
end
$$;
comment on function private.tg_posts__keep_terms() is
  'Trigger: keeps what a post is found by. Security definer: the terms are granted to nobody.';

create trigger _300_keep_terms_of_new after insert on public.posts
  for each row execute function private.tg_posts__keep_terms();
-- Not where only is_visible_to_all changes: the profile is opened or closed.
create trigger _300_keep_terms after update of owner_id, caption, is_public, hidden_at on public.posts
  for each row
  when (
    (new.owner_id, new.caption, new.is_public, new.hidden_at is null)
    is distinct from (old.owner_id, old.caption, old.is_public, old.hidden_at is null)
  )
  execute function private.tg_posts__keep_terms();

create function private.tg_profiles__mix_terms()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- One statement: a row trigger takes three times as long, and there may be tens of thousands of posts.
  update private.post_terms
  set terms = private.mixed_terms(post_terms.terms, private.reader_number(new.id, true))
  from public.posts
  where posts.owner_id = new.id and posts.is_public and posts.hidden_at is null and post_terms.post_id = posts.id;
  return null;
end
$$;
comment on function private.tg_profiles__mix_terms() is
  'Trigger: followers alone find the posts of a profile that is closed, and everybody those of one that is opened. Security definer: the terms are granted to nobody.';

-- After the posts, which a deletion locks before their terms.
create trigger _600_mix_terms after update of is_public on public.profiles
  for each row
  when (new.is_public <> old.is_public)
  execute function private.tg_profiles__mix_terms();

create function private.closed_posts_with_terms(terms integer[], before uuid)
returns uuid[]
language plpgsql
stable
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_me constant uuid := auth.uid();
  -- Each is looked up on its own, in up to half a millisecond.
  v_most constant integer := 200;
begin
  return array(
    select post_terms.post_id
    from (
      values (v_me, false), (v_me, true)
      union all
      (
        select follows.followee_id, true
        from public.follows
        join public.profiles on profiles.id = follows.followee_id
        where follows.follower_id = v_me and follows.state = 'accepted' and not profiles.is_public
        order by follows.id desc
        limit v_most
      )
    ) as owner (id, for_followers)
    join private.post_terms
      on post_terms.terms @> private.mixed_terms(closed_posts_with_terms.terms, private.reader_number(owner.id, owner.for_followers))
    where post_terms.post_id < closed_posts_with_terms.before
  );
end
$$;
comment on function private.closed_posts_with_terms(integer[], uuid) is
  'The posts with all terms that the caller sees and not everybody: of the caller, and of the 200 private profiles that the caller followed last. Not granted: posts_with_terms calls it. Security definer: the terms are granted to nobody.';

create function private.posts_with_terms(terms integer[], before uuid, wanted integer)
returns uuid[]
language plpgsql
stable
security definer
set search_path = ''
-- Planned for the very terms: statistics tell common terms from rare ones.
set plan_cache_mode = force_custom_plan
-- To start other processes takes longer than what they are for.
set max_parallel_workers_per_gather = 0
as $$
declare
  -- Reads a chunk in some milliseconds.
  v_chunk integer := 5000;
  v_most constant integer := 20000;
  v_upper uuid := posts_with_terms.before;
  v_lower uuid;
  v_ids uuid[] := '{}';
  v_all uuid[];
begin
  if cardinality(posts_with_terms.terms) = 0 then
    return v_ids;
  end if;
  for v_round in 1..10 loop
    v_lower := (
      select post_terms.post_id
      from private.post_terms
      where post_terms.post_id < v_upper
      order by post_terms.post_id desc
      offset v_chunk - 1
      limit 1
    );
    v_ids := v_ids || array(
      select newest.post_id
      from (
        select post_terms.post_id, post_terms.terms
        from private.post_terms
        where post_terms.post_id < v_upper
        order by post_terms.post_id desc
        limit v_chunk
      ) as newest
      where newest.terms @> posts_with_terms.terms
      order by newest.post_id desc
      limit posts_with_terms.wanted - cardinality(v_ids)
    );
    exit when cardinality(v_ids) = posts_with_terms.wanted or v_lower is null;
    -- Terms that are rare in the newest posts are rare in all posts, or were common once.
    if v_round = 1 then
      v_all := array(
        select post_terms.post_id
        from private.post_terms
        where post_terms.terms @> posts_with_terms.terms and post_terms.post_id < v_lower
        limit v_most
      );
      if cardinality(v_all) < v_most then
        v_ids := v_ids || v_all;
        exit;
      end if;
    end if;
    v_upper := v_lower;
    v_chunk := v_most;
  end loop;
  return array(
    select id
    from unnest(v_ids || private.closed_posts_with_terms(posts_with_terms.terms, posts_with_terms.before)) as id
    order by id desc
    limit posts_with_terms.wanted
  );
end
$$;
comment on function private.posts_with_terms(integer[], uuid, integer) is
  'The newest posts that have all terms: those that everybody sees, besides blocked users, and those of closed_posts_with_terms. Complete where fewer than 20,000 posts have them; else among about 200,000 posts before. Not for clients: candidate_ids calls it. Security definer: row-level security decides once for all of them.';

create function public.search_posts(q text, before uuid default null, page_limit integer default 20)
returns setof public.post_view
language plpgsql
rows 20
-- Invoker: row-level security decides which posts are on the page.
set search_path = ''
as $$
declare
  v_terms constant integer[] := private.search_terms(private.begin_search(search_posts.q));
begin
  return query
  select *
  from private.view_posts(private.visible_ids(
    null, null, v_terms, coalesce(search_posts.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
    private.page_size(search_posts.page_limit)
  ));
end
$$;
comment on function public.search_posts(text, uuid, integer) is
  'Posts whose caption has all words of q, newest first; of a word that more than 20,000 posts have, those among about 200,000 posts before. Moderators find what other users find. before, page_limit: as in list_posts. Codes: query_invalid, rate_limited.';
grant execute on function public.search_posts(text, uuid, integer) to authenticated;

-- Tags

create type public.tag_view as (
  tag text,
  post_count integer,
  people_count integer,
  "cursor" uuid
);
comment on type public.tag_view is 'A tag as clients show it in a list.';
comment on column public.tag_view.tag is 'The tag, without #.';
comment on column public.tag_view.post_count is 'How many posts have it: of a trend those of the last day, else at most 20 of those that the caller sees.';
comment on column public.tag_view.people_count is 'How many users published them.';
comment on column public.tag_view."cursor" is 'What the next page begins after.';

create table private.trends (
  only_row boolean primary key default true,
  refreshed_at timestamptz not null,
  first_id uuid not null,
  tags jsonb not null,
  constraint trends_only_row_check check (only_row)
);
comment on table private.trends is 'The tags of the last day, as trending_tags counted them last: one row.';
comment on column private.trends.only_row is 'Always true.';
comment on column private.trends.refreshed_at is 'When they were counted.';
comment on column private.trends.first_id is 'What trends_begin_at() was then.';
comment on column private.trends.tags is '[{tag, post_count, people_count}], the most users first.';
insert into private.trends (refreshed_at, first_id, tags)
values ('-infinity', '00000000-0000-0000-0000-000000000000', '[]');

create function private.tags_from(prefix text, after text, most integer)
returns text[]
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  -- Jumps from one tag to the next, however many posts each has.
  return array(
    with recursive found as (
      -- Two subqueries: "after is null or ..." would read every post of the tags before it.
      select case
        when tags_from.after is null then (
          select post_tags.tag from public.post_tags
          where post_tags.tag >= tags_from.prefix
          order by post_tags.tag
          limit 1
        )
        else (
          select post_tags.tag from public.post_tags
          where post_tags.tag > tags_from.after
          order by post_tags.tag
          limit 1
        )
      end as tag
      union all
      select (
        select post_tags.tag from public.post_tags
        where post_tags.tag > found.tag
        order by post_tags.tag
        limit 1
      )
      from found
      where starts_with(found.tag, tags_from.prefix)
    )
    select found.tag from found where starts_with(found.tag, tags_from.prefix) limit tags_from.most
  );
end
$$;
comment on function private.tags_from(text, text, integer) is
  'The first tags with a prefix, in their order, after one of them or null, whether the caller sees a post with them or not. Not for clients. Security definer: row-level security decides about their posts.';
grant execute on function private.tags_from(text, text, integer) to authenticated;

create function private.trends_from(prefix text)
returns text[]
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return array(
    select trend.tag
    from private.trends
    cross join jsonb_to_recordset(trends.tags) as trend (tag text)
    where starts_with(trend.tag, trends_from.prefix)
  );
end
$$;
comment on function private.trends_from(text) is
  'The trends with a prefix. Security definer: the counts are granted to nobody.';
grant execute on function private.trends_from(text) to authenticated;

create function private.newest_of_tags(tags text[])
returns table (tag text, post_ids uuid[])
language plpgsql
stable
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  select candidate.tag, array(
    select post_tags.post_id from public.post_tags
    where post_tags.tag = candidate.tag
    order by post_tags.post_id desc
    limit 30
  )
  from unnest(newest_of_tags.tags) as candidate (tag);
end
$$;
comment on function private.newest_of_tags(text[]) is
  'The newest 30 posts of each tag, whether the caller sees them or not. Not for clients. Security definer: row-level security decides once for all posts.';
grant execute on function private.newest_of_tags(text[]) to authenticated;

create function private.count_tags(tags text[])
returns setof public.tag_view
language plpgsql
stable
-- Invoker: row-level security decides which posts count.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  select
    newest.tag,
    cardinality(visible.owners),
    (select count(distinct owner)::integer from unnest(visible.owners) as owner),
    null::uuid
  from private.newest_of_tags(count_tags.tags) as newest
  cross join lateral (
    select array(
      select posts.owner_id from public.posts where posts.id = any (newest.post_ids) order by posts.id desc limit 20
    ) as owners
    -- Here and below: read once, and not at each place where it is named.
    offset 0
  ) as seen
  cross join lateral (
    -- Where 30 are too few, older ones count: the count must not tell how many are hidden.
    select case
      when cardinality(seen.owners) = 20 or cardinality(newest.post_ids) < 30 then seen.owners
      else array(
        select posts.owner_id
        from unnest(private.visible_ids(newest.tag, null, null, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 20)) as older (id)
        join public.posts on posts.id = older.id
      )
    end as owners
    offset 0
  ) as visible
  where visible.owners <> '{}'
  order by newest.tag;
end
$$;
comment on function private.count_tags(text[]) is
  'Those of the tags that the caller sees a post with, in their order. At most 20 posts of each count.';
grant execute on function private.count_tags(text[]) to authenticated;

create function private.trends_begin_at(until timestamptz, most integer default 20000)
returns uuid
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_day_ago constant uuid := private.first_id_at(trends_begin_at.until - interval '1 day');
begin
  return coalesce(
    (
      select posts.id
      from public.posts
      where posts.id >= v_day_ago and posts.id < private.first_id_at(trends_begin_at.until) and posts.is_visible_to_all
      order by posts.id desc
      offset trends_begin_at.most - 1
      limit 1
    ),
    v_day_ago
  );
end
$$;
comment on function private.trends_begin_at(timestamptz, integer) is
  'The first post that counts for trends: the newest 20,000 of a day, which are counted in a second at most, even with all the tags that a post may have. Not granted: trending_tags calls it.';

create function private.tags_since(first_id uuid, until timestamptz, owners uuid[] default null, tags text[] default null)
returns table (tag text, post_count integer, people_count integer)
language plpgsql
stable
security definer
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
begin
  return query
  -- Two steps, which need no sort.
  select by_owner.tag, sum(by_owner.post_count)::integer, count(*)::integer
  from (
    select post_tags.tag, posts.owner_id, count(*) as post_count
    from public.posts
    join public.post_tags on post_tags.post_id = posts.id
    where posts.id >= tags_since.first_id
      and posts.id < private.first_id_at(tags_since.until)
      and posts.is_visible_to_all
      and (tags_since.owners is null or posts.owner_id = any (tags_since.owners))
      and (tags_since.tags is null or post_tags.tag = any (tags_since.tags))
    group by post_tags.tag, posts.owner_id
  ) as by_owner
  group by by_owner.tag;
end
$$;
comment on function private.tags_since(uuid, timestamptz, uuid[], text[]) is
  'The tags of posts that everybody sees, or some of them, from a post until a time, by all users or by some. Not granted: trending_tags calls it. Security definer: it counts for everybody.';

create function public.trending_tags(page_limit integer default 20)
returns setof public.tag_view
language plpgsql
rows 20
security definer
set search_path = ''
as $$
declare
  v_most constant integer := private.limit_of('page_size_max');
  v_now constant timestamptz := clock_timestamp();
  v_tags jsonb;
  v_refreshed_at timestamptz;
  v_first_id uuid;
  v_blocked uuid[];
begin
  perform private.require_active(auth.uid());
  -- The first check takes no lock. Then one request locks the row and counts; the others read the old counts.
  if (select trends.refreshed_at < now() - interval '1 minute' from private.trends) then
    perform from private.trends where trends.refreshed_at < now() - interval '1 minute' for update skip locked;
    if found then
      v_first_id := private.trends_begin_at(v_now);
      update private.trends
      set refreshed_at = v_now, first_id = v_first_id, tags = coalesce((
        select jsonb_agg(to_jsonb(counted) order by counted.people_count desc, counted.post_count desc, counted.tag)
        from (
          select *
          from private.tags_since(v_first_id, v_now) as counted_tag
          where counted_tag.people_count >= 2
          order by counted_tag.people_count desc, counted_tag.post_count desc, counted_tag.tag
          limit v_most
        ) as counted
      ), '[]');
    end if;
  end if;
  select trends.tags, trends.refreshed_at, trends.first_id into v_tags, v_refreshed_at, v_first_id from private.trends;
  v_blocked := array(select private.blocked_ids());
  return query
  select counted.tag, counted.post_count, counted.people_count, private.place_cursor(row_number() over ())
  from (
    select
      trend.tag,
      trend.post_count - coalesce(hidden.post_count, 0) as post_count,
      trend.people_count - coalesce(hidden.people_count, 0) as people_count
    from jsonb_to_recordset(v_tags) as trend (tag text, post_count integer, people_count integer)
    -- Of the same posts, so that only what was counted is subtracted.
    left join private.tags_since(
      v_first_id, v_refreshed_at, v_blocked, array(select counted.tag from jsonb_to_recordset(v_tags) as counted (tag text))
    ) as hidden on cardinality(v_blocked) > 0 and hidden.tag = trend.tag
    where trend.people_count - coalesce(hidden.people_count, 0) >= 2
    order by 3 desc, 2 desc, 1
    limit private.page_size(trending_tags.page_limit)
  ) as counted;
end
$$;
comment on function public.trending_tags(integer) is
  'The tags that most users published, at least two, in the posts of the last day that everybody sees, the newest 20,000 at most; without users who are blocked either way. Counted once a minute. Security definer: it reads the counts, and of blocks only those of the caller.';
grant execute on function public.trending_tags(integer) to authenticated;

create function public.search_tags(q text, before uuid default null, page_limit integer default 20)
returns setof public.tag_view
language plpgsql
rows 20
-- Invoker: row-level security decides which posts count. A tag without one is not shown.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_prefix constant text := private.tag_name(private.begin_search(search_tags.q));
  v_from constant bigint := private.place_of(search_tags.before) + 1;
  v_most constant integer := 50;
  v_after text;
  v_candidates text[];
  v_found public.tag_view[] := '{}';
begin
  if v_prefix = '' then
    return;
  end if;
  -- Tags that the caller does not see are skipped: if they took places, a missing last tag would tell that they exist.
  -- 5,000 are read in less than a tenth of a second; a user has to publish 170 posts to fill so many.
  for v_round in 1..100 loop
    v_candidates := private.tags_from(v_prefix, v_after, v_most);
    v_found := v_found || array(
      select counted from private.count_tags(v_candidates) as counted limit v_most - cardinality(v_found)
    );
    exit when cardinality(v_found) = v_most or cardinality(v_candidates) < v_most;
    v_after := v_candidates[v_most];
  end loop;
  v_found := v_found || array(
    select counted
    from private.count_tags(array(
      select trend
      from unnest(private.trends_from(v_prefix)) as trend
      where trend <> all (array(select found.tag from unnest(v_found) as found))
    )) as counted
  );
  return query
  select found.tag, found.post_count, found.people_count, private.place_cursor(found.place)
  from (
    select
      counted.tag, counted.post_count, counted.people_count,
      row_number() over (order by counted.tag <> v_prefix, counted.post_count desc, counted.tag) as place
    from unnest(v_found) as counted
  ) as found
  where found.place >= v_from
  order by found.place
  limit private.page_size(search_tags.page_limit);
end
$$;
comment on function public.search_tags(text, uuid, integer) is
  'Tags that begin with q (# optional): q itself, then those with most posts. Of the tags with the prefix that the caller sees, the trends and the first 50; of each at most 20 posts count. Codes: query_invalid, rate_limited.';
grant execute on function public.search_tags(text, uuid, integer) to authenticated;
