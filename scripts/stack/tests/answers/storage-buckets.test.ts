import { afterEach, describe, expect, test } from 'vitest';
import { anonymous, dataOf, newName, service, signUp } from './asking.ts';
import { png } from './files.ts';

const made: string[] = [];
async function makeBucket(options: Parameters<typeof service.storage.createBucket>[1]) {
  const name = newName('bucket');
  made.push(name);
  dataOf(await service.storage.createBucket(name, options));
  return name;
}
afterEach(async () => {
  for (const name of made.splice(0)) {
    await service.storage.emptyBucket(name);
    await service.storage.deleteBucket(name);
  }
});

describe('a bucket', () => {
  // A megabyte is a million bytes: parseFileSizeToBytes in src/storage/limits.ts of supabase/storage.
  test('is created with its limits', async () => {
    const options = { public: true, fileSizeLimit: '1MB', allowedMimeTypes: ['image/png'] };
    const name = await makeBucket(options);
    expect(dataOf(await service.storage.getBucket(name))).toMatchObject({
      id: name,
      name,
      public: true,
      file_size_limit: 1_000_000,
      allowed_mime_types: ['image/png'],
    });
  });

  test('is created once per name', async () => {
    const name = await makeBucket({ public: false });
    const { error } = await service.storage.createBucket(name);
    expect(error).toMatchObject({ statusCode: '409', message: 'The resource already exists' });
  });

  test('can be changed', async () => {
    const name = await makeBucket({ public: true });
    dataOf(await service.storage.updateBucket(name, { public: false, fileSizeLimit: 10 }));
    expect(dataOf(await service.storage.getBucket(name))).toMatchObject({
      public: false,
      file_size_limit: 10,
    });
    const { error } = await service.storage.from(name).upload('x.png', png);
    expect(error).toMatchObject({ statusCode: '413' });
  });

  test('can be deleted only when it is empty', async () => {
    const name = await makeBucket({ public: false });
    dataOf(await service.storage.from(name).upload('x.png', png));
    expect((await service.storage.deleteBucket(name)).error).not.toBeNull();
    dataOf(await service.storage.emptyBucket(name));
    // Supabase empties it in the background.
    const remove = async () => (await service.storage.deleteBucket(name)).error;
    await expect.poll(remove).toBeNull();
    expect((await service.storage.getBucket(name)).error).toMatchObject({ message: 'Bucket not found' });
  });

  test('cannot be created by users', async () => {
    const ann = await signUp();
    const { error } = await ann.client.storage.createBucket(newName());
    expect(error).toMatchObject({ statusCode: '403' });
  });
});

describe('the list of buckets', () => {
  test('shows all buckets to the service, and none to users without a policy', async () => {
    const all = dataOf(await service.storage.listBuckets());
    const names = all.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['files', 'images', 'open', 'pictures', 'small']));
    expect(dataOf(await anonymous.storage.listBuckets())).toEqual([]);
  });

  test('can be searched and limited', async () => {
    const found = dataOf(await service.storage.listBuckets({ search: 'pictures', limit: 1 }));
    expect(found.map(({ name }) => name)).toEqual(['pictures']);
  });
});

// getAllBuckets.ts and getBucket.ts of supabase/storage: only the list tells the type.
test('tells the type of a bucket in the list alone', async () => {
  const [listed] = dataOf(await service.storage.listBuckets({ search: 'pictures', limit: 1 }));
  expect(listed).toMatchObject({ id: 'pictures', type: 'STANDARD' });
  expect(dataOf(await service.storage.getBucket('pictures'))).not.toHaveProperty('type');
});

test('answers that emptying a bucket is queued', async () => {
  const { message } = dataOf(await service.storage.emptyBucket(await makeBucket({ public: false })));
  expect(message).toBe('Empty bucket has been queued. Completion may take up to an hour.');
});
