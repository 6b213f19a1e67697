-- What readers add to an article.

create table public.comments (
  id bigint generated always as identity primary key,
  article_id uuid not null references public.articles (id) on delete cascade,
  author_id uuid not null default auth.uid() references public.people (id) on delete cascade,
  body text not null,
  created_at timestamptz not null default now(),
  constraint comments_body_check check (char_length(body) between 1 and 500)
);
create index comments_article_id_idx on public.comments (article_id);
create index comments_author_id_idx on public.comments (author_id);
alter table public.comments enable row level security;
grant select, insert, update, delete on public.comments to authenticated, service_role;
create policy select_all on public.comments for select to authenticated using (true);
create policy insert_own on public.comments for insert to authenticated with check (author_id = (select auth.uid()));
create policy update_own on public.comments for update to authenticated using (author_id = (select auth.uid()));
create policy delete_own on public.comments for delete to authenticated using (author_id = (select auth.uid()));

-- A junction: its key is made of both foreign keys, so articles and people are related through it too.
create table public.stars (
  article_id uuid references public.articles (id) on delete cascade,
  person_id uuid default auth.uid() references public.people (id) on delete cascade,
  created_at timestamptz not null default now(),
  primary key (article_id, person_id)
);
create index stars_person_id_idx on public.stars (person_id);
alter table public.stars enable row level security;
-- The view article_cards counts them for whoever asks.
grant select on public.stars to anon;
grant select, insert, update, delete on public.stars to authenticated, service_role;
create policy select_all on public.stars for select to authenticated using (true);
create policy insert_own on public.stars for insert to authenticated with check (person_id = (select auth.uid()));
create policy delete_own on public.stars for delete to authenticated using (person_id = (select auth.uid()));

create table public.topics (
  id bigint generated always as identity primary key,
  name extensions.citext not null unique
);
create table public.article_topics (
  article_id uuid references public.articles (id) on delete cascade,
  topic_id bigint references public.topics (id) on delete cascade,
  primary key (article_id, topic_id)
);
create index article_topics_topic_id_idx on public.article_topics (topic_id);
alter table public.topics enable row level security;
alter table public.article_topics enable row level security;
grant select on public.topics, public.article_topics to authenticated;
grant select, insert, update, delete on public.topics, public.article_topics to service_role;
create policy select_all on public.topics for select to authenticated using (true);
create policy select_all on public.article_topics for select to authenticated using (true);
