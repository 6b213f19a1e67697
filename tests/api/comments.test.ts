import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { call, callAs, comment, nextPage, publish, readIds, readList } from '../kit/api.ts';
import { newPeople, newPerson, type Person, secretClient } from '../kit/people.ts';

const read = (person: Person, id: string) => callAs(person, 'GET', `/comments/${id}/`);

/** Two users, and a post of the second. */
async function twoAndPost(): Promise<{ ann: Person; kai: Person; post: string }> {
  const [ann, kai] = (await newPeople(2)) as [Person, Person];
  return { ann, kai, post: (await publish(kai)).id };
}

describe('writing', () => {
  test('a comment has its text, its owner and its mentions', async () => {
    const { ann, kai, post } = await twoAndPost();
    const answer = await callAs(ann, 'POST', `/posts/${post}/comments/`, {
      text: `Hello @${kai.username} 😀`,
    });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      id: expect.any(String),
      post,
      parent: null,
      owner: {
        id: ann.id,
        username: ann.username,
        profile_pic_url: expect.stringMatching(/^\//),
        is_vip: false,
      },
      text: `Hello @${kai.username} 😀`,
      mentions: [{ id: kai.id, username: kai.username }],
      like_count: 0,
      reply_count: 0,
      liked: false,
      created_at: expect.any(String),
      updated_at: expect.any(String),
      is_deleted: false,
      hidden_at: null,
    });
    expect(answer.headers.get('location')).toBe(`/functions/v1/api/comments/${answer.json.id}/`);
    expect((await read(kai, answer.json.id)).json).toEqual(answer.json);
    expect((await callAs(kai, 'GET', `/posts/${post}/`)).json).toMatchObject({ comment_count: 1 });
  });

  test('a comment may come as a form', async () => {
    const { ann, post } = await twoAndPost();
    const { id } = await comment(ann, post);
    for (const body of [
      new URLSearchParams({ text: 'Two words', parent: id }),
      new URLSearchParams({ text: 'Two words', parent: '' }),
    ])
      expect(await call(`/posts/${post}/comments/`, { token: ann.token, body })).toMatchObject({
        status: 201,
        json: { text: 'Two words', parent: body.get('parent') || null },
      });
  });

  test('a repeated request with the same key gives the first comment', async () => {
    const { ann, post } = await twoAndPost();
    const send = (text: string) =>
      call(`/posts/${post}/comments/`, {
        token: ann.token,
        json: { text },
        headers: { 'idempotency-key': 'once' },
      });
    const first = await send('Once');
    expect((await send('Once')).json).toEqual(first.json);
    expect(await readIds(ann, `/posts/${post}/comments/`)).toEqual([first.json.id]);
    expect(await send('Something else')).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
  });

  test.each<[what: string, fields: object, code: string]>([
    ['no text', { text: '' }, 'comment_invalid'],
    ['only white space', { text: ' \n\u200b' }, 'comment_invalid'],
    ['a text that is too long', { text: 'x'.repeat(2201) }, 'comment_invalid'],
    ['a number as text', { text: 5 }, 'comment_invalid'],
    ['a parent that is no id', { parent: 'x' }, 'parent_not_found'],
    ['a parent that does not exist', { parent: randomUUID() }, 'parent_not_found'],
    ['an unknown field', { caption: 'x' }, 'field_unknown'],
    ['too many mentions', { text: 'mentions' }, 'mentions_too_many'],
  ])('a comment with %s is a 422', async (_, fields, code) => {
    const { ann, post } = await twoAndPost();
    const json = { text: 'A comment', ...fields };
    if (code === 'mentions_too_many')
      json.text = (await newPeople(21)).map(({ username }) => `@${username}`).join(' ');
    expect(await callAs(ann, 'POST', `/posts/${post}/comments/`, json)).toMatchObject({
      status: 422,
      json: { code },
    });
  });

  test('a comment without a text is a 422', async () => {
    const { ann, post } = await twoAndPost();
    expect(await callAs(ann, 'POST', `/posts/${post}/comments/`, {})).toMatchObject({
      status: 422,
      json: { code: 'comment_invalid' },
    });
  });

  test('2200 characters are counted as such, whatever their size', async () => {
    const { ann, post } = await twoAndPost();
    expect((await comment(ann, post, { text: '😀'.repeat(2200) })).text).toBe('😀'.repeat(2200));
  });

  test('a comment with a NUL is a 400', async () => {
    const { ann, post } = await twoAndPost();
    expect(await callAs(ann, 'POST', `/posts/${post}/comments/`, { text: 'a\0b' })).toMatchObject({
      status: 400,
      json: { code: 'invalid_character' },
    });
  });

  test('nobody comments on a post that is not visible, or answers a comment of another post', async () => {
    const { ann, kai, post } = await twoAndPost();
    const hidden = await publish(kai, { is_public: false });
    const elsewhere = await comment(kai, hidden.id);
    for (const id of [hidden.id, randomUUID(), 'x'])
      expect(await callAs(ann, 'POST', `/posts/${id}/comments/`, { text: 'x' })).toMatchObject({
        status: 404,
        json: { code: 'post_not_found' },
      });
    for (const person of [ann, kai])
      expect(
        await callAs(person, 'POST', `/posts/${post}/comments/`, { text: 'x', parent: elsewhere.id }),
      ).toMatchObject({ status: 422, json: { code: 'parent_not_found' } });
  });
});

