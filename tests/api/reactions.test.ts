import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { call, callAs, formOf, like, nextPage, publish, readIds, readList } from '../kit/api.ts';
import { fixture, load } from '../kit/files.ts';
import { newPeople, newPerson, type Person } from '../kit/people.ts';

const save = (person: Person, id: string) => callAs(person, 'PUT', `/posts/${id}/save/`);
const read = async (person: Person, id: string) => (await callAs(person, 'GET', `/posts/${id}/`)).json;

describe('likes', () => {
  test('a like may be repeated, counts once, and may be taken back more than once', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const { id } = await publish(kai);
    expect(await read(ann, id)).toMatchObject({ liked: false, like_count: 0 });
    for (let time = 0; time < 2; time++)
      expect(await like(ann, id)).toMatchObject({ status: 200, json: { liked: true, like_count: 1 } });
    expect((await like(kai, id)).json).toEqual({ liked: true, like_count: 2 });
    expect(await read(ann, id)).toMatchObject({ liked: true, like_count: 2 });
    for (let time = 0; time < 2; time++)
      expect(await callAs(ann, 'DELETE', `/posts/${id}/like/`)).toMatchObject({
        status: 200,
        json: { liked: false, like_count: 1 },
      });
    expect(await read(ann, id)).toMatchObject({ liked: false, like_count: 1 });
  });

  test('the likes of a post are users, the latest first, in pages', async () => {
    const [kai, ...fans] = (await newPeople(4)) as [Person, Person, Person, Person];
    const { id } = await publish(kai);
    for (const fan of fans) await like(fan, id);
    const ids = fans.map((fan) => fan.id).toReversed();
    expect(await readIds(kai, `/posts/${id}/likes/`)).toEqual(ids);
    const first = await callAs(kai, 'GET', `/posts/${id}/likes/?limit=2`);
    const second = await callAs(kai, 'GET', nextPage(first) ?? '');
    expect([...first.json, ...second.json].map((user) => user.id)).toEqual(ids);
    expect(second.json[0]).toMatchObject({ username: fans[0].username, following: false });
  });

  test('likes by blocked users are counted but not listed', async () => {
    const [ann, kai, zoe] = (await newPeople(3)) as [Person, Person, Person];
    const { id } = await publish(kai);
    await like(zoe, id);
    await callAs(ann, 'PUT', `/userprofiles/${zoe.id}/block/`);
    expect(await readIds(ann, `/posts/${id}/likes/`)).toEqual([]);
    expect(await read(ann, id)).toMatchObject({ like_count: 1 });
    expect(await readIds(kai, `/posts/${id}/likes/`)).toEqual([zoe.id]);
  });

  test('every list of posts has the counts and what the caller has done', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const tag = `tag_${randomUUID().slice(0, 8)}`;
    const { id } = await publish(kai, { tags: [tag] });
    await callAs(ann, 'PUT', `/userprofiles/${kai.id}/follow/`);
    await like(ann, id);
    await save(ann, id);
    await callAs(ann, 'POST', `/posts/${id}/comments/`, { text: 'Well seen' });
    await publish(ann, { original_post: id });
    const done = {
      ...{ like_count: 1, comment_count: 1, repost_count: 1 },
      ...{ liked: true, saved: true, reposted: true },
    };
    for (const path of ['/feed/', `/posts/?tag=${tag}`, `/posts/user/${kai.id}/`, '/saved/']) {
      const list = await readList(ann, path);
      expect(
        list.find((post: { id: string }) => post.id === id),
        path,
      ).toMatchObject(done);
    }
    expect(await read(kai, id)).toMatchObject({ ...done, liked: false, saved: false, reposted: false });
  });
});

