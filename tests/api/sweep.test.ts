import { beforeAll, describe, expect, test } from 'vitest';
import { call, config, formOf, publish, uploadByUrl } from '../kit/api.ts';
import { openDatabase } from '../kit/database.ts';
import { fixture, fixtureBytes, load } from '../kit/files.ts';
import { objectsOf } from '../kit/owned.ts';
import { newPerson, type Person, secretClient } from '../kit/people.ts';
import { chunk, exif, pngWith } from '../kit/samples.ts';
import { eventually } from '../kit/waiting.ts';

const sql = openDatabase({ max: 1 });

let kai: Person;
let mia: Person;
beforeAll(async () => {
  [kai, mia] = await Promise.all([newPerson(), newPerson()]);
});

const sweep = (headers: Record<string, string> = { apikey: config.secretKey }) =>
  call('/sweep/', { method: 'POST', headers });
const png = () => fixture('picture.png', 'image/png');

/** Lets a day pass for a person's uploads. */
const age = ({ id }: Person) =>
  sql`update private.storage_removals set due_at = now() where name like ${`${id}/%`}`;

// Tests run at the same time, and each sweep does the work of all: what is looked at is what became of the files, and
// not which sweep did it.

/** Publishes past the function, which would look into the file. */
async function claimDirectly(person: Person, file: File): Promise<{ id: string; path: string }> {
  const path = await uploadByUrl(person, file);
  const { data, error } = await person.client.rpc('create_post', { caption: 'Directly', media: [path] });
  if (error) throw error;
  return { id: data.id, path };
}

describe('the sweep', () => {
  test('removes uploads that nothing shows for a day, and nothing else', async () => {
    const person = await newPerson();
    const abandoned = await uploadByUrl(person, png());
    const shown = await uploadByUrl(person, png());
    const post = await publish(person, { media: [shown] });
    await sweep();
    expect((await objectsOf(person)).sort()).toEqual([abandoned, shown].sort());
    await age(person);
    expect(await sweep()).toMatchObject({ status: 200, json: { removed: expect.any(Number) } });
    await eventually(async () => expect(await objectsOf(person)).toEqual([shown]));
    expect(await load(post.media[0].url)).toEqual(fixtureBytes('picture.png'));
  });

  test('leaves an upload that is due to nobody', async () => {
    const person = await newPerson();
    const path = await uploadByUrl(person, png());
    await age(person);
    const json = { caption: 'Too late', media: [path] };
    expect(await call('/posts/', { token: person.token, json })).toMatchObject({
      status: 422,
      json: { code: 'media_not_found' },
    });
  });

  test('twice, and many at once, is as good as once', async () => {
    const person = await newPerson();
    for (let upload = 0; upload < 5; upload++) await uploadByUrl(person, png());
    await age(person);
    const answers = await Promise.all(Array.from({ length: 5 }, () => sweep()));
    expect(answers.map(({ status }) => status)).toEqual(new Array(5).fill(200));
    await eventually(async () => {
      expect(await objectsOf(person)).toEqual([]);
      const left = await sql`select from private.storage_removals where name like ${`${person.id}/%`}`;
      expect(left).toHaveLength(0);
    });
    expect((await sweep()).status).toBe(200);
  });

  test('takes more than one go where there is much', async () => {
    const person = await newPerson();
    const { storage } = person.client;
    for (let upload = 0; upload < 120; upload++) {
      const path = `${person.id}/${crypto.randomUUID()}.png`;
      await storage
        .from('post-media')
        .upload(path, fixtureBytes('picture.png'), { contentType: 'image/png' });
    }
    await age(person);
    await sweep();
    await eventually(async () => expect(await objectsOf(person)).toEqual([]));
  });

  test('looks into files that came past the function', async () => {
    const { id, path } = await claimDirectly(
      kai,
      new File([pngWith(chunk('eXIf', exif()))], 'a.png', { type: 'image/png' }),
    );
    await Promise.all([sweep(), sweep(), sweep()]);
    const seen = () => call(`/posts/${id}/`, { token: mia.token });
    const media = [{ file: path, width: 320, height: 240, mime_type: 'image/png' }];
    await eventually(async () => expect((await seen()).json.media).toMatchObject(media));
    const { json } = await seen();
    // The position is gone from what others load.
    const bytes = await load(json.media[0].url);
    expect(Buffer.from(bytes).includes(Buffer.from(exif().slice(-24)))).toBe(false);
  });

  test('takes a file that lies from its post and from Storage', async () => {
    const lie = new File(['<html>'], 'a.png', { type: 'image/png' });
    const { id, path } = await claimDirectly(kai, lie);
    await eventually(async () => {
      await sweep();
      expect((await call(`/posts/${id}/`, { token: kai.token })).json.media).toEqual([]);
      expect(await objectsOf(kai)).not.toContain(path);
    });
  });

  test('takes a file whose object is gone from its post', async () => {
    const { id, path } = await claimDirectly(kai, png());
    const elsewhere = path.replace(/[^/]+$/, `${crypto.randomUUID()}.png`);
    expect((await secretClient().storage.from('post-media').move(path, elsewhere)).error).toBeNull();
    await sweep();
    await eventually(async () =>
      expect((await call(`/posts/${id}/`, { token: kai.token })).json.media).toEqual([]),
    );
  });

  test.each<[what: string, headers: () => Record<string, string>, status: number, code: string]>([
    ['nobody', () => ({}), 401, 'not_signed_in'],
    ['somebody', () => ({ authorization: `Bearer ${kai.token}` }), 403, 'forbidden'],
    ['the publishable key', () => ({ apikey: config.publishableKey }), 403, 'forbidden'],
    ['a part of the secret key', () => ({ apikey: config.secretKey.slice(0, -1) }), 403, 'forbidden'],
  ])('is not for %s', async (_, headers, status, code) => {
    expect(await sweep(headers())).toMatchObject({ status, json: { code } });
  });

  test('takes the key as a bearer token, too', async () => {
    expect((await sweep({ authorization: `Bearer ${config.secretKey}` })).status).toBe(200);
  });
});

test('the files of a deleted post go at once, without a sweep', async () => {
  const person = await newPerson();
  const form = formOf({ caption: 'Soon gone' }, png(), fixture('photo.jpg', 'image/jpeg'));
  const { json: post } = await call('/posts/', { token: person.token, form });
  await call(`/posts/${post.id}/`, { method: 'DELETE', token: person.token });
  await eventually(async () => expect(await objectsOf(person)).toEqual([]));
  expect((await fetch(post.media[0].url)).ok).toBe(false);
});