describe('lists', () => {
  test('comments come oldest first, or newest first, in pages', async () => {
    const { ann, kai, post } = await twoAndPost();
    const written: string[] = [];
    for (const person of [ann, kai, ann]) written.push((await comment(person, post)).id);
    const path = `/posts/${post}/comments/`;
    expect(await readIds(ann, path)).toEqual(written);
    for (const [order, expected] of [
      ['oldest', written],
      ['newest', written.toReversed()],
    ] as const) {
      const first = await callAs(ann, 'GET', `${path}?order=${order}&limit=2`);
      const second = await callAs(ann, 'GET', nextPage(first) ?? '');
      expect([...first.json, ...second.json].map(({ id }) => id)).toEqual(expected);
      expect(nextPage(second)).toBeNull();
    }
    expect(await callAs(ann, 'GET', `${path}?order=random`)).toMatchObject({
      status: 422,
      json: { code: 'order_invalid' },
    });
  });

  test('replies are listed under their comment, oldest first, and one to a reply beside it', async () => {
    const { ann, kai, post } = await twoAndPost();
    const top = await comment(ann, post);
    const first = await comment(kai, post, { parent: top.id });
    const second = await comment(ann, post, { parent: first.id });
    expect(first.parent).toBe(top.id);
    expect(second.parent).toBe(top.id);
    expect(await readList(ann, `/posts/${post}/comments/`)).toMatchObject([{ id: top.id, reply_count: 2 }]);
    const path = `/comments/${top.id}/replies/`;
    expect(await readIds(kai, path)).toEqual([first.id, second.id]);
    const page = await callAs(kai, 'GET', `${path}?limit=1`);
    expect(await readIds(kai, nextPage(page) ?? '')).toEqual([second.id]);
    expect((await callAs(ann, 'GET', `/posts/${post}/`)).json).toMatchObject({ comment_count: 3 });
  });

  test('comments by blocked users are not shown, either way', async () => {
    const { ann, kai, post } = await twoAndPost();
    const zoe = await newPerson();
    const byAnn = await comment(ann, post);
    const byZoe = await comment(zoe, post);
    await callAs(ann, 'PUT', `/userprofiles/${zoe.id}/block/`);
    const path = `/posts/${post}/comments/`;
    expect(await readIds(ann, path)).toEqual([byAnn.id]);
    expect(await readIds(zoe, path)).toEqual([byZoe.id]);
    expect(await readIds(kai, path)).toEqual([byAnn.id, byZoe.id]);
    expect(await read(zoe, byAnn.id)).toMatchObject({ status: 404, json: { code: 'comment_not_found' } });
    expect(await callAs(zoe, 'POST', path, { text: 'x', parent: byAnn.id })).toMatchObject({
      status: 422,
      json: { code: 'parent_not_found' },
    });
  });
});

describe('editing', () => {
  test('the author edits the text', async () => {
    const { ann, kai, post } = await twoAndPost();
    const { id } = await comment(ann, post);
    expect(await callAs(ann, 'PATCH', `/comments/${id}/`, { text: `@${kai.username}` })).toMatchObject({
      status: 200,
      json: { id, text: `@${kai.username}`, mentions: [{ id: kai.id }] },
    });
  });

  test('nobody else edits it, the owner of the post included', async () => {
    const { ann, kai, post } = await twoAndPost();
    const { id } = await comment(ann, post);
    for (const person of [kai, await newPerson()])
      expect(await callAs(person, 'PATCH', `/comments/${id}/`, { text: 'x' })).toMatchObject({
        status: 403,
        json: { code: 'not_comment_owner' },
      });
    expect((await read(ann, id)).json.text).toBe('A comment');
  });
});

