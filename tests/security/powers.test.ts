import { beforeAll, describe, expect, it } from 'vitest';
import { call, uploadByUrl } from '../kit/api.ts';
import { openDatabase } from '../kit/database.ts';
import { fixture } from '../kit/files.ts';
import { belongings, objectsOf } from '../kit/owned.ts';
import { newPerson, type Person, secretClient } from '../kit/people.ts';
import { createPost, publishFile } from '../kit/posts.ts';
import { type RawCall, rest, send } from './raw.ts';

const sql = openDatabase();

/** A new user with a role. */
async function appoint(role: 'moderator' | 'admin'): Promise<Person> {
  const person = await newPerson({ date_of_birth: '1970-01-01' });
  await secretClient().rpc('set_role', { profile_id: person.id, role }).throwOnError();
  return person;
}

describe('moderators and admins', () => {
  let ann: Person;
  let mia: Person;
  let zoe: Person;
  let post: string;
  beforeAll(async () => {
    [ann, mia, zoe] = await Promise.all([
      newPerson({ date_of_birth: '1931-07-19' }),
      appoint('moderator'),
      appoint('admin'),
    ]);
    const media = [await publishFile(ann)];
    post = (await createPost(ann, { caption: 'For me', is_public: false, media })).id;
  });

  it('see every post, but no private profile and no e-mail address', async () => {
    for (const person of [mia, zoe]) {
      expect((await rest(person, `posts?id=eq.${post}`)).text).toContain(post);
      for (const path of [
        `private_profiles?id=eq.${ann.id}`,
        `profiles?id=eq.${ann.id}&select=*,private_profiles(*)`,
        'private_profiles',
      ]) {
        const { text } = await rest(person, path);
        expect(text).not.toContain('1931-07-19');
        expect(text).not.toContain(ann.email);
      }
      expect((await send(person, `/auth/v1/admin/users/${ann.id}`)).status).toBeOneOf([401, 403]);
      expect((await rest(person, 'rpc/begin_sign_in', { json: { identifier: ann.username } })).status).toBe(
        403,
      );
    }
  });

  it.each<[what: string, path: string, call: RawCall]>([
    ['an edit of a post', 'rpc/update_post', { json: { post_id: '{post}', caption: 'In your name' } }],
    ['a deletion of a post', 'posts?id=eq.{post}', { method: 'DELETE' }],
    ['a change of a profile', 'profiles?id=eq.{ann}', { method: 'PATCH', json: { bio: 'x' } }],
    ['a role past set_role', 'profiles?id=eq.{ann}', { method: 'PATCH', json: { role: 'moderator' } }],
    ['a deletion in the audit log', 'audit_log?target_id=eq.{post}', { method: 'DELETE' }],
    [
      'a line of the audit log',
      'audit_log',
      { json: { action: 'post_hidden', target_id: '{post}', actor_id: '{ann}' } },
    ],
  ])('change nothing else of other users: %s', async (_what, path, call) => {
    const fill = (text: string) => text.replaceAll('{post}', post).replaceAll('{ann}', ann.id);
    const before = await belongings(sql, ann);
    const lines = () => sql`select count(*) from public.audit_log where target_id in (${post}, ${ann.id})`;
    const [logged] = await lines();
    for (const person of [mia, zoe]) {
      const { status, text } = await rest(person, fill(path), {
        ...call,
        ...(call.json ? { json: JSON.parse(fill(JSON.stringify(call.json))) } : {}),
        headers: { Prefer: 'return=representation' },
      });
      if (status === 200) expect(text).toBe('[]');
      else expect(status).toBe(403);
    }
    expect(await belongings(sql, ann)).toEqual(before);
    expect(await lines()).toEqual([logged]);
  });

  it('leave a line in the audit log for what they do to other users', async () => {
    const hidden = await rest(mia, 'rpc/hide_post', { json: { post_id: post, reason: 'Spam' } });
    expect(hidden.status).toBe(200);
    const given = await rest(zoe, 'rpc/set_vip', { json: { profile_id: ann.id, is_vip: true } });
    expect(given.status).toBe(200);
    const log = JSON.parse((await rest(zoe, `audit_log?target_id=in.(${post},${ann.id})&order=id`)).text);
    expect(log).toMatchObject([
      { actor_id: mia.id, action: 'post_hidden', details: { reason: 'Spam' } },
      { actor_id: zoe.id, action: 'vip_changed', details: { from: false, to: true } },
    ]);
    expect(JSON.parse((await rest(mia, 'audit_log')).text)).toEqual([]);
    // The owner does not learn who hid the post.
    const seen = await rest(ann, `posts?id=eq.${post}&select=*,owner:profiles!owner_id(*)`);
    expect(seen.text).toContain('hidden_at');
    expect(seen.text).not.toContain(mia.id);
  });

  it('have no power of a higher role', async () => {
    for (const [name, json] of [
      ['set_role', { profile_id: mia.id, role: 'admin' }],
      ['set_role', { profile_id: zoe.id, role: 'user' }],
      ['set_vip', { profile_id: mia.id, is_vip: true }],
    ] as const)
      expect((await rest(mia, `rpc/${name}`, { json })).status).toBe(403);
    const limit = {
      method: 'PATCH',
      json: { max_count: 1_000_000 },
      headers: { Prefer: 'return=representation' },
    };
    expect((await rest(mia, 'rate_limits?action=eq.create_post', limit)).text).toBe('[]');
  });
});

