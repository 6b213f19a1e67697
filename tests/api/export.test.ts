import { expect, test } from 'vitest';
import { base, callAs, follow, like, publish, uploadByUrl } from '../kit/api.ts';
import { connect } from '../kit/database.ts';
import { load, photo } from '../kit/files.ts';
import { newPeople, newPerson, type Person } from '../kit/people.ts';

const path = '/userprofiles/me/export/';

test('exports what belongs to the caller, and nothing that others wrote', async () => {
  const [ann, kai] = (await newPeople(2)) as [Person, Person];
  const post = await publish(ann, { caption: 'By the sea #tide' });
  const other = await publish(kai, { caption: 'Not for the archive of ann' });
  await like(ann, other.id);
  await follow(kai, ann);
  const { status, json, headers } = await callAs(ann, 'GET', path);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toContain('application/json');
  expect(json.account).toMatchObject([{ id: ann.id }]);
  expect(json.profile).toMatchObject([{ username: ann.username }]);
  expect(json.posts).toMatchObject([{ id: post.id, tags: ['tide'] }]);
  expect(json.likes).toMatchObject([{ post_id: other.id }]);
  expect(json.followers).toMatchObject([{ follower_id: kai.id }]);
  expect(JSON.stringify(json)).not.toContain('Not for the archive');
});

test('gives the URLs of files', async () => {
  const ann = await newPerson();
  await publish(ann, { media: [await uploadByUrl(ann, photo())] });
  const { json } = await callAs(ann, 'GET', path);
  const shown = json.files.find(({ bucket_id }: { bucket_id: string }) => bucket_id === 'post-media');
  expect(shown.name).toBe(json.posts[0].media[0].path);
  expect((await load(shown.url)).length).toBeGreaterThan(0);
});

test('sends what has several pages in pieces while it is read', async () => {
  const ann = await newPerson();
  const sql = connect();
  await sql`insert into public.posts (owner_id, caption) select ${ann.id}, 'Post ' || n from generate_series(1, 1200) as n`;
  // Names that look like the page around them.
  await sql`
    insert into private.idempotency_keys (owner_id, key, request_hash)
    select ${ann.id}, n || '"items": [é]}', '' from generate_series(1, 1200) as n
  `;
  await sql.end();
  const response = await fetch(`${base}${path}`, { headers: { authorization: `Bearer ${ann.token}` } });
  const pieces = [];
  for await (const piece of response.body ?? []) pieces.push(piece);
  expect(pieces.length).toBeGreaterThan(3);
  const { posts, idempotency_keys: keys } = JSON.parse(Buffer.concat(pieces).toString());
  expect(new Set(posts.map(({ id }: { id: string }) => id)).size).toBe(1200);
  expect(new Set(keys.map(({ key }: { key: string }) => key)).size).toBe(1200);
});
