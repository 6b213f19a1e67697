-- Every way in which a function says that something is wrong. PostgREST turns the SQLSTATE into a status.

create function public.fail(kind text) returns text
language plpgsql
as $$
begin
  case kind
    when 'plain' then
      raise exception 'a plain message' using detail = 'a detail', hint = 'a hint';
    when 'status in the code' then
      raise sqlstate 'PT404' using message = 'not here', detail = 'a detail', hint = 'a hint';
    when 'whole answer' then
      raise sqlstate 'PGRST' using
        message = '{"code": "123", "message": "Payment required", "details": "a detail", "hint": "a hint"}',
        detail = '{"status": 402, "headers": {"X-Reason": "unpaid"}}';
    else
      raise exception using errcode = kind, message = 'raised ' || kind;
  end case;
end
$$;
comment on function public.fail is 'kind: one of the names above, else the SQLSTATE to raise.';

-- Succeeds, with a status and a header of its own.
create function public.answer_created() returns text
language plpgsql
as $$
begin
  perform set_config('response.status', '201', true);
  perform set_config('response.headers', '[{"X-Shelf": "left"}]', true);
  return 'created';
end
$$;

-- Longer than the limit of anon, three seconds on the platform, allows.
create function public.rest(seconds double precision) returns text
language plpgsql
as $$
begin
  perform pg_sleep(seconds);
  return 'rested';
end
$$;
