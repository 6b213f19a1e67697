import { beforeAll, describe, expect, it } from 'vitest';
import { publish, uploadByUrl } from '../kit/api.ts';
import { openDatabase } from '../kit/database.ts';
import { fixture } from '../kit/files.ts';
import { belongings } from '../kit/owned.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { type RawCall, rest } from './raw.ts';

const sql = openDatabase();

/** Owns what the others are after. */
let ann: Person;
/** Holds a valid token and the publishable key, and knows the schema. */
let eve: Person;
let annsPost: string;
let annsPrivatePost: string;
let evesPost: string;
let annsUpload: string;
const anns: Record<string, string> = {};

beforeAll(async () => {
  [ann, eve] = await Promise.all([newPerson({ date_of_birth: '1991-02-03' }), newPerson()]);
  const path = await uploadByUrl(ann, fixture('photo.jpg', 'image/jpeg'));
  annsPost = (await publish(ann, { caption: `For all #forgery @${eve.username}`, media: [path] })).id;
  annsPrivatePost = (await publish(ann, { caption: 'For me', is_public: false })).id;
  annsUpload = await uploadByUrl(ann, fixture('picture.png', 'image/png'));
  evesPost = (await publish(eve, { caption: 'Mine' })).id;
  Object.assign(anns, { id: ann.id, post: annsPost, private: annsPrivatePost, upload: annsUpload });
});

/** Fills in ids that are known only once the people are there: `{post}`, `{private}`, `{id}`, `{eve}`, `{mine}`. */
function filledIn<T>(value: T): T {
  const known = { ...anns, eve: eve.id, mine: evesPost };
  return JSON.parse(
    JSON.stringify(value).replace(
      /\{(\w+)\}/g,
      (whole, name: string) => known[name as keyof typeof known] ?? whole,
    ),
  );
}

const representation = { Prefer: 'return=representation' };
const upsert = { Prefer: 'resolution=merge-duplicates,return=representation' };
const now = '2020-01-01T00:00:00Z';

