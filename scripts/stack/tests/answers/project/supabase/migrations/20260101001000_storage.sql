-- Buckets, one for each setting, and who may do what in them.

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values
  ('files', 'files', false, null, null),
  ('open', 'open', true, null, null),
  ('small', 'small', false, 1000, null),
  ('images', 'images', false, null, array['image/*']),
  ('pictures', 'pictures', false, null, array['image/png', 'image/jpeg']);

create policy select_in_buckets on storage.objects for select to authenticated
  using (bucket_id in ('files', 'open', 'small', 'images', 'pictures'));
create policy insert_anywhere on storage.objects for insert to authenticated
  with check (bucket_id in ('files', 'open', 'small', 'images'));
-- Only into the folder that is named after oneself.
create policy insert_in_own_folder on storage.objects for insert to authenticated
  with check (bucket_id = 'pictures' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy update_own on storage.objects for update to authenticated
  using (owner_id = (select auth.uid())::text);
create policy delete_own on storage.objects for delete to authenticated
  using (owner_id = (select auth.uid())::text);
