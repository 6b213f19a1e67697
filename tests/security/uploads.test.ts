import { beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../kit/database.ts';
import { belongings } from '../kit/owned.ts';
import type { Person } from '../kit/people.ts';
import { newName, object, type PreparedFiles, photoBytes, prepareFiles } from './prepared-files.ts';
import { send, sendPathAsIs } from './raw.ts';

const sql = openDatabase();

let ann: Person;
let eve: Person;
let files: PreparedFiles['files'];

beforeAll(async () => {
  ({ ann, eve, files } = await prepareFiles());
});

const jpeg = { 'content-type': 'image/jpeg' };

describe('an upload', () => {
  it.each<[what: string, path: () => string]>([
    ['into another’s folder', () => `post-media/${ann.id}/${newName()}`],
    ['over another’s file', () => `post-media/${files.shown}`],
    ['over another’s private file', () => `post-media/${files.kept}`],
    ['into no folder', () => `post-media/${newName()}`],
    ['under a name of her own', () => `post-media/${eve.id}/holiday.jpg`],
    ['deeper than her folder', () => `post-media/${eve.id}/${newName()}/${newName()}`],
    ['as a profile picture, past the function', () => `avatars/${eve.id}/${newName()}`],
    ['as a cover of another', () => `covers/${ann.id}/${newName()}`],
    ['up and over', () => `post-media/${eve.id}/../${ann.id}/${newName()}`],
    ['up and over, encoded', () => `post-media/${eve.id}/%2e%2e/${ann.id}/${newName()}`],
    ['up and over, encoded twice', () => `post-media/${eve.id}/%252e%252e/${ann.id}/${newName()}`],
    ['with an encoded slash', () => `post-media/${eve.id}%2f..%2f${ann.id}%2f${newName()}`],
    ['with a backslash', () => `post-media/${eve.id}\\..\\${ann.id}\\${newName()}`],
    ['with two slashes', () => `post-media//${ann.id}/${newName()}`],
    ['out of the bucket', () => `post-media/../avatars/${eve.id}/${newName()}`],
    ['with a NUL', () => `post-media/${ann.id}/${crypto.randomUUID()}%00.jpg`],
    ['with a line break', () => `post-media/${eve.id}/${newName()}%0a`],
    ['with broken UTF-8', () => `post-media/${eve.id}/%ff%fe.jpg`],
    ['in capitals', () => `post-media/${eve.id.toUpperCase()}/${newName()}`],
    ['into a bucket that is not there', () => `nowhere/${eve.id}/${newName()}`],
  ])('%s is refused', async (_what, path) => {
    const before = [await belongings(sql, ann), await belongings(sql, eve)];
    for (const [method, headers] of [
      ['POST', jpeg],
      ['POST', { ...jpeg, 'x-upsert': 'true' }],
      ['PUT', jpeg],
    ] as const) {
      const answer = await sendPathAsIs(eve, `${object}/${path()}`, {
        method,
        body: 'not a picture',
        headers,
      });
      expect([method, answer.status, answer.text]).toEqual([
        method,
        expect.toBeOneOf([400, 403, 404]),
        expect.any(String),
      ]);
    }
    expect([await belongings(sql, ann), await belongings(sql, eve)]).toEqual(before);
  });

  it('into her own folder, under a name as it should be, is taken', async () => {
    const path = `${object}/post-media/${eve.id}/${newName()}`;
    const { status } = await sendPathAsIs(eve, path, {
      method: 'POST',
      body: 'not a picture',
      headers: jpeg,
    });
    expect(status).toBe(200);
  });

  it('does not replace what a post has, by its owner either', async () => {
    const before = await belongings(sql, ann);
    for (const [method, headers] of [
      ['POST', { ...jpeg, 'x-upsert': 'true' }],
      ['PUT', jpeg],
    ] as const)
      expect(
        (await send(ann, `${object}/post-media/${files.shown}`, { method, body: 'x', headers })).status,
      ).toBe(400);
    expect(await belongings(sql, ann)).toEqual(before);
  });

  it('by a signed URL goes into her own folder alone', async () => {
    for (const path of [
      `${ann.id}/${newName()}`,
      files.shown,
      files.loose,
      `${eve.id}/../${ann.id}/${newName()}`,
    ]) {
      const answer = await sendPathAsIs(eve, `${object}/upload/sign/post-media/${path}`, {
        method: 'POST',
        body: '{}',
      });
      expect([path, answer.status]).toEqual([path, 400]);
    }
    const own = `${eve.id}/${newName()}`;
    const { token } = JSON.parse(
      (await send(eve, `${object}/upload/sign/post-media/${own}`, { json: {} })).text,
    );
    const elsewhere = await send(
      null,
      `${object}/upload/sign/post-media/${ann.id}/${newName()}?token=${token}`,
      {
        ...{ method: 'PUT', body: photoBytes(), headers: jpeg },
      },
    );
    expect(elsewhere.status).toBe(400);
  });

  it('does not take another type than the bucket’s', async () => {
    for (const type of [
      'text/html',
      'image/svg+xml',
      'application/javascript',
      'image/*',
      'image/jpeg, text/html',
    ]) {
      const headers = { 'content-type': type };
      const answer = await send(eve, `${object}/post-media/${eve.id}/${newName()}`, {
        body: '<script>',
        headers,
      });
      expect([type, answer.status]).toEqual([type, 400]);
    }
  });
});
