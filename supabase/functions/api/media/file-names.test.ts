import { describe, expect, test } from 'vitest';
import { keyedPath, newPath, readPath } from './file-names.ts';

const userId = '0b9cdd4e-6c12-4b6b-8d65-b5f3c6a1d2aa';

describe('keyedPath', () => {
  const file = { userId, key: 'a key', place: 0, bytes: Uint8Array.of(1, 2, 3) };

  test('names the same file of the same request the same', async () => {
    const path = await keyedPath(file, 'jpg');
    expect(path).toMatch(
      /^0b9cdd4e-.*\/[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.jpg$/,
    );
    expect(await keyedPath({ ...file, bytes: Uint8Array.of(1, 2, 3) }, 'jpg')).toBe(path);
  });

  test('tells large files apart by their last byte', async () => {
    const bytes = new Uint8Array(5 * 1024 * 1024);
    const path = await keyedPath({ ...file, bytes }, 'jpg');
    bytes[bytes.length - 1] = 1;
    expect(await keyedPath({ ...file, bytes }, 'jpg')).not.toBe(path);
  });

  test.each([
    ['bytes', { bytes: Uint8Array.of(1, 2, 4) }],
    ['place', { place: 1 }],
    ['key', { key: 'another key' }],
    ['user', { userId: crypto.randomUUID() }],
  ])('names a file of another %s differently', async (_, other) => {
    const name = (path: string) => path.split('/')[1];
    expect(name(await keyedPath({ ...file, ...other }, 'jpg'))).not.toBe(name(await keyedPath(file, 'jpg')));
  });
});

describe('readPath', () => {
  test('tells uploads from published files by the extension', () => {
    expect(readPath(newPath(userId))).toEqual({ ownerId: userId, isUpload: true });
    expect(readPath(newPath(userId, 'jpg'))).toEqual({ ownerId: userId, isUpload: false });
  });

  test.each([
    '',
    'photo.jpg',
    `${userId}/photo.jpg`,
    `${userId}/${userId}/${userId}`,
    `${userId}/${userId.toUpperCase()}`,
    `${userId}/${userId}.`,
    `${userId}/${userId}.jpg\n`,
    `../${userId}/${userId}`,
  ])('knows no path like "%s"', (path) => {
    expect(readPath(path)).toBeNull();
  });
});
