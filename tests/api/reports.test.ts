import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { call, callAs, nextPage, publish, readIds, readList } from '../kit/api.ts';
import { newPeople, newPerson, type Person, secretClient } from '../kit/people.ts';

let moderator: Person;
beforeAll(async () => {
  moderator = await newPerson();
  await secretClient().rpc('set_role', { profile_id: moderator.id, role: 'moderator' }).throwOnError();
});

const report = (person: Person, fields: object) =>
  callAs(person, 'POST', '/reports/', { reason: 'spam', ...fields });

/** A user, and a post and comment of another one. */
async function annAndTargets() {
  const [ann, kai] = (await newPeople(2)) as [Person, Person];
  const post = (await publish(kai, { caption: 'Buy this' })).id;
  const { json } = await callAs(kai, 'POST', `/posts/${post}/comments/`, { text: 'And this' });
  return { ann, kai, post, comment: json.id as string };
}

/** The report with an id, as moderators read it. */
async function readReport(id: string) {
  return (await readList(moderator, '/reports/?limit=100')).find((found: { id: string }) => found.id === id);
}

describe('reporting', () => {
  test('a post, a comment or a user is reported, and comes into the queue', async () => {
    const { ann, kai, post, comment } = await annAndTargets();
    const nothing = { post: null, comment: null, user: null };
    for (const [target, shown, preview] of [
      [{ post }, { post }, 'Buy this'],
      [{ comment }, { comment }, 'And this'],
      [{ user: kai.username }, { user: kai.id }, null],
    ] as const) {
      const { status, json } = await report(ann, { ...target, text: 'Look at it' });
      expect({ status, json }).toEqual({
        status: 201,
        json: {
          ...nothing,
          ...shown,
          id: expect.any(String),
          reason: 'spam',
          text: 'Look at it',
          created_at: expect.any(String),
        },
      });
      expect(await readReport(json.id)).toMatchObject({
        ...json,
        preview,
        state: 'open',
        note: '',
        reporter: { id: ann.id, username: ann.username },
        owner: { id: kai.id, username: kai.username },
        handled_by: null,
      });
    }
  });

  test('a report may come as a form', async () => {
    const { ann, post } = await annAndTargets();
    const body = new URLSearchParams({ post, comment: '', user: '', reason: 'violence', text: '' });
    expect(await call('/reports/', { token: ann.token, body })).toMatchObject({
      status: 201,
      json: { post, comment: null, user: null, reason: 'violence', text: '' },
    });
  });

  test('the same report again is the first one, until it is handled', async () => {
    const { ann, post } = await annAndTargets();
    const first = (await report(ann, { post })).json;
    expect((await report(ann, { post, reason: 'other' })).json).toEqual(first);
    await callAs(moderator, 'PATCH', `/reports/${first.id}/`, { state: 'dismissed' });
    expect((await report(ann, { post })).json.id).not.toBe(first.id);
  });

  test.each<
    [what: string, fields: (targets: Record<string, unknown>) => object, status: number, code: string]
  >([
    ['nothing', () => ({}), 422, 'report_target_invalid'],
    ['two things', ({ post, comment }) => ({ post, comment }), 422, 'report_target_invalid'],
    ['no reason', ({ post }) => ({ post, reason: undefined }), 422, 'report_reason_invalid'],
    ['an unknown reason', ({ post }) => ({ post, reason: 'boring' }), 422, 'report_reason_invalid'],
    ['a long text', ({ post }) => ({ post, text: 'x'.repeat(1001) }), 422, 'report_text_invalid'],
    ['an unknown field', ({ post }) => ({ post, state: 'resolved' }), 422, 'field_unknown'],
    ['no post', () => ({ post: randomUUID() }), 404, 'post_not_found'],
    ['no id of a post', () => ({ post: 'x' }), 404, 'post_not_found'],
    ['no comment', () => ({ comment: randomUUID() }), 404, 'comment_not_found'],
    ['a number as comment', () => ({ comment: 5 }), 404, 'comment_not_found'],
    ['no user', () => ({ user: randomUUID() }), 404, 'profile_not_found'],
    ['no name of a user', () => ({ user: "' or 1=1" }), 404, 'profile_not_found'],
    ['themselves', () => ({ user: 'me' }), 422, 'not_yourself'],
  ])('a report of %s is refused', async (_, fields, status, code) => {
    const { ann, kai, post, comment } = await annAndTargets();
    expect(await report(ann, fields({ post, comment, kai }))).toMatchObject({ status, json: { code } });
  });

  test('nobody reports what they cannot see', async () => {
    const { ann, kai, post, comment } = await annAndTargets();
    await callAs(kai, 'PATCH', `/posts/${post}/`, { is_public: false });
    expect(await report(ann, { post })).toMatchObject({ status: 404, json: { code: 'post_not_found' } });
    expect(await report(ann, { comment })).toMatchObject({
      status: 404,
      json: { code: 'comment_not_found' },
    });
  });
});

