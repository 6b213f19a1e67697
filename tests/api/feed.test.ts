import { describe, expect, test } from 'vitest';
import { callAs, follow, nextPage, publish, readIds } from '../kit/api.ts';
import { newPeople, newPerson, type Person } from '../kit/people.ts';

describe('the home feed', () => {
  test('has own posts and those of followed users, newest first, older ones as well', async () => {
    const [ann, kai, zoe] = (await newPeople(3)) as [Person, Person, Person];
    const older = await publish(kai);
    const own = await publish(ann);
    await publish(zoe);
    expect(await readIds(ann, '/feed/')).toEqual([own.id]);
    await follow(ann, kai);
    const newer = await publish(kai);
    expect(await readIds(ann, '/feed/')).toEqual([newer.id, own.id, older.id]);
    await callAs(ann, 'DELETE', `/userprofiles/${kai.id}/follow/`);
    expect(await readIds(ann, '/feed/')).toEqual([own.id]);
  });

  test('has own private posts, and of others only what is visible', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    await follow(ann, kai);
    const own = await publish(ann, { is_public: false });
    await publish(kai, { is_public: false });
    expect(await readIds(ann, '/feed/')).toEqual([own.id]);
  });

  test('has nothing of a private profile before the request is accepted', async () => {
    const [ann, mia] = (await newPeople(2)) as [Person, Person];
    await callAs(mia, 'PATCH', '/userprofiles/me/', { publicProfile: false });
    const post = await publish(mia);
    await follow(ann, mia);
    expect(await readIds(ann, '/feed/')).toEqual([]);
    await callAs(mia, 'PUT', `/follow-requests/${ann.id}/`);
    expect(await readIds(ann, '/feed/')).toEqual([post.id]);
  });

  test('leaves out muted users, whose posts stay readable, and blocked ones', async () => {
    const [ann, kai, zoe] = (await newPeople(3)) as [Person, Person, Person];
    await follow(ann, kai);
    await follow(ann, zoe);
    const [muted, shown] = [await publish(kai), await publish(zoe)];
    await callAs(ann, 'PUT', `/userprofiles/${kai.id}/mute/`);
    expect(await readIds(ann, '/feed/')).toEqual([shown.id]);
    expect(await readIds(ann, `/posts/user/${kai.id}/`)).toEqual([muted.id]);
    await callAs(zoe, 'PUT', `/userprofiles/${ann.id}/block/`);
    expect(await readIds(ann, '/feed/')).toEqual([]);
    await callAs(ann, 'DELETE', `/userprofiles/${kai.id}/mute/`);
    expect(await readIds(ann, '/feed/')).toEqual([muted.id]);
  });

  test('comes in pages, which do not shift while posts are added', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    await follow(ann, kai);
    const published: string[] = [];
    for (const person of [ann, kai, kai, ann, kai]) published.unshift((await publish(person)).id);
    const first = await callAs(ann, 'GET', '/feed/?limit=2');
    await publish(kai);
    const second = await callAs(ann, 'GET', nextPage(first) ?? '');
    const third = await callAs(ann, 'GET', nextPage(second) ?? '');
    expect([first, second, third].flatMap(({ json }) => json.map(({ id }: { id: string }) => id))).toEqual(
      published,
    );
    expect(nextPage(third)).toBeNull();
  });

  test('of a new user is empty', async () => {
    expect(await callAs(await newPerson(), 'GET', '/feed/')).toMatchObject({ status: 200, json: [] });
  });

  test.each(['owner=me', 'page=1', 'tag=x'])('takes no filter: ?%s is a 422', async (query) => {
    expect(await callAs(await newPerson(), 'GET', `/feed/?${query}`)).toMatchObject({
      status: 422,
      json: { code: 'field_unknown' },
    });
  });
});
