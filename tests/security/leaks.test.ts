import { beforeAll, describe, expect, it } from 'vitest';
import { publish, uploadByUrl } from '../kit/api.ts';
import { fixture } from '../kit/files.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { type RawAnswer, type RawCall, rest } from './raw.ts';

/** Words that stand in nothing but what only Ann may see. */
const word = () => `secret${crypto.randomUUID().replaceAll('-', '')}`;
const secrets: Record<string, string> = {
  caption: word(),
  turnedCaption: word(),
  tag: word(),
  hiddenCaption: word(),
  hiddenTag: word(),
  birth: '1931-07-19',
  altText: word(),
};

let ann: Person;
/** Her profile is private, and one of her posts would be public. */
let pia: Person;
/** Is mentioned in what she may not see. */
let eve: Person;
let privatePost: string;
let evesRepost: string;

beforeAll(async () => {
  [ann, pia, eve] = await Promise.all([
    newPerson({ date_of_birth: secrets.birth }),
    newPerson(),
    newPerson(),
  ]);
  secrets.email = ann.email;
  secrets.path = await uploadByUrl(ann, fixture('photo.jpg', 'image/jpeg'));
  const media = [{ path: secrets.path, alt_text: secrets.altText }];
  const publishPast = async (person: Person, json: Record<string, unknown>): Promise<string> =>
    JSON.parse((await rest(person, 'rpc/create_post', { json })).text).id;
  privatePost = await publishPast(ann, {
    ...{ caption: `${secrets.caption} #${secrets.tag} @${eve.username}`, is_public: false },
    ...{ media, mentions: [eve.id] },
  });
  // Passed on while it was public: the link stays, what it leads to does not.
  const turned = await publishPast(ann, { caption: `${secrets.turnedCaption} @${eve.username}` });
  evesRepost = await publishPast(eve, { caption: 'Look', original_post: turned });
  await rest(ann, 'rpc/update_post', { json: { post_id: turned, is_public: false } });
  await rest(pia, `profiles?id=eq.${pia.id}`, { method: 'PATCH', json: { is_public: false } });
  await publish(pia, { caption: `${secrets.hiddenCaption} #${secrets.hiddenTag} @${eve.username}` });
});

/** Whatever the answer is, nothing secret is in it, not even in its headers. */
function expectNoSecret({ status, text, headers }: RawAnswer, asked: string): void {
  expect(status).toBeLessThan(500);
  const everything = text + JSON.stringify([...headers]);
  // A question repeats itself in errors and links: what was asked is no secret.
  for (const secret of Object.values(secrets).filter((secret) => !asked.includes(secret)))
    expect(everything).not.toContain(secret);
}

