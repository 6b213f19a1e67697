-- What the tables are made of.

create extension if not exists citext with schema extensions;

create type public.stage as enum ('draft', 'review', 'published');
comment on type public.stage is 'How far an article is.';
