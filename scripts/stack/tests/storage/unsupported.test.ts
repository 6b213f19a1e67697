import { beforeAll, describe, expect, it } from 'vitest';
import { ann, open, own, raw, service, stored, useStorageFixtures } from './fixtures.ts';

useStorageFixtures();

describe('features of the platform', () => {
  const refused = {
    status: 400,
    statusCode: '409',
    code: 'FeatureNotEnabled',
    message: 'The feature versioning is not enabled for this resource',
  };
  const name = () => `${ann.id}/absent`;

  beforeAll(async () => {
    await ann.client.storage.from(own).upload(name(), 'here');
  });

  it('refuses versions of objects by name', async () => {
    const { storage } = service;
    const files = ann.client.storage.from(own);
    const versionId = '1';
    const answers = [
      await storage.createBucket('versioned', { public: false, versioningStatus: 'ENABLED' }),
      await storage.updateBucket(open, { public: false, versioningStatus: 'SUSPENDED' }),
      await storage.getBucketLifecycle(open),
      await storage.updateBucketLifecycle(open, { rules: [] }),
      await storage.deleteBucketLifecycle(open),
      await files.download(name(), { versionId }),
      await files.info(name(), { versionId }),
      await files.createSignedUrl(name(), 60, { versionId }),
      await files.move(name(), `${name()}2`, { sourceVersionId: versionId }),
      await files.copy(name(), `${name()}2`, { sourceVersionId: versionId }),
      await files.remove([{ path: name(), versionId }]),
    ];
    expect(answers.map(({ error }) => error)).toEqual(answers.map(() => expect.objectContaining(refused)));
    expect(await stored(own, name())).toEqual([name()]);
    expect((await storage.getBucket(open)).data?.public).toBe(true);
    expect((await storage.getBucket('versioned')).error).toMatchObject({ code: 'NoSuchBucket' });
  });

  it('refuses to purge a CDN cache, as a Supabase without a CDN does', async () => {
    const files = service.storage.from(open);
    for (const { error } of [await files.purgeCache('x'), await service.storage.purgeBucketCache(open)])
      expect(error).toMatchObject({ code: 'MissingParameter', status: 400 });
    expect((await ann.client.storage.from(open).purgeCache('x')).error).toMatchObject({ statusCode: '403' });
  });

  it('has no buckets for analytics and vectors, and no S3 protocol', async () => {
    expect(
      (await service.storage.createBucket('lake', { public: false, type: 'ANALYTICS' })).error,
    ).toMatchObject({
      status: 400,
    });
    for (const path of ['iceberg/bucket', 'vector/ListVectorBuckets', 's3/any'])
      expect((await raw(path, { method: 'POST', as: ann, body: '{}' })).status).toBe(404);
  });
});