describe('what only others may see', () => {
  it.each([
    'posts',
    'posts?select=*,tags(*),post_tags(*),post_mentions(*),post_media(*),owner:profiles!owner_id(*)',
    'posts?id=eq.{private}',
    'posts?owner_id=eq.{ann}&select=*,media:post_media(*),tags(*)',
    'posts?owner_id=eq.{pia}',
    'posts?id=eq.{repost}&select=*,original:original_post_id(*,tags(*),media:post_media(*))',
    'posts?or=(is_public.is.false,hidden_at.not.is.null)&owner_id=neq.{eve}',
    'posts?select=id,profiles!owner_id(private_profiles(*))&limit=1000',
    'post_media',
    'post_media?post_id=eq.{private}',
    'post_media?select=*,posts(*)&posts.id=eq.{private}',
    'post_tags?select=*,tags(*),posts(*)&limit=1000',
    'post_tags?post_id=eq.{private}&select=*,tags(*)',
    'post_mentions?profile_id=eq.{eve}&select=*,posts(*,tags(*),post_media(*))',
    'post_mentions?post_id=eq.{private}',
    'tags?limit=1000&order=name.desc',
    'tags?name=like.secret*',
    'tags?select=*,posts(*),post_tags(*)&name=like.secret*',
    'profiles?id=eq.{ann}&select=*,private_profiles(*),posts!owner_id(*,tags(*),post_media(*)),post_mentions(*)',
    'profiles?id=eq.{eve}&select=*,mentioned:posts!post_mentions(*)',
    'profiles?select=*,private_profiles!inner(*)&private_profiles.date_of_birth=not.is.null',
    'private_profiles',
    'private_profiles?id=eq.{ann}',
    'private_profiles?select=*,profiles(*)',
    'audit_log',
    'audit_log?select=*,profiles(*)',
    'rate_limits',
    'rpc/list_posts?page_limit=101',
    'rpc/list_posts?owner={ann}&page_limit=101&select=*,tags(*),post_media(*)',
    'rpc/list_posts?owner={pia}',
    'rpc/list_posts?mention={eve}&page_limit=101',
  ])('is not in %s', async (path) => {
    const known: Record<string, string> = {
      ...{ ann: ann.id, pia: pia.id, eve: eve.id, private: privatePost, repost: evesRepost },
    };
    const asked = path.replace(/\{(\w+)\}/g, (_, name: string) => known[name] ?? '');
    const answer = await rest(eve, asked);
    expect([answer.status, answer.text]).toEqual([200, expect.stringMatching(/^\[/)]);
    expectNoSecret(answer, asked);
    // The same question put by nobody is refused outright.
    expect((await rest(null, asked)).status).toBe(401);
  });

  it('is there for whose it is', async () => {
    const answer = await rest(ann, `posts?id=eq.${privatePost}&select=*,tags(*),media:post_media(*)`);
    for (const secret of ['caption', 'tag', 'path', 'altText'])
      expect(answer.text).toContain(secrets[secret]);
    expect((await rest(ann, 'private_profiles')).text).toContain(secrets.birth);
  });

  it('does not order or filter what everybody may see', async () => {
    for (const path of [
      `profiles?private_profiles.date_of_birth=eq.${secrets.birth}&select=id,private_profiles!inner(id)`,
      `profiles?select=id,posts!owner_id!inner(id)&posts.caption=like.*${secrets.caption}*`,
      `posts?select=id,tags!inner(id)&tags.name=eq.${secrets.tag}`,
      `posts?select=id,post_media!inner(id)&post_media.path=eq.${secrets.path}`,
      `posts?caption=like.*${secrets.caption}*`,
      `posts?caption=match.${secrets.caption}`,
      `posts?caption=plfts.${secrets.caption}`,
      `tags?name=eq.${secrets.tag}`,
      `tags?name=eq.${secrets.hiddenTag}`,
      `rpc/list_posts?tag=${secrets.tag}`,
      `rpc/list_posts?tag=${secrets.hiddenTag}`,
    ])
      expect([path, (await rest(eve, path)).text]).toEqual([path, '[]']);
  });

  it('leaves no mark on a tag that somebody else uses as well', async () => {
    await publish(eve, { caption: `#${secrets.tag}` });
    const [tag] = JSON.parse(
      (await rest(eve, `tags?name=eq.${secrets.tag}&select=*,post_tags(post_id)`)).text,
    );
    // No time, an id without one, and her own post alone.
    expect(tag).toEqual({
      id: expect.stringMatching(/^.{8}-.{4}-4/),
      name: secrets.tag,
      is_published: true,
      post_tags: [{ post_id: expect.any(String) }],
    });
  });
});

describe('what is not there and what may not be seen', () => {
  const nothing = '00000000-0000-7000-8000-000000000000';
  it.each<[what: string, path: string, call: RawCall]>([
    ['a read', 'posts?id=eq.{id}', {}],
    ['a single read', 'posts?id=eq.{id}', { headers: { Accept: 'application/vnd.pgrst.object+json' } }],
    ['an exact count', 'posts?id=eq.{id}', { method: 'HEAD', headers: { Prefer: 'count=exact' } }],
    ['a planned count', 'posts?id=eq.{id}', { method: 'HEAD', headers: { Prefer: 'count=planned' } }],
    ['an estimated count', 'posts?id=eq.{id}', { method: 'HEAD', headers: { Prefer: 'count=estimated' } }],
    [
      'a count of files',
      'post_media?post_id=eq.{id}',
      { method: 'HEAD', headers: { Prefer: 'count=exact' } },
    ],
    ['an edit', 'posts?id=eq.{id}', { method: 'PATCH', json: { caption: 'x' } }],
    [
      'an edit with an answer',
      'posts?id=eq.{id}',
      { method: 'PATCH', json: { caption: 'x' }, headers: { Prefer: 'return=representation' } },
    ],
    [
      'a deletion',
      'posts?id=eq.{id}',
      { method: 'DELETE', headers: { Prefer: 'return=representation,count=exact' } },
    ],
    ['an edit by function', 'rpc/update_post', { json: { post_id: '{id}', caption: 'x' } }],
    ['a repost', 'posts', { json: { caption: 'x', original_post_id: '{id}' } }],
    ['a repost by function', 'rpc/create_post', { json: { caption: 'x', original_post: '{id}' } }],
    ['hiding', 'rpc/hide_post', { json: { post_id: '{id}' } }],
    ['the next page', 'rpc/list_posts', { json: { before: '{id}', owner: '{id}' } }],
  ])('are told apart by no answer: %s', async (_what, path, call) => {
    const ask = async (id: string) => {
      const { status, text, headers } = await rest(eve, path.replaceAll('{id}', id), {
        ...call,
        ...(call.json ? { json: JSON.parse(JSON.stringify(call.json).replaceAll('{id}', id)) } : {}),
      });
      return { status, text: text.replaceAll(id, ''), range: headers.get('content-range') };
    };
    expect(await ask(privatePost)).toEqual(await ask(nothing));
  });

  it('are told apart by no refusal of a file', async () => {
    const answers = [secrets.path, `${ann.id}/${crypto.randomUUID()}.jpg`].map(async (path) => {
      const { status, text } = await rest(eve, 'rpc/create_post', { json: { caption: 'x', media: [path] } });
      return { status, text };
    });
    const [taken, absent] = await Promise.all(answers);
    expect(taken).toEqual(absent);
    expect(taken).toMatchObject({ status: 422, text: expect.stringContaining('media_not_found') });
  });
});

describe('errors', () => {
  it.each<[what: string, path: string, call: RawCall]>([
    ['a broken rule', 'posts', { json: { caption: ' ' } }],
    ['a broken rule of an edit', 'posts?id=eq.{repost}', { method: 'PATCH', json: { caption: '' } }],
    ['a name that is taken', 'profiles?id=eq.{eve}', { method: 'PATCH', json: { username: '{name}' } }],
    ['a name that is none', 'profiles?id=eq.{eve}', { method: 'PATCH', json: { username: "x'--" } }],
    ['a column that is not there', 'posts?select=encrypted_password', {}],
    ['a table that is not there', 'storage_removals', {}],
    ['a table of Auth', 'users?select=email', {}],
    ['an embed of Auth', 'profiles?select=id,users(email)', {}],
    ['a broken filter', 'posts?id=eq.x', {}],
    ['SQL in a filter', "posts?caption=eq.x'%20or%201=1--", {}],
    ['SQL in an order', 'posts?order=id;drop%20table%20posts', {}],
    ['SQL in a select', 'posts?select=id,(select%20email%20from%20auth.users)', {}],
    ['a cast to more', 'posts?select=id::regclass', {}],
    ['an aggregate', 'private_profiles?select=date_of_birth.max()', {}],
  ])('give nothing away: %s', async (_what, path, call) => {
    const known: Record<string, string> = { eve: eve.id, name: ann.username, repost: evesRepost };
    const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => known[name] ?? '');
    const answer = await rest(eve, fill(path), {
      ...call,
      ...(call.json ? { json: JSON.parse(fill(JSON.stringify(call.json))) } : {}),
    });
    expectNoSecret(answer, '');
    expect(answer.text).not.toMatch(/Failing row|\bat .*:\d+|node_modules|postgres(ql)?:\/\//);
  });
});