describe('what is not granted', () => {
  it.each<[what: string, path: string, call: RawCall]>([
    ['a post in the name of another', 'posts', { json: { caption: 'x', owner_id: '{id}' } }],
    ['a post in her own name, said aloud', 'posts', { json: { caption: 'x', owner_id: '{eve}' } }],
    ['an id of her choice', 'posts', { json: { caption: 'x', id: '{private}' } }],
    ['a time', 'posts', { json: { caption: 'x', created_at: now } }],
    ['a time of an edit', 'posts', { json: { caption: 'x', updated_at: now } }],
    ['a repost of nothing', 'posts', { json: { caption: 'x', is_repost: true } }],
    ['a post that is hidden already', 'posts', { json: { caption: 'x', hidden_at: now } }],
    [
      'one forged row among many',
      'posts',
      {
        json: [
          { caption: 'x', owner_id: null },
          { caption: 'y', owner_id: '{id}' },
        ],
      },
    ],
    ['an upsert over another’s post', 'posts', { json: { id: '{post}', caption: 'x' }, headers: upsert }],
    [
      'an upsert over an invisible post',
      'posts',
      { json: { id: '{private}', caption: 'x' }, headers: upsert },
    ],
    [
      'an upsert that names its conflict',
      'posts?on_conflict=id',
      { json: { id: '{post}', caption: 'x' }, headers: upsert },
    ],
    ['giving a post away', 'posts?id=eq.{mine}', { method: 'PATCH', json: { owner_id: '{id}' } }],
    ['taking a post', 'posts?id=eq.{post}', { method: 'PATCH', json: { owner_id: '{eve}' } }],
    [
      'turning a post into a repost',
      'posts?id=eq.{mine}',
      { method: 'PATCH', json: { original_post_id: '{post}' } },
    ],
    ['hiding another’s post', 'posts?id=eq.{post}', { method: 'PATCH', json: { hidden_at: now } }],
    ['changing when it was published', 'posts?id=eq.{mine}', { method: 'PATCH', json: { created_at: now } }],
    ['a role', 'profiles?id=eq.{eve}', { method: 'PATCH', json: { role: 'admin' } }],
    ['a badge', 'profiles?id=eq.{eve}', { method: 'PATCH', json: { is_vip: true } }],
    [
      'a role along with a bio',
      'profiles?id=eq.{eve}',
      { method: 'PATCH', json: { bio: 'x', role: 'admin' } },
    ],
    ['another’s id', 'profiles?id=eq.{eve}', { method: 'PATCH', json: { id: '{id}' } }],
    [
      'an upsert of a profile',
      'profiles',
      { json: { id: '{eve}', username: 'forged_1', role: 'admin' }, headers: upsert },
    ],
    [
      'an upsert of another’s profile',
      'profiles',
      { json: { id: '{id}', username: 'forged_2' }, headers: upsert },
    ],
    ['deleting a profile', 'profiles?id=eq.{id}', { method: 'DELETE' }],
    [
      'another’s private profile',
      'private_profiles',
      { json: { id: '{id}', date_of_birth: '2000-01-01' }, headers: upsert },
    ],
    [
      'moving into another’s private profile',
      'private_profiles?id=eq.{eve}',
      { method: 'PATCH', json: { id: '{id}' } },
    ],
    ['a tag', 'tags', { json: { name: 'forged' } }],
    ['renaming a tag', 'tags?name=eq.forgery', { method: 'PATCH', json: { name: 'renamed' } }],
    ['deleting a tag', 'tags?name=eq.forgery', { method: 'DELETE' }],
    [
      'a mention in another’s post',
      'post_mentions',
      { json: { post_id: '{post}', profile_id: '{eve}', source: 'explicit' } },
    ],
    ['wiping a mention of herself', 'post_mentions?profile_id=eq.{eve}', { method: 'DELETE' }],
    ['taking the tags from a post', 'post_tags?post_id=eq.{post}', { method: 'DELETE' }],
    [
      'a file that nobody has looked into',
      'post_media',
      {
        json: {
          post_id: '{mine}',
          path: '{upload}',
          position: 0,
          file_type: 'image',
          mime_type: 'image/png',
          size: 1,
          inspected_at: now,
        },
      },
    ],
    ['vouching for a file', 'post_media?post_id=eq.{mine}', { method: 'PATCH', json: { inspected_at: now } }],
    [
      'moving another’s file',
      'post_media?post_id=eq.{post}',
      { method: 'PATCH', json: { post_id: '{mine}' } },
    ],
    ['taking another’s file away', 'post_media?post_id=eq.{post}', { method: 'DELETE' }],
    [
      'a line of the audit log',
      'audit_log',
      { json: { action: 'role_changed', actor_id: '{id}', target_id: '{eve}' } },
    ],
    ['changing the audit log', 'audit_log?id=not.is.null', { method: 'PATCH', json: { actor_id: '{id}' } }],
    ['emptying the audit log', 'audit_log?id=not.is.null', { method: 'DELETE' }],
    [
      'a rate limit of her own',
      'rate_limits',
      { json: { action: 'create_post', max_count: 9, per_seconds: 1 }, headers: upsert },
    ],
    ['no rate limits', 'rate_limits?max_count=gte.0', { method: 'DELETE' }],
    [
      'vouching by the function for functions',
      'rpc/record_inspection',
      { json: { path: '{upload}', mime_type: 'image/png' } },
    ],
    ['rejecting another’s file', 'rpc/reject_upload', { json: { path: '{upload}' } }],
    ['learning an e-mail address', 'rpc/begin_sign_in', { json: { identifier: 'ann' } }],
    ['taking counts back', 'rpc/sign_in_succeeded', { json: { identifier: 'ann' } }],
    ['the sweep', 'rpc/sweep_take', { json: { max: 1000 } }],
    ['being Auth', 'rpc/before_user_created', { json: { event: {} } }],
    ['a moderator’s power', 'rpc/hide_post', { json: { post_id: '{post}' } }],
    ['an admin’s power', 'rpc/set_role', { json: { profile_id: '{eve}', role: 'admin' } }],
    ['an admin’s badge', 'rpc/set_vip', { json: { profile_id: '{eve}', is_vip: true } }],
    ['an edit of another’s post', 'rpc/update_post', { json: { post_id: '{post}', caption: 'x' } }],
    ['tags for another’s post', 'rpc/update_post', { json: { post_id: '{post}', tags: ['x'] } }],
    [
      'another’s files out of his post',
      'rpc/update_post',
      { json: { post_id: '{post}', remove_media: ['{upload}'] } },
    ],
  ])('%s is refused, and nothing changes', async (_what, path, call) => {
    const before = [await belongings(sql, ann), await belongings(sql, eve)];
    const answer = await rest(eve, filledIn(path), filledIn(call));
    expect([answer.status, answer.text]).toEqual([403, expect.stringMatching(/"42501"|"PT403"/)]);
    expect([await belongings(sql, ann), await belongings(sql, eve)]).toEqual(before);
  });
});

