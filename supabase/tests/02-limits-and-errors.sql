begin;
set local search_path = public, extensions;
select plan(6);

select is(
  public.limits(),
  '{
    "caption_length": 2200, "comment_length": 2200, "tags": 30, "tag_length": 50, "mentions": 20, "media": 10,
    "media_size": 52428800, "alt_text_length": 1000, "avatar_size": 5242880, "cover_size": 10485760,
    "username_min": 3, "username_max": 30, "bio_length": 255, "playlist_length": 255, "reason_length": 1000, "report_length": 1000,
    "password_min": 8, "password_max_bytes": 72, "birth_year_min": 1900, "idempotency_key_length": 255, "page_size": 20, "page_size_max": 100, "export_page_size": 1000, "unread_max": 100, "query_length": 100, "missed_seconds": 3600, "missed_events": 500,
    "follows": 10000, "blocks": 10000, "mutes": 10000
  }'::jsonb,
  'the limits are those of the contract'
);
select is_empty(
  $$select key from jsonb_each(public.limits()) where value <> to_jsonb(private.limit_of(key))$$, 'limit_of reads each limit'
);

create function pg_temp.error_of(statement text) returns text[]
language plpgsql
as $$
declare
  v_hint text;
  v_message text;
  v_detail text;
begin
  execute statement;
  return null;
exception when others then
  get stacked diagnostics v_hint = pg_exception_hint, v_message = message_text, v_detail = pg_exception_detail;
  return array[sqlstate, v_hint, v_message, v_detail];
end
$$;

select is(
  pg_temp.error_of($$select private.raise_error(422, 'caption_invalid', 'A sentence.', 'caption')$$),
  array['PT422', 'caption_invalid', 'A sentence.', 'caption'],
  'an error carries its status, its code, a sentence and the field at fault'
);
select is(
  pg_temp.error_of($$select private.raise_error(409, 'username_taken', 'A sentence.')$$),
  array['PT409', 'username_taken', 'A sentence.', ''],
  'an error without a field has no detail'
);
select is(
  (pg_temp.error_of($$select private.raise_error(422, 'x', 'At most {caption_length} characters, {tags} tags, {none}.')$$))[3],
  'At most 2,200 characters, 30 tags, {none}.', 'a message takes its numbers from the limits'
);
select is(
  pg_temp.error_of('select private.raise_rate_limited(17)'),
  array[
    'PGRST', '',
    '{"code" : "PT429", "message" : "Too many requests: try again in 17 seconds.", "details" : null, "hint" : "rate_limited"}',
    '{"status" : 429, "headers" : {"Retry-After" : "17"}}'
  ],
  'a rate limit is raised in the form that the Data API turns into a status and a header'
);

select * from finish();
rollback;
