import { describe, expect, it } from 'vitest';
import { ann, own, run, service, useStorageFixtures } from './fixtures.ts';

useStorageFixtures();

describe('buckets', () => {
  const bucket = `made-${run}`;

  it('are created, shown, changed, emptied and deleted with the secret key', async () => {
    const { storage } = service;
    const options = { public: true, fileSizeLimit: '1MB', allowedMimeTypes: ['text/plain'] };
    expect(await storage.createBucket(bucket, options)).toEqual({ data: { name: bucket }, error: null });
    expect((await storage.getBucket(bucket)).data).toMatchObject({
      id: bucket,
      public: true,
      file_size_limit: 1_000_000,
      allowed_mime_types: ['text/plain'],
    });
    expect((await storage.createBucket(bucket)).error).toMatchObject({ status: 400, statusCode: '409' });
    expect((await storage.updateBucket(bucket, { public: false })).error).toBeNull();
    expect((await storage.getBucket(bucket)).data).toMatchObject({
      public: false,
      file_size_limit: 1_000_000,
    });
    await storage.from(bucket).upload('a.txt', 'a', { contentType: 'text/plain' });
    expect((await storage.deleteBucket(bucket)).error).toMatchObject({ code: 'ResourceNotEmpty' });
    expect((await storage.emptyBucket(bucket)).error).toBeNull();
    expect((await storage.deleteBucket(bucket)).error).toBeNull();
    expect((await storage.getBucket(bucket)).error).toMatchObject({
      code: 'NoSuchBucket',
      statusCode: '404',
    });
  });

  it('are neither shown to users nor created by them', async () => {
    expect((await ann.client.storage.createBucket(`ann-${run}`)).error).toMatchObject({
      message: 'new row violates row-level security policy',
      statusCode: '403',
    });
    expect((await ann.client.storage.listBuckets()).data).toEqual([]);
    expect((await service.storage.listBuckets({ search: run, limit: 2 })).data).toHaveLength(2);
    expect((await ann.client.storage.updateBucket(own, { public: true })).error).not.toBeNull();
    expect((await ann.client.storage.deleteBucket(own)).error).not.toBeNull();
  });

  it('have the names and limits that Supabase allows', async () => {
    const { storage } = service;
    expect((await storage.createBucket('a/b')).error).toMatchObject({ code: 'InvalidBucketName' });
    expect((await storage.createBucket('é')).error).toMatchObject({ code: 'InvalidBucketName' });
    expect((await storage.createBucket('a'.repeat(101))).error).toMatchObject({ code: 'InvalidBucketName' });
    const create = (fileSizeLimit: string) =>
      storage.createBucket(`never-${run}`, { public: false, fileSizeLimit });
    expect((await create('many')).error?.message).toContain('Invalid file size format');
    expect((await create('900GB')).error).toMatchObject({ code: 'EntityTooLarge' });
  });
});
