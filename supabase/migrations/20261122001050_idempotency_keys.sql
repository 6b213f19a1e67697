-- A request that is sent again, because its answer was lost, does not do its work again.

create table private.idempotency_keys (
  owner_id uuid not null references public.profiles (id) on delete cascade,
  key text not null,
  request_hash bytea not null,
  post_id uuid references public.posts (id) on delete set null,
  created_at timestamptz not null default now(),
  primary key (owner_id, key)
);
create index idempotency_keys_post_id_idx on private.idempotency_keys (post_id);
-- What the sweep takes away: public.sweep_take.
create index idempotency_keys_created_at_idx on private.idempotency_keys (created_at);
comment on table private.idempotency_keys is 'Requests that clients may repeat, for a day, without repeating what they did.';
comment on column private.idempotency_keys.owner_id is 'Whose request: two people may choose the same key.';
comment on column private.idempotency_keys.key is 'What the client sent, 1 to 255 characters.';
comment on column private.idempotency_keys.request_hash is 'SHA-256 of the arguments: a key is good for one request only.';
comment on column private.idempotency_keys.post_id is 'The post that the request made; null once it is deleted.';
comment on column private.idempotency_keys.created_at is 'When the request was first made.';

create function private.claim_idempotency_key(key text, request_hash bytea)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id constant uuid := auth.uid();
  v_key constant text := claim_idempotency_key.key;
  v_first record;
begin
  -- The same key at the same time waits here until the first request is done, and then finds what it did.
  insert into private.idempotency_keys (owner_id, key, request_hash)
  values (v_user_id, v_key, claim_idempotency_key.request_hash)
  on conflict do nothing;
  if found then
    return null;
  end if;

  select idempotency_keys.request_hash, idempotency_keys.post_id
  into v_first
  from private.idempotency_keys
  where idempotency_keys.owner_id = v_user_id and idempotency_keys.key = v_key;
  if v_first.request_hash <> claim_idempotency_key.request_hash then
    perform private.raise_error(
      422, 'idempotency_key_reused', 'The idempotency key was sent before with other arguments.', 'idempotency_key'
    );
  elsif v_first.post_id is null then
    perform private.raise_error(
      422, 'idempotency_key_reused', 'The post of this idempotency key has since been deleted.', 'idempotency_key'
    );
  end if;
  return v_first.post_id;
end
$$;
comment on function private.claim_idempotency_key(text, bytea) is
  'Null for the first request with this key; for a repeated one the id of the post that the first made. Security definer: the table is nobody''s but this function''s. It looks at the caller''s own keys only.';
grant execute on function private.claim_idempotency_key(text, bytea) to authenticated;

create function private.settle_idempotency_key(key text, post_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  update private.idempotency_keys
  set post_id = settle_idempotency_key.post_id
  where idempotency_keys.owner_id = auth.uid()
    and idempotency_keys.key = settle_idempotency_key.key
    and idempotency_keys.post_id is null;
end
$$;
comment on function private.settle_idempotency_key(text, uuid) is
  'Notes which post a claimed key has made. Security definer: the table is nobody''s to write. It changes the caller''s own keys only.';
grant execute on function private.settle_idempotency_key(text, uuid) to authenticated;
