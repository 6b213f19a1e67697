-- Each team keeps files in a folder of its own: <team>/<file>.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('floor-plans', 'floor-plans', false, 102400, array['image/svg+xml', 'application/pdf']);

create policy floor_plans_select on storage.objects for select to authenticated
  using (bucket_id = 'floor-plans' and private.has_role(((storage.foldername(name))[1])::extensions.citext, 'member'));
create policy floor_plans_insert on storage.objects for insert to authenticated
  with check (bucket_id = 'floor-plans' and private.has_role(((storage.foldername(name))[1])::extensions.citext, 'manager'));
create policy floor_plans_delete on storage.objects for delete to authenticated
  using (bucket_id = 'floor-plans' and private.has_role(((storage.foldername(name))[1])::extensions.citext, 'manager'));