describe('deleting', () => {
  test('the author and the owner of the post delete a comment, and others do not', async () => {
    const { ann, kai, post } = await twoAndPost();
    const zoe = await newPerson();
    for (const person of [ann, kai]) {
      const { id } = await comment(ann, post);
      expect(await callAs(zoe, 'DELETE', `/comments/${id}/`)).toMatchObject({
        status: 403,
        json: { code: 'not_comment_owner' },
      });
      expect((await callAs(person, 'DELETE', `/comments/${id}/`)).status).toBe(204);
      expect((await read(ann, id)).status).toBe(404);
    }
    expect(await readIds(ann, `/posts/${post}/comments/`)).toEqual([]);
  });

  test('moderators delete any comment', async () => {
    const { ann, post } = await twoAndPost();
    const moderator = await newPerson();
    await secretClient().rpc('set_role', { profile_id: moderator.id, role: 'moderator' }).throwOnError();
    const { id } = await comment(ann, post);
    expect((await callAs(moderator, 'DELETE', `/comments/${id}/`)).status).toBe(204);
    expect((await read(ann, id)).status).toBe(404);
  });

  test('a deleted comment with replies stays without text and owner, until the last reply goes', async () => {
    const { ann, kai, post } = await twoAndPost();
    const top = await comment(ann, post, { text: `@${kai.username}` });
    const reply = await comment(kai, post, { parent: top.id });
    await callAs(kai, 'PUT', `/comments/${top.id}/like/`);
    expect((await callAs(ann, 'DELETE', `/comments/${top.id}/`)).status).toBe(204);
    expect(await readList(kai, `/posts/${post}/comments/`)).toMatchObject([
      { id: top.id, text: null, owner: null, mentions: [], is_deleted: true, reply_count: 1, like_count: 0 },
    ]);
    expect((await callAs(kai, 'GET', `/posts/${post}/`)).json).toMatchObject({ comment_count: 1 });
    expect(await callAs(ann, 'DELETE', `/comments/${top.id}/`)).toMatchObject({
      status: 404,
      json: { code: 'comment_not_found' },
    });
    expect((await callAs(kai, 'DELETE', `/comments/${reply.id}/`)).status).toBe(204);
    expect(await readIds(kai, `/posts/${post}/comments/`)).toEqual([]);
  });
});

describe('likes of comments', () => {
  test('a like may be repeated, counts once, and may be taken back more than once', async () => {
    const { ann, kai, post } = await twoAndPost();
    const { id } = await comment(ann, post);
    const path = `/comments/${id}/like/`;
    for (let time = 0; time < 2; time++)
      expect(await callAs(kai, 'PUT', path)).toMatchObject({
        status: 200,
        json: { liked: true, like_count: 1 },
      });
    expect((await read(kai, id)).json).toMatchObject({ liked: true, like_count: 1 });
    expect((await read(ann, id)).json).toMatchObject({ liked: false, like_count: 1 });
    expect(await readList(ann, `/comments/${id}/likes/`)).toMatchObject([
      { id: kai.id, username: kai.username },
    ]);
    for (let time = 0; time < 2; time++)
      expect(await callAs(kai, 'DELETE', path)).toMatchObject({
        status: 200,
        json: { liked: false, like_count: 0 },
      });
  });
});

describe('a comment that is not visible', () => {
  test.each(['me', 'x', '%00', '%ff', randomUUID(), '%27%20or%201%3D1'])(
    'the comment %s is a 404 on every path',
    async (id) => {
      const ann = await newPerson();
      for (const [method, path, json] of [
        ['GET', '', undefined],
        ['PATCH', '', { text: 'x' }],
        ['DELETE', '', undefined],
        ['PUT', 'like/', undefined],
        ['DELETE', 'like/', undefined],
        ['GET', 'likes/', undefined],
        ['GET', 'replies/', undefined],
      ] as const)
        expect(await callAs(ann, method, `/comments/${id}/${path}`, json), path).toMatchObject({
          status: 404,
          json: { code: 'comment_not_found' },
        });
    },
  );

  test('comments are private with their post', async () => {
    const { ann, kai, post } = await twoAndPost();
    const { id } = await comment(ann, post);
    await callAs(kai, 'PATCH', `/posts/${post}/`, { is_public: false });
    for (const [method, path, json] of [
      ['GET', '', undefined],
      ['PATCH', '', { text: 'x' }],
      ['PUT', 'like/', undefined],
      ['GET', 'replies/', undefined],
    ] as const)
      expect(await callAs(ann, method, `/comments/${id}/${path}`, json), path).toMatchObject({ status: 404 });
  });

  test('a comment that a moderator hides is for its author and moderators', async () => {
    const { ann, kai, post } = await twoAndPost();
    const moderator = await newPerson();
    await secretClient().rpc('set_role', { profile_id: moderator.id, role: 'moderator' }).throwOnError();
    const { id } = await comment(ann, post);
    await moderator.client.rpc('hide_comment', { comment_id: id, reason: 'spam' }).throwOnError();
    for (const person of [ann, moderator])
      expect((await read(person, id)).json).toMatchObject({
        text: 'A comment',
        hidden_at: expect.any(String),
      });
    expect((await read(kai, id)).status).toBe(404);
    expect(await readIds(kai, `/posts/${post}/comments/`)).toEqual([]);
    expect((await callAs(kai, 'GET', `/posts/${post}/`)).json).toMatchObject({ comment_count: 0 });
    await moderator.client.rpc('hide_comment', { comment_id: id, hidden: false }).throwOnError();
    expect(await readIds(kai, `/posts/${post}/comments/`)).toEqual([id]);
  });
});
