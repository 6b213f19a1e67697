-- What is not stored: columns and relationships that functions compute, and a view.

create function public.star_count(article public.articles) returns bigint
language sql
stable
as $$ select count(*) from public.stars where stars.article_id = article.id $$;
comment on function public.star_count is 'A computed column of articles.';

create function public.latest_comments(article public.articles) returns setof public.comments
language sql
stable
rows 3
as $$
  select * from public.comments where comments.article_id = article.id order by comments.id desc limit 3
$$;
comment on function public.latest_comments is 'A computed relationship of articles: at most three of its comments.';

-- The caller's policies hold for the rows behind it.
create view public.article_cards with (security_invoker = true) as
select
  articles.id,
  articles.title,
  articles.author_id,
  (select count(*) from public.stars where stars.article_id = articles.id) as stars
from public.articles;
grant select on public.article_cards to anon, authenticated, service_role;
