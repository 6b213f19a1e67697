// The matrices in supabase/tests prove which verbs and columns each role has. Here are the ways of the Data API around
// them: upserts, bulk writes, filters and RPCs, once each.
import { beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../kit/database.ts';
import { belongings } from '../kit/owned.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { createPost, publishFile } from '../kit/posts.ts';
import { type RawCall, rest } from './raw.ts';

const sql = openDatabase();

let ann: Person;
/** Attacks Ann with a valid token. */
let eve: Person;
let known: Record<string, string>;

beforeAll(async () => {
  [ann, eve] = await Promise.all([newPerson({ date_of_birth: '1991-02-03' }), newPerson()]);
  const media = [await publishFile(ann)];
  const post = await createPost(ann, { caption: `For all #forgery @${eve.username}`, media });
  const hidden = await createPost(ann, { caption: 'For me', is_public: false });
  const mine = await createPost(eve, { caption: 'Mine' });
  known = {
    ...{ ann: ann.id, eve: eve.id, post: post.id, private: hidden.id, mine: mine.id },
    file: await publishFile(ann),
  };
});

/** Fills in `{post}` and the like, which are known only after `beforeAll`. */
function filledIn<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value).replace(/\{(\w+)\}/g, (whole, name: string) => known[name] ?? whole),
  );
}

const representation = { Prefer: 'return=representation' };
const upsert = { Prefer: 'resolution=merge-duplicates,return=representation' };

describe('a write that is not granted', () => {
  it.each<[what: string, path: string, call: RawCall]>([
    ['a post past create_post', 'posts', { json: { caption: 'x', owner_id: '{eve}' } }],
    [
      'an upsert of a post of another user',
      'posts',
      { json: { id: '{post}', caption: 'x' }, headers: upsert },
    ],
    [
      'an upsert of an invisible post that names its conflict',
      'posts?on_conflict=id',
      { json: { id: '{private}', caption: 'x' }, headers: upsert },
    ],
    ['an edit past update_post', 'posts?id=eq.{mine}', { method: 'PATCH', json: { caption: 'x' } }],
    ['a role beside a bio', 'profiles?id=eq.{eve}', { method: 'PATCH', json: { bio: 'x', role: 'admin' } }],
    [
      'an upsert of the own profile with a role',
      'profiles',
      { json: { id: '{eve}', username: 'forged_1', role: 'admin' }, headers: upsert },
    ],
    [
      'an upsert of a private profile of another user',
      'private_profiles',
      { json: { id: '{ann}', date_of_birth: '2000-01-01' }, headers: upsert },
    ],
    [
      'another id for the own profile',
      'private_profiles?id=eq.{eve}',
      { method: 'PATCH', json: { id: '{ann}' } },
    ],
    [
      'several mentions at once, one of them in a post of another user',
      'post_mentions',
      {
        json: ['{mine}', '{post}'].map((post_id) => ({ post_id, profile_id: '{eve}', source: 'explicit' })),
      },
    ],
    ['deleting the tags of a post of another user', 'post_tags?post_id=eq.{post}', { method: 'DELETE' }],
    [
      'moving a file of another user to the own post',
      'post_media?post_id=eq.{post}',
      { method: 'PATCH', json: { post_id: '{mine}' } },
    ],
    ['deleting the whole audit log', 'audit_log?id=not.is.null', { method: 'DELETE' }],
    [
      'a file that nobody has inspected',
      'rpc/register_file',
      {
        json: {
          ...{ bucket_id: 'post-media', name: '{eve}/x', owner_id: '{eve}', file_type: 'image' },
          ...{ mime_type: 'image/png', size: 1 },
        },
      },
    ],
    [
      'removing a file of another user',
      'rpc/discard_files',
      { json: { bucket_id: 'post-media', names: ['{file}'] } },
    ],
    ['the work of the sweep', 'rpc/take_removals', { json: { max: 1000 } }],
    ['the e-mail address of a user name', 'rpc/begin_sign_in', { json: { identifier: 'ann' } }],
    ['the hook of Auth', 'rpc/before_user_created', { json: { event: {} } }],
    ['the power of a moderator', 'rpc/hide_post', { json: { post_id: '{post}' } }],
    ['the power of an admin', 'rpc/set_role', { json: { profile_id: '{eve}', role: 'admin' } }],
    ['an edit of a post of another user', 'rpc/update_post', { json: { post_id: '{post}', caption: 'x' } }],
  ])('is refused and changes nothing: %s', async (_what, path, call) => {
    const before = [await belongings(sql, ann), await belongings(sql, eve)];
    const answer = await rest(eve, filledIn(path), filledIn(call));
    expect([answer.status, answer.text]).toEqual([403, expect.stringMatching(/"42501"|"PT403"/)]);
    expect([await belongings(sql, ann), await belongings(sql, eve)]).toEqual(before);
  });
});

describe('a write with a filter', () => {
  it.each<[what: string, path: string, call: RawCall]>([
    ['deleting a post by its id', 'posts?id=eq.{post}', { method: 'DELETE' }],
    ['deleting posts by an or', 'posts?or=(id.eq.{post},id.eq.{private})', { method: 'DELETE' }],
    ['deleting the posts of a user', 'posts?owner_id=eq.{ann}', { method: 'DELETE' }],
    ['changing a profile', 'profiles?id=eq.{ann}', { method: 'PATCH', json: { bio: 'x' } }],
    [
      'changing a date of birth',
      'private_profiles?id=eq.{ann}',
      { method: 'PATCH', json: { date_of_birth: '2000-01-01' } },
    ],
    [
      'changing a rate limit',
      'rate_limits?action=eq.create_post',
      { method: 'PATCH', json: { max_count: 1 } },
    ],
  ])('finds no row of another user: %s', async (_what, path, call) => {
    const before = await belongings(sql, ann);
    const answer = await rest(eve, filledIn(path), { ...filledIn(call), headers: representation });
    expect([answer.status, answer.text]).toEqual([200, '[]']);
    expect(await belongings(sql, ann)).toEqual(before);
  });

  it.each<[what: string, path: string, call: RawCall]>([
    ['changing all profiles', 'profiles?id=not.is.null', { method: 'PATCH', json: { bio: 'All of you' } }],
    ['deleting all posts', 'posts?id=not.is.null', { method: 'DELETE' }],
  ])('reaches the own rows alone: %s', async (_what, path, call) => {
    const before = await belongings(sql, ann);
    const mallory = await newPerson();
    await createPost(mallory);
    const answer = await rest(mallory, path, { ...call, headers: representation });
    const rows = JSON.parse(answer.text) as { id: string; owner_id?: string }[];
    expect(rows.map((row) => row.owner_id ?? row.id)).toEqual([mallory.id]);
    expect(await belongings(sql, ann)).toEqual(before);
  });

  it('does not write columns that ?columns= leaves out', async () => {
    const json = { bio: 'By the sea', role: 'admin' };
    const call = { method: 'PATCH', json, headers: representation };
    const answer = await rest(eve, `profiles?id=eq.${eve.id}&columns=bio`, call);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      200,
      [expect.objectContaining({ bio: 'By the sea', role: 'user' })],
    ]);
  });
});

describe('an idempotency key', () => {
  it('belongs to one user: another user with the same key makes a post of their own', async () => {
    const fields = { caption: 'The same words', idempotency_key: crypto.randomUUID() };
    const [first, second] = [await createPost(ann, fields), await createPost(eve, fields)];
    expect([first.owner.id, second.owner.id]).toEqual([ann.id, eve.id]);
    expect((await createPost(ann, fields)).id).toBe(first.id);
  });
});
