import { describe, expect, it } from 'vitest';
import { ann, run, service, sql, useStorageFixtures } from './fixtures.ts';

useStorageFixtures();

describe('policies on storage.objects', () => {
  it('can read the operation, the user and the declared type and length', async () => {
    const name = `asks_${run}`;
    const bucket = `asks-${run}`;
    await service.storage.createBucket(bucket, { public: false });
    const rule = `bucket_id = '${bucket}' and storage.allow_any_operation(array['object.upload', 'storage.object.list'])`;
    try {
      await sql.unsafe(
        `create policy "${name}_insert" on storage.objects for insert to authenticated with check (${rule}
          and metadata ->> 'mimetype' = 'text/css' and (metadata ->> 'contentLength')::int < 10
          and user_metadata ->> 'k' = 'v' and auth.jwt() ->> 'sub' = auth.uid()::text)`,
      );
      await sql.unsafe(
        `create policy "${name}_select" on storage.objects for select to authenticated using (${rule})`,
      );
      const files = ann.client.storage.from(bucket);
      const good = { contentType: 'text/css', metadata: { k: 'v' } };
      expect((await files.upload('a', 'short', good)).error).toBeNull();
      expect((await files.upload('b', 'longer than that', good)).error).toMatchObject({ statusCode: '403' });
      expect((await files.upload('b', 'short', { metadata: { k: 'v' } })).error).toMatchObject({
        statusCode: '403',
      });
      expect((await files.list()).data).toHaveLength(1);
      expect((await files.download('a')).error).not.toBeNull();
      expect((await files.createSignedUrl('a', 60)).error).not.toBeNull();
    } finally {
      await sql.unsafe(`drop policy if exists "${name}_insert" on storage.objects`);
      await sql.unsafe(`drop policy if exists "${name}_select" on storage.objects`);
      await service.storage.emptyBucket(bucket);
      await service.storage.deleteBucket(bucket);
    }
  });
});
