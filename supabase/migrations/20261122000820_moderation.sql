-- Taking a post out of sight without taking it from its owner.

create function public.hide_post(post_id uuid, hidden boolean default true, reason text default null)
returns public.posts
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_post public.posts;
begin
  perform private.require_role('moderator');
  if char_length(hide_post.reason) > (public.limits() ->> 'reason_length')::integer then
    perform private.raise_error(422, 'reason_invalid', 'A reason has at most 1,000 characters.', 'reason');
  end if;
  -- For private.record_post_change, which writes it into the audit log, and for this statement only.
  perform set_config('noctra.reason', coalesce(hide_post.reason, ''), true);
  -- What is hidden stays as it was hidden: doing it again changes nothing.
  update public.posts
  set hidden_at = case when hide_post.hidden then coalesce(posts.hidden_at, now()) end
  where posts.id = hide_post.post_id
  returning * into v_post;
  perform set_config('noctra.reason', '', true);
  if v_post.id is null then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  end if;
  return v_post;
end
$$;
comment on function public.hide_post(uuid, boolean, text) is
  'Hides a post from everybody but its owner and moderators, or (hidden: false) shows it again. For moderators and admins. The reason goes into the audit log. Security definer: nobody has a grant on the column. The caller''s role is checked here.';
grant execute on function public.hide_post(uuid, boolean, text) to authenticated, service_role;
