import { beforeAll, describe, expect, test } from 'vitest';
import { call, config, formOf, publish, publishLoose, sweep, uploadByUrl } from '../kit/api.ts';
import { openDatabase } from '../kit/database.ts';
import { fixture, load } from '../kit/files.ts';
import { objectsOf } from '../kit/owned.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { eventually } from '../kit/waiting.ts';

const sql = openDatabase({ max: 1 });

let kai: Person;
beforeAll(async () => {
  kai = await newPerson();
});

const png = () => fixture('picture.png', 'image/png');

/** Lets a day pass for a user's files that nothing shows. */
async function passDay({ id }: Person): Promise<void> {
  await sql`update storage.objects set created_at = now() - interval '25 hours' where name like ${`${id}/%`}`;
  await sql`update private.unused_files set remove_at = now() where name like ${`${id}/%`} and owner_id is not null`;
}

/** The files of a user that wait to be removed. */
const waitingOf = ({ id }: Person) =>
  sql<{ name: string; attempts: number; in_minutes: number }[]>`
    select name, attempts, (extract(epoch from remove_at - now()) / 60)::float as in_minutes
    from private.unused_files where name like ${`${id}/%`}`;

// Tests run at the same time, and each sweep does the work of all: the tests look at what became of the files, and not
// at which sweep did it.

describe('the sweep', () => {
  test('removes uploads and published files that nothing shows for a day, and nothing else', async () => {
    const person = await newPerson();
    const upload = await uploadByUrl(person, png());
    const loose = await publishLoose(person);
    const post = await publish(person, { media: [await uploadByUrl(person, png())] });
    const [{ file: shown, url }] = post.media;
    await sweep();
    expect(await objectsOf(person, 'uploads')).toContain(upload);
    expect((await objectsOf(person)).sort()).toEqual([loose, shown].sort());
    await passDay(person);
    expect(await sweep()).toMatchObject({ status: 200, json: { removed: expect.any(Number) } });
    await eventually(async () => {
      expect(await objectsOf(person, 'uploads')).toEqual([]);
      expect(await objectsOf(person)).toEqual([shown]);
    });
    expect((await load(url)).length).toBeGreaterThan(0);
  });

  test('leaves a file that it removes to nobody', async () => {
    const person = await newPerson();
    const path = await publishLoose(person);
    await passDay(person);
    await sweep();
    const json = { caption: 'Too late', media: [path] };
    expect(await call('/posts/', { token: person.token, json })).toMatchObject({
      status: 422,
      json: { code: 'media_not_found' },
    });
  });

  test('can run many times at once', async () => {
    const person = await newPerson();
    for (let file = 0; file < 5; file++) await publishLoose(person);
    await passDay(person);
    const answers = await Promise.all(Array.from({ length: 5 }, () => sweep()));
    expect(answers.map(({ status }) => status)).toEqual(new Array(5).fill(200));
    await eventually(async () => {
      expect(await objectsOf(person)).toEqual([]);
      expect(await waitingOf(person)).toHaveLength(0);
    });
    expect((await sweep()).status).toBe(200);
  });

  test('removes more than one batch', async () => {
    const person = await newPerson();
    for (let file = 0; file < 120; file++) {
      const path = `${person.id}/${crypto.randomUUID()}`;
      await person.client.storage.from('uploads').upload(path, 'x');
    }
    await passDay(person);
    await sweep();
    await eventually(async () => expect(await objectsOf(person, 'uploads')).toEqual([]));
  });

  test('does not remove a file of a post that a repeated request registered again', async () => {
    const person = await newPerson();
    const send = () =>
      call('/posts/', {
        token: person.token,
        headers: { 'idempotency-key': 'twice' },
        form: formOf({ caption: 'Twice' }, png()),
      });
    const [first, second] = [await send(), await send()];
    expect(second.json.id).toBe(first.json.id);
    await passDay(person);
    await sweep();
    await eventually(async () => expect(await waitingOf(person)).toHaveLength(0));
    expect(await objectsOf(person)).toEqual([first.json.media[0].file]);
  });

  test.each<[what: string, headers: () => Record<string, string>, status: number, code: string]>([
    ['nobody', () => ({}), 401, 'not_signed_in'],
    ['a user', () => ({ authorization: `Bearer ${kai.token}` }), 403, 'forbidden'],
    ['the publishable key', () => ({ apikey: config.publishableKey }), 403, 'forbidden'],
    ['a part of the secret key', () => ({ apikey: config.secretKey.slice(0, -1) }), 403, 'forbidden'],
  ])('is refused to %s', async (_, headers, status, code) => {
    expect(await sweep(headers())).toMatchObject({ status, json: { code } });
  });

  test('takes the key as a bearer token, too', async () => {
    expect((await sweep({ authorization: `Bearer ${config.secretKey}` })).status).toBe(200);
  });
});

test('the files of a deleted post are removed at once, without a sweep', async () => {
  const person = await newPerson();
  const form = formOf({ caption: 'Soon gone' }, png(), fixture('photo.jpg', 'image/jpeg'));
  const { json: post } = await call('/posts/', { token: person.token, form });
  await call(`/posts/${post.id}/`, { method: 'DELETE', token: person.token });
  await eventually(async () => expect(await objectsOf(person)).toEqual([]));
  expect((await fetch(post.media[0].url)).ok).toBe(false);
});