describe('saved posts', () => {
  test('a save may be repeated and taken back more than once', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const { id } = await publish(kai);
    for (let time = 0; time < 2; time++)
      expect(await save(ann, id)).toMatchObject({ status: 200, json: { saved: true } });
    expect(await read(ann, id)).toMatchObject({ saved: true });
    expect(await read(kai, id)).toMatchObject({ saved: false });
    for (let time = 0; time < 2; time++)
      expect(await callAs(ann, 'DELETE', `/posts/${id}/save/`)).toMatchObject({
        status: 200,
        json: { saved: false },
      });
    expect(await readIds(ann, '/saved/')).toEqual([]);
  });

  test('the last saved post comes first, in pages, with its files', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const form = formOf({ caption: 'A photo' }, fixture('photo.jpg', 'image/jpeg'));
    const photo = (await call('/posts/', { token: kai.token, form })).json;
    const others = [await publish(kai), await publish(ann)];
    const saved = [others[1].id, photo.id, others[0].id];
    for (const id of saved) await save(ann, id);
    const first = await callAs(ann, 'GET', '/saved/?limit=2');
    const second = await callAs(ann, 'GET', nextPage(first) ?? '');
    expect([...first.json, ...second.json].map(({ id }) => id)).toEqual(saved.toReversed());
    expect(nextPage(second)).toBeNull();
    expect((await load(first.json[1].media[0].url)).length).toBeGreaterThan(0);
  });

  test('the saved posts have only what is visible now, and are for their user alone', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const [first, second] = [await publish(kai), await publish(kai)];
    await save(ann, first.id);
    await save(ann, second.id);
    await callAs(kai, 'PATCH', `/posts/${first.id}/`, { is_public: false });
    expect(await readIds(ann, '/saved/')).toEqual([second.id]);
    expect(await readIds(kai, '/saved/')).toEqual([]);
    // What is not visible any more can still be taken from the list.
    expect((await callAs(ann, 'DELETE', `/posts/${first.id}/save/`)).status).toBe(200);
    await callAs(kai, 'PATCH', `/posts/${first.id}/`, { is_public: true });
    expect(await readIds(ann, '/saved/')).toEqual([second.id]);
  });
});

describe('reposts', () => {
  test('the reposts of a post are posts, newest first, and only visible ones', async () => {
    const [ann, kai, zoe] = (await newPeople(3)) as [Person, Person, Person];
    const { id } = await publish(kai);
    const reposts = [await publish(ann, { original_post: id }), await publish(zoe, { original_post: id })];
    await publish(ann, { original_post: id, is_public: false });
    const path = `/posts/${id}/reposts/`;
    expect(await readIds(kai, path)).toEqual(reposts.map((post) => post.id).toReversed());
    const page = await callAs(kai, 'GET', `${path}?limit=1`);
    expect(page.json[0]).toMatchObject({ id: reposts[1].id, is_repost: true, original_post: id });
    expect(await readIds(kai, nextPage(page) ?? '')).toEqual([reposts[0].id]);
    expect(await read(kai, id)).toMatchObject({ repost_count: 2 });
  });
});

describe('a post that is not visible', () => {
  test.each<[what: string, hide: (owner: Person, reader: Person, id: string) => Promise<unknown>]>([
    ['private', (owner, _, id) => callAs(owner, 'PATCH', `/posts/${id}/`, { is_public: false })],
    [
      'of a private profile',
      (owner) => callAs(owner, 'PATCH', '/userprofiles/me/', { publicProfile: false }),
    ],
    ['of a blocked user', (owner, reader) => callAs(reader, 'PUT', `/userprofiles/${owner.id}/block/`)],
    ['of a user who blocks', (owner, reader) => callAs(owner, 'PUT', `/userprofiles/${reader.id}/block/`)],
    ['deleted', (owner, _, id) => callAs(owner, 'DELETE', `/posts/${id}/`)],
  ])('a post that is %s is a 404 to like, save and list', async (_, hide) => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const { id } = await publish(kai);
    await hide(kai, ann, id);
    for (const [method, path] of [
      ['PUT', 'like'],
      ['PUT', 'save'],
      ['GET', 'likes'],
      ['GET', 'reposts'],
      ['GET', 'comments'],
    ] as const)
      expect(await callAs(ann, method, `/posts/${id}/${path}/`), path).toMatchObject({
        status: 404,
        json: { code: 'post_not_found' },
      });
  });

  test.each(['me', 'x', '%00', '%ff', randomUUID(), `${randomUUID()}0`, '%27%20or%201%3D1'])(
    'the post %s is a 404 on every path',
    async (id) => {
      const ann = await newPerson();
      for (const [method, path] of [
        ['PUT', 'like'],
        ['DELETE', 'like'],
        ['PUT', 'save'],
        ['DELETE', 'save'],
        ['GET', 'likes'],
        ['GET', 'reposts'],
      ] as const)
        expect(await callAs(ann, method, `/posts/${id}/${path}/`), path).toMatchObject({
          status: 404,
          json: { code: 'post_not_found' },
        });
    },
  );
});