describe('a banned user', () => {
  it('writes nothing with an older token and has no power', async () => {
    const [eve, ann] = await Promise.all([appoint('admin'), newPerson()]);
    const upload = await uploadByUrl(eve, fixture('photo.jpg', 'image/jpeg'));
    const [own, other] = [(await createPost(eve)).id, (await createPost(ann)).id];
    await secretClient().auth.admin.updateUserById(eve.id, { ban_duration: '1h' });
    const before = [await belongings(sql, eve), await belongings(sql, ann)];
    const representation = { Prefer: 'return=representation' };
    const attempts = [
      await rest(eve, 'rpc/create_post', { json: { caption: 'x' } }),
      await rest(eve, 'rpc/update_post', { json: { post_id: own, caption: 'x' } }),
      await rest(eve, 'rpc/hide_post', { json: { post_id: other } }),
      await rest(eve, 'rpc/set_role', { json: { profile_id: ann.id, role: 'admin' } }),
      await rest(eve, 'rpc/delete_account', { json: {} }),
      await call('/posts/', { token: eve.token, json: { caption: 'x' } }),
      await call(`/posts/${own}/`, { method: 'PATCH', token: eve.token, json: { caption: 'x' } }),
      await call(`/posts/${own}/`, { method: 'DELETE', token: eve.token }),
      await call('/uploads/', {
        token: eve.token,
        json: { filename: 'a.jpg', content_type: 'image/jpeg', size: 1 },
      }),
      await call('/uploads/', { method: 'DELETE', token: eve.token, json: { paths: [upload] } }),
      await call('/userprofiles/me/', { method: 'PATCH', token: eve.token, json: { bio: 'x' } }),
      await call('/userprofiles/me/', {
        method: 'PATCH',
        token: eve.token,
        json: { date_of_birth: '2000-01-01' },
      }),
      await call('/userprofiles/me/', { method: 'DELETE', token: eve.token }),
    ];
    expect(attempts.map(({ status }) => status)).toEqual(attempts.map(() => 403));
    for (const [path, change] of [
      [`posts?id=eq.${own}`, { method: 'DELETE' }],
      [`profiles?id=eq.${eve.id}`, { method: 'PATCH', json: { bio: 'x' } }],
      [`private_profiles?id=eq.${eve.id}`, { method: 'PATCH', json: { date_of_birth: '2000-01-01' } }],
      ['rate_limits?action=eq.create_post', { method: 'PATCH', json: { max_count: 1_000_000 } }],
    ] as const)
      expect([path, (await rest(eve, path, { ...change, headers: representation })).text]).toEqual([
        path,
        '[]',
      ]);
    const file = `/storage/v1/object/uploads/${eve.id}/${crypto.randomUUID()}`;
    expect((await send(eve, file, { body: 'x', headers: { 'content-type': 'image/jpeg' } })).status).toBe(
      400,
    );
    expect((await send(eve, `/storage/v1/object/uploads/${upload}`, { method: 'DELETE' })).status).toBe(400);
    expect([await belongings(sql, eve), await belongings(sql, ann)]).toEqual(before);
    // The function writes pictures with the secret key.
    const form = new FormData();
    form.append('profile_pic', fixture('picture.png', 'image/png'));
    const picture = await call('/userprofiles/me/', { method: 'PATCH', token: eve.token, form });
    expect([picture.status, picture.json.code]).toEqual([403, 'user_banned']);
    expect(await objectsOf(eve, 'avatars')).toEqual([]);
    // The token may read until it expires.
    expect((await rest(eve, `posts?id=eq.${other}`)).text).toContain(other);
    expect(JSON.parse((await rest(eve, 'audit_log')).text)).toEqual([]);
    expect((await call('/auth/token/refresh/', { json: { refresh_token: eve.refreshToken } })).status).toBe(
      403,
    );
  });
});

describe('a deleted account', () => {
  it('leaves nothing to read, and a token that writes nothing', async () => {
    const [ann, eve] = await Promise.all([newPerson({ date_of_birth: '1931-07-19' }), newPerson()]);
    const tag = `gone${crypto.randomUUID().slice(0, 8)}`;
    const path = await publishFile(ann);
    const post = await createPost(ann, { caption: `Farewell #${tag} @${eve.username}`, media: [path] });
    await rest(eve, 'rpc/create_post', { json: { caption: 'Look', original_post: post.id } });
    expect((await rest(ann, 'rpc/delete_account', { json: {} })).status).toBeOneOf([200, 204]);

    for (const question of [
      `posts?id=eq.${post.id}`,
      `posts?owner_id=eq.${ann.id}`,
      `profiles?id=eq.${ann.id}`,
      `profiles?username=eq.${ann.username}`,
      `private_profiles?id=eq.${ann.id}`,
      `post_media?post_id=eq.${post.id}`,
      `post_mentions?post_id=eq.${post.id}`,
      `post_tags?post_id=eq.${post.id}`,
      `post_tags?tag=eq.${tag}`,
      `posts?original_post_id=eq.${post.id}`,
    ])
      for (const person of [eve, ann])
        expect([question, (await rest(person, question)).text]).toEqual([question, '[]']);
    expect((await send(eve, `/storage/v1/object/authenticated/post-media/${path}`)).status).toBeOneOf([
      400, 404,
    ]);
    expect((await call(`/userprofiles/${ann.username}/`, { token: eve.token })).status).toBe(404);

    expect((await rest(ann, 'rpc/create_post', { json: { caption: 'x' } })).status).toBe(401);
    const file = `/storage/v1/object/uploads/${ann.id}/${crypto.randomUUID()}`;
    expect((await send(ann, file, { body: 'x', headers: { 'content-type': 'image/jpeg' } })).status).toBe(
      400,
    );
    expect(
      (await call('/auth/token/', { json: { username: ann.email, password: ann.password } })).status,
    ).toBe(401);
  });
});
