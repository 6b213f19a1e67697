-- Planner statistics: none of private texts, dates and JSON.
--
-- PostgreSQL makes its statistics from all rows, and the Data API tells its estimates to every client that asks for a
-- planned count. Text by text, estimates would spell out what row-level security hides. So no statistics are kept of
-- such columns in tables of which not everybody sees every row. Queries that filter by them use a unique index, or an
-- index of which the generic plans of list_posts need no statistics.

alter table public.private_profiles alter column date_of_birth set statistics 0;
alter table public.posts alter column caption set statistics 0;
alter table public.post_tags alter column tag set statistics 0;
alter table public.post_mentions alter column name set statistics 0;
alter table public.post_media
  alter column path set statistics 0,
  alter column mime_type set statistics 0,
  alter column alt_text set statistics 0;
alter table public.comments alter column text set statistics 0;
alter table public.comment_mentions alter column name set statistics 0;
alter table public.audit_log alter column details set statistics 0;
alter table public.reserved_usernames alter column username set statistics 0;
alter table public.notifications alter column day set statistics 0;
alter table public.reports
  alter column text set statistics 0,
  alter column note set statistics 0;
