-- What people write, with one column that PostgreSQL counts and one that it indexes for search.

create table public.articles (
  id uuid primary key default gen_random_uuid(),
  author_id uuid not null default auth.uid(),
  title text not null,
  stage public.stage not null default 'draft',
  is_public boolean not null default true,
  title_length integer generated always as (char_length(title)) stored,
  search tsvector generated always as (to_tsvector('english', title)) stored,
  created_at timestamptz not null default now(),
  -- Named, because an embed names it: stars lead from articles to people as well.
  constraint articles_author_id_fkey foreign key (author_id) references public.people (id) on delete cascade,
  constraint articles_title_check check (char_length(title) between 1 and 500)
);
create index articles_author_id_idx on public.articles (author_id);
alter table public.articles enable row level security;

-- anon may ask, and no policy lets it see a row: that answers an empty list, not an error.
grant select, insert on public.articles to anon;
grant select, insert, update, delete on public.articles to authenticated, service_role;
create policy select_visible on public.articles for select to authenticated
  using (is_public or author_id = (select auth.uid()));
create policy insert_own on public.articles for insert to authenticated with check (author_id = (select auth.uid()));
create policy update_own on public.articles for update to authenticated using (author_id = (select auth.uid()));
create policy delete_own on public.articles for delete to authenticated using (author_id = (select auth.uid()));

-- One to one: the foreign key is the primary key.
create table public.summaries (
  article_id uuid primary key references public.articles (id) on delete cascade,
  body text not null
);
alter table public.summaries enable row level security;
grant select, insert, update, delete on public.summaries to authenticated, service_role;
create policy all_of_own on public.summaries for all to authenticated
  using (exists (select from public.articles where id = article_id))
  with check (exists (select from public.articles where id = article_id and author_id = (select auth.uid())));
