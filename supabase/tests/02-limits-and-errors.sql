begin;
set local search_path = public, extensions;
select plan(5);

-- Limits

select is(
  public.limits(),
  '{
    "caption_length": 2200, "tags": 30, "tag_length": 50, "mentions": 20, "media": 10,
    "media_size": 52428800, "alt_text_length": 1000, "avatar_size": 5242880, "cover_size": 10485760,
    "username_min": 3, "username_max": 30, "bio_length": 255, "playlist_length": 255,
    "reason_length": 1000,
    "password_min": 8, "page_size": 20, "page_size_max": 100
  }'::jsonb,
  'the limits are those of the contract'
);
select is_empty(
  $$select key from jsonb_each(public.limits()) where jsonb_typeof(value) <> 'number'$$,
  'every limit is a number'
);

-- Errors

create function pg_temp.error_of(statement text) returns text[]
language plpgsql
as $$
declare
  v_state text;
  v_hint text;
  v_message text;
  v_detail text;
begin
  execute statement;
  return null;
exception when others then
  get stacked diagnostics
    v_state = returned_sqlstate, v_hint = pg_exception_hint,
    v_message = message_text, v_detail = pg_exception_detail;
  return array[v_state, v_hint, v_message, v_detail];
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
  pg_temp.error_of('select private.raise_rate_limited(17)'),
  array[
    'PGRST', '',
    '{"code" : "PT429", "message" : "Too many requests: try again in 17 seconds.", "details" : null, "hint" : "rate_limited"}',
    '{"status" : 429, "headers" : {"Retry-After" : "17"}}'
  ],
  'too often is said in the form that the Data API turns into a status and a header'
);

select * from finish();
rollback;
