// Users and buckets for the tests of Storage. Each file that calls useStorageFixtures() has its own.
import { randomUUID } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import postgres from 'postgres';
import { afterAll, beforeAll } from 'vitest';
import { anonymous, openClient, raw as request, service, target } from '../answers/asking.ts';

export { anonymous, service, target as stack };
export const run = randomUUID().slice(0, 8);
/** Buckets of this run: for files in the user's own folder; public; for at most 1000 bytes; for images. */
export const own = `own-${run}`;
export const open = `open-${run}`;
export const small = `small-${run}`;
export const images = `images-${run}`;

/** Connects with the first query. */
export const sql = postgres(target.databaseUrl, { max: 1, onnotice: () => {} });

export interface Person {
  id: string;
  client: SupabaseClient;
  token: string;
}
export let ann: Person;
export let bob: Person;

export async function signUp(name: string): Promise<Person> {
  const client = openClient();
  const { data, error } = await client.auth.signUp({
    email: `${name}-${run}@example.com`,
    password: randomUUID(),
    options: { data: { handle: `${name}${run}` } },
  });
  if (!data.session) throw error ?? new Error('no session');
  return { id: data.session.user.id, client, token: data.session.access_token };
}

/** A request to Storage without supabase-js, with a key and the token of a user. */
export function raw(path: string, init: RequestInit & { as?: Person | null } = {}): Promise<Response> {
  const { as, headers, ...rest } = init;
  return request(`/storage/v1/${path}`, {
    ...rest,
    headers: Object.fromEntries(new Headers(headers)),
    ...(as === null ? { key: null } : {}),
    ...(as ? { token: as.token } : {}),
  });
}

/** The names of all rows of a bucket, past the policies. */
export async function stored(bucket: string, prefix: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select name from storage.objects where bucket_id = ${bucket} and starts_with(name, ${prefix}) order by name
  `;
  return rows.map((row) => row.name);
}

export async function textOf(
  client: SupabaseClient,
  bucket: string,
  name: string,
): Promise<string | undefined> {
  return await (await client.storage.from(bucket).download(name)).data?.text();
}

const policies = ['insert', 'select', 'update', 'delete'].map((command) => ({
  command,
  name: `${own}_${command}`,
}));

/** Makes the users and buckets before the tests of a file, and removes them afterwards. */
export function useStorageFixtures(): void {
  beforeAll(async () => {
    [ann, bob] = await Promise.all([signUp('ann'), signUp('bob')]);
    await service.storage.createBucket(own, { public: false });
    await service.storage.createBucket(open, { public: true });
    await service.storage.createBucket(small, { public: false, fileSizeLimit: 1000 });
    await service.storage.createBucket(images, { public: false, allowedMimeTypes: ['image/*'] });
    for (const { command, name } of policies) {
      const rule = `bucket_id = '${own}' and (storage.foldername(name))[1] = (select auth.uid())::text`;
      const clause = command === 'insert' ? `with check (${rule})` : `using (${rule})`;
      await sql.unsafe(
        `create policy "${name}" on storage.objects for ${command} to authenticated ${clause}`,
      );
    }
  });

  afterAll(async () => {
    for (const { name } of policies) await sql.unsafe(`drop policy if exists "${name}" on storage.objects`);
    for (const bucket of [own, open, small, images]) {
      await service.storage.emptyBucket(bucket);
      await service.storage.deleteBucket(bucket);
    }
    await sql`delete from auth.users where id in ${sql([ann.id, bob.id])}`;
    await sql.end();
  });
}