describe('rows of others', () => {
  it.each<[what: string, path: string, call: RawCall]>([
    ['editing a post', 'posts?id=eq.{post}', { method: 'PATCH', json: { caption: 'x' } }],
    ['showing a private post', 'posts?id=eq.{private}', { method: 'PATCH', json: { is_public: true } }],
    ['deleting a post', 'posts?id=eq.{post}', { method: 'DELETE' }],
    ['deleting all posts of a person', 'posts?owner_id=eq.{id}', { method: 'DELETE' }],
    [
      'an edit through an or',
      'posts?or=(id.eq.{post},id.eq.{private})',
      { method: 'PATCH', json: { caption: 'x' } },
    ],
    ['changing a profile', 'profiles?id=eq.{id}', { method: 'PATCH', json: { bio: 'x' } }],
    [
      'a date of birth',
      'private_profiles?id=eq.{id}',
      { method: 'PATCH', json: { date_of_birth: '2000-01-01' } },
    ],
    ['a rate limit', 'rate_limits?action=eq.create_post', { method: 'PATCH', json: { max_count: 1000000 } }],
  ])('%s finds none', async (_what, path, call) => {
    const before = await belongings(sql, ann);
    const answer = await rest(eve, filledIn(path), { ...filledIn(call), headers: representation });
    expect([answer.status, answer.text]).toEqual([200, '[]']);
    expect(await belongings(sql, ann)).toEqual(before);
  });

  it.each<[what: string, path: string, call: RawCall]>([
    ['editing', 'posts?caption=not.is.null', { method: 'PATCH', json: { is_public: true } }],
    ['renaming', 'profiles?id=not.is.null', { method: 'PATCH', json: { bio: 'All of you' } }],
    ['deleting', 'posts?id=not.is.null', { method: 'DELETE' }],
  ])('%s all of them reaches her own alone', async (_what, path, call) => {
    const before = await belongings(sql, ann);
    const mallory = await newPerson();
    await publish(mallory);
    const answer = await rest(mallory, path, { ...call, headers: representation });
    const rows = JSON.parse(answer.text) as { id: string; owner_id?: string }[];
    expect(rows.map((row) => row.owner_id ?? row.id)).toEqual([mallory.id]);
    expect(await belongings(sql, ann)).toEqual(before);
  });

  it('an idempotency key of another makes a post of her own', async () => {
    const key = crypto.randomUUID();
    const json = { caption: 'The same words', idempotency_key: key };
    const [first, second] = [
      await rest(ann, 'rpc/create_post', { json }),
      await rest(eve, 'rpc/create_post', { json }),
    ];
    expect(JSON.parse(first.text)).toMatchObject({ owner_id: ann.id });
    expect(JSON.parse(second.text)).toMatchObject({ owner_id: eve.id });
    const again = await rest(ann, 'rpc/create_post', { json });
    expect(JSON.parse(again.text).id).toBe(JSON.parse(first.text).id);
  });

  it('columns that are not among ?columns= are not written', async () => {
    const json = { caption: 'x', owner_id: ann.id };
    const answer = await rest(eve, 'posts?columns=caption', { json, headers: representation });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      201,
      [expect.objectContaining({ owner_id: eve.id })],
    ]);
  });
});