describe('the queue', () => {
  test('moderators resolve and dismiss reports with a note', async () => {
    const { ann, post } = await annAndTargets();
    const { id } = (await report(ann, { post })).json;
    const edit = (fields: object) => callAs(moderator, 'PATCH', `/reports/${id}/`, fields);
    expect(await edit({ state: 'resolved', note: 'Hidden' })).toMatchObject({
      status: 200,
      json: { id, state: 'resolved', note: 'Hidden', handled_by: { id: moderator.id } },
    });
    // What is left out stays.
    expect((await edit({ state: 'dismissed' })).json).toMatchObject({ state: 'dismissed', note: 'Hidden' });
    expect((await edit({ note: 'Not spam' })).json).toMatchObject({ state: 'dismissed', note: 'Not spam' });
    for (const [fields, code] of [
      [{ state: 'closed' }, 'report_state_invalid'],
      [{ note: 'x'.repeat(1001) }, 'report_note_invalid'],
      [{ reason: 'spam' }, 'field_unknown'],
    ] as const)
      expect(await edit(fields)).toMatchObject({ status: 422, json: { code } });
  });

  test('reports come newest first or oldest first, in pages, and by state', async () => {
    const { ann, kai, post, comment } = await annAndTargets();
    const ids: string[] = [];
    for (const target of [{ post }, { comment }, { user: kai.id }])
      ids.unshift((await report(ann, target)).json.id);
    const all = (await readIds(moderator, '/reports/?state=open&limit=100')).filter((id) => ids.includes(id));
    expect(all).toEqual(ids);
    const [newest] = ids;
    await callAs(moderator, 'PATCH', `/reports/${newest}/`, { state: 'resolved' });
    expect(await readIds(moderator, '/reports/?state=open&limit=100')).not.toContain(newest);
    expect(await readIds(moderator, '/reports/?state=resolved')).toContain(newest);
    for (const query of ['state=open&order=oldest', 'order=oldest']) {
      const first = await callAs(moderator, 'GET', `/reports/?${query}&limit=2`);
      const next = await callAs(moderator, 'GET', `${nextPage(first)}`);
      const shown = [...first.json, ...next.json].map(({ id }: { id: string }) => id);
      expect(shown.length).toBeGreaterThan(2);
      expect(shown).toEqual(shown.toSorted());
    }
    const page = await callAs(moderator, 'GET', '/reports/?limit=1');
    expect(page.json).toHaveLength(1);
    expect((await readIds(moderator, nextPage(page) ?? ''))[0]).not.toBe(page.json[0].id);
    expect(await callAs(moderator, 'GET', '/reports/?state=x')).toMatchObject({
      status: 422,
      json: { code: 'report_state_invalid' },
    });
  });

  test('nobody else reads or changes reports, their own included', async () => {
    const { ann, kai, post } = await annAndTargets();
    const { id } = (await report(ann, { post })).json;
    for (const person of [ann, kai])
      for (const [method, path, json] of [
        ['GET', '/reports/', undefined],
        ['PATCH', `/reports/${id}/`, { state: 'dismissed' }],
        ['PATCH', `/reports/${randomUUID()}/`, { state: 'dismissed' }],
      ] as const)
        expect(await callAs(person, method, path, json)).toMatchObject({
          status: 403,
          json: { code: 'forbidden' },
        });
    expect(await readReport(id)).toMatchObject({ state: 'open' });
  });

  test.each(['me', 'x', '%00', '%ff', randomUUID()])('the report %s is a 404', async (id) => {
    expect(await callAs(moderator, 'PATCH', `/reports/${id}/`, { note: 'x' })).toMatchObject({
      status: 404,
      json: { code: 'report_not_found' },
    });
  });
});
