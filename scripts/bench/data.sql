-- Functions that generate the benchmark's data: reproducible random numbers, a power law, captions in several scripts.
-- Runs as the superuser, in the benchmark's own database.

create schema bench;

create function bench.chance(number bigint, salt integer)
returns double precision
language sql
immutable
parallel safe
as $$
  -- 53 bits of a hash: from 0 up to, not including, 1.
  select (hashint8extended(number, salt) & 9007199254740991) / 9007199254740992.0
$$;
comment on function bench.chance(bigint, integer) is 'A pseudorandom number from 0 to 1; the same for the same number and salt.';

create function bench.skewed(number bigint, salt integer, many integer)
returns integer
language sql
immutable
parallel safe
as $$
  -- The cube of a uniform random number: the density falls with the power of -2/3. Of 100,000, the first has 2 percent.
  select 1 + floor(many * power(bench.chance(number, salt), 3))::integer
$$;
comment on function bench.skewed(number bigint, salt integer, many integer) is 'A number from 1 to `many` by a power law; low numbers are the most likely.';

create function bench.pareto(number bigint, salt integer, lowest double precision, highest integer)
returns integer
language sql
immutable
parallel safe
as $$
  -- The mean is about three times `lowest`; one number in a million is above 10,000 times `lowest`.
  select least(highest, floor(lowest * power(1 - bench.chance(number, salt), -2.0 / 3))::bigint)::integer
$$;
comment on function bench.pareto(bigint, integer, double precision, integer) is 'A count of likes or followers, from `lowest` to `highest`, by a power law.';

create function bench.person(number integer)
returns uuid
language sql
immutable
parallel safe
as $$
  -- The layout of a version 4 id, as Auth makes them.
  select overlay(overlay(md5('person ' || number) placing '4' from 13) placing 'a' from 17)::uuid
$$;
comment on function bench.person(integer) is 'The id of a person.';

create function bench.profile_is_public(number integer)
returns boolean
language sql
immutable
parallel safe
as $$
  -- One profile in fifty is private, but none of the first 20: their many posts would dominate every figure.
  select number <= 20 or bench.chance(number, 11) >= 0.02
$$;
comment on function bench.profile_is_public(integer) is 'Whether a person''s profile is public.';

create function bench.username(number integer)
returns text
language sql
immutable
parallel safe
as $$
  select 'person_' || number
$$;
comment on function bench.username(integer) is 'The name of a person.';

create function bench.tag(number integer)
returns text
language sql
immutable
parallel safe
as $$
  select (array['sea', 'море', '海', 'بحر', 'θάλασσα', 'समुद्र', 'été', 'tag'])[1 + number % 8] || number
$$;
comment on function bench.tag(integer) is 'The name of a tag, in one of several scripts.';

create function bench.ordered_id(number bigint, kind integer)
returns uuid
language sql
immutable
parallel safe
as $$
  -- Version 7, a row every 20 seconds from 2020 on, so that ids sort like the numbers.
  select (
    lpad(to_hex(1577836800000 + number * 20000), 12, '0')
      || '7' || lpad(to_hex(kind), 3, '0')
      || 'a' || substr(md5('row ' || number || ' ' || kind), 1, 15)
  )::uuid
$$;
comment on function bench.ordered_id(bigint, integer) is 'The id of a row; ids sort by number. kind, 0 to 4095, distinguishes rows of the same number.';

create function bench.sentence(number bigint)
returns text
language sql
immutable
parallel safe
as $$
  select (array[
    'Walked along the shore until the light was gone, and then a little further.',
    'Сегодня утром туман над рекой стоял так низко, что моста не было видно.',
    '今日は朝から海が静かで、遠くの島まではっきりと見えました。',
    'كان البحر هادئا هذا الصباح، ورأينا الجزيرة البعيدة بوضوح.',
    'Le marché du samedi : des cerises, du pain encore chaud, trois conversations de trop.',
    'आज सुबह नदी पर कोहरा इतना घना था कि पुल दिखाई नहीं दे रहा था।',
    'วันนี้ทะเลเงียบมากตั้งแต่เช้า มองเห็นเกาะไกลๆ ได้ชัดเจน',
    'New strings on the old guitar 🎸 and the neighbours are being very kind about it 🙏',
    'Das Brot ist diesmal aufgegangen. Rezept in den Kommentaren, sobald ich es selbst verstehe.',
    'Η θάλασσα σήμερα ήταν ήσυχη και φαινόταν καθαρά το νησί απέναντι.',
    'Short one today.',
    '오늘 아침 바다는 잔잔했고 먼 섬까지 또렷하게 보였다.',
    'Two hundred pages in and I still do not know who the narrator is. Mail me at reader@example.com, or see https://example.com/#notes if you do.'
  ])[1 + (hashint8extended(number, 77) & 1023) % 13]
$$;
comment on function bench.sentence(bigint) is 'The caption of a post, without its tags and mentions.';
