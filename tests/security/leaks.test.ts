import { beforeAll, describe, expect, it } from 'vitest';
import { newPerson, type Person } from '../kit/people.ts';
import { createPost, publishFile } from '../kit/posts.ts';
import { settings } from '../kit/settings.ts';
import { type RawAnswer, type RawCall, rest, sendPathAsIs } from './raw.ts';

/** A word that stands only in what Ann alone, or Pia alone, may see. */
const word = () => `secret${crypto.randomUUID().replaceAll('-', '')}`;
const secrets: Record<string, string> = {
  caption: word(),
  closedCaption: word(),
  tag: word(),
  piasCaption: word(),
  piasTag: word(),
  birth: '1931-07-19',
  altText: word(),
};

let ann: Person;
/** Her profile is private. */
let pia: Person;
/** Is mentioned in posts that she may not see. */
let eve: Person;
let known: Record<string, string>;

beforeAll(async () => {
  [ann, pia, eve] = await Promise.all([
    newPerson({ date_of_birth: secrets.birth }),
    newPerson(),
    newPerson(),
  ]);
  secrets.email = ann.email;
  secrets.path = await publishFile(ann);
  const hidden = await createPost(ann, {
    caption: `${secrets.caption} #${secrets.tag} @${eve.username}`,
    is_public: false,
    media: [{ path: secrets.path, alt_text: secrets.altText }],
    mentions: [eve.id],
  });
  // Reposted while it was public: the repost keeps its link.
  const closed = await createPost(ann, { caption: `${secrets.closedCaption} @${eve.username}` });
  const repost = await createPost(eve, { caption: 'Look', original_post: closed.id });
  await rest(ann, 'rpc/update_post', { json: { post_id: closed.id, is_public: false } });
  await rest(pia, `profiles?id=eq.${pia.id}`, { method: 'PATCH', json: { is_public: false } });
  await createPost(pia, { caption: `${secrets.piasCaption} #${secrets.piasTag} @${eve.username}` });
  known = {
    ...{ ann: ann.id, pia: pia.id, eve: eve.id, private: hidden.id, repost: repost.id },
    name: ann.username,
  };
});

function filledIn<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value).replace(/\{(\w+)\}/g, (whole, name: string) => known[name] ?? whole),
  );
}

/** Expects no secret in an answer, also not in its headers. */
function expectNoSecret({ status, text, headers }: RawAnswer, asked: string): void {
  expect(status).toBeLessThan(500);
  const everything = text + JSON.stringify([...headers]);
  // Errors and links repeat the question.
  for (const secret of Object.values(secrets).filter((secret) => !asked.includes(secret)))
    expect(everything).not.toContain(secret);
}

describe('a private post or profile', () => {
  it.each([
    'posts?select=*,post_tags(*),post_mentions(*),post_media(*),owner:profiles!owner_id(*)',
    'posts?id=eq.{private}',
    'posts?owner_id=eq.{pia}',
    'posts?id=eq.{repost}&select=*,original:original_post_id(*,post_tags(*),media:post_media(*))',
    'posts?or=(is_public.is.false,hidden_at.not.is.null)&owner_id=neq.{eve}',
    'posts?select=id,profiles!owner_id(private_profiles(*))&limit=1000',
    'post_media',
    'post_media?select=*,posts(*)&posts.id=eq.{private}',
    'post_tags?select=*,posts(*)&limit=1000',
    'post_tags?tag=like.secret*',
    'post_mentions?profile_id=eq.{eve}&select=*,posts(*,post_tags(*),post_media(*))',
    'profiles?id=eq.{ann}&select=*,private_profiles(*),posts!owner_id(*,post_tags(*),post_media(*)),post_mentions(*)',
    'profiles?id=eq.{eve}&select=*,mentioned:posts!post_mentions(*)',
    'profiles?select=*,private_profiles!inner(*)&private_profiles.date_of_birth=not.is.null',
    'private_profiles?select=*,profiles(*)',
    'audit_log?select=*,profiles(*)',
    'rate_limits',
    'rpc/list_posts?page_limit=100',
    'rpc/list_posts?owner={pia}',
    'rpc/list_posts?mentions={eve}&page_limit=100',
  ])('is not shown by %s', async (path) => {
    const asked = filledIn(path);
    const answer = await rest(eve, asked);
    expect([answer.status, answer.text]).toEqual([200, expect.stringMatching(/^\[/)]);
    expectNoSecret(answer, asked);
    // Without a token the same request is refused.
    expect((await rest(null, asked)).status).toBe(401);
  });

  it('is shown to its owner', async () => {
    const answer = await rest(
      ann,
      filledIn('posts?id=eq.{private}&select=*,post_tags(*),media:post_media(*)'),
    );
    for (const secret of ['caption', 'tag', 'path', 'altText'])
      expect(answer.text).toContain(secrets[secret]);
    expect((await rest(ann, 'private_profiles')).text).toContain(secrets.birth);
  });

  it('cannot be found by a filter on what it says', async () => {
    for (const path of [
      `profiles?private_profiles.date_of_birth=eq.${secrets.birth}&select=id,private_profiles!inner(id)`,
      `profiles?select=id,posts!owner_id!inner(id)&posts.caption=like.*${secrets.caption}*`,
      `posts?select=id,post_tags!inner(tag)&post_tags.tag=eq.${secrets.tag}`,
      `posts?select=id,post_media!inner(id)&post_media.path=eq.${secrets.path}`,
      `posts?caption=match.${secrets.caption}`,
      `posts?caption=plfts.${secrets.caption}`,
      `post_tags?tag=eq.${secrets.piasTag}`,
      `rpc/list_posts?tag=${secrets.tag}`,
      `rpc/list_posts?tag=${secrets.piasTag}`,
    ])
      expect([path, (await rest(eve, path)).text]).toEqual([path, '[]']);
  });
});

describe('an invisible post', () => {
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
    [
      'a deletion',
      'posts?id=eq.{id}',
      { method: 'DELETE', headers: { Prefer: 'return=representation,count=exact' } },
    ],
    ['get_post', 'rpc/get_post', { json: { post_id: '{id}' } }],
    ['an edit', 'rpc/update_post', { json: { post_id: '{id}', caption: 'x' } }],
    ['a repost', 'rpc/create_post', { json: { caption: 'x', original_post: '{id}' } }],
    ['hiding', 'rpc/hide_post', { json: { post_id: '{id}' } }],
    ['the next page', 'rpc/list_posts', { json: { before: '{id}' } }],
  ])('is answered as one that does not exist: %s', async (_what, path, call) => {
    const ask = async (id: string) => {
      const fill = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('{id}', id));
      const { status, text, headers } = await rest(eve, fill(path), fill(call));
      return { status, text: text.replaceAll(id, ''), range: headers.get('content-range') };
    };
    // Pages of other tests' posts change from one moment to the next.
    const comparable = ({ status, text, range }: Awaited<ReturnType<typeof ask>>) =>
      path === 'rpc/list_posts' ? status : { status, text, range };
    expect(comparable(await ask(known.private ?? ''))).toEqual(comparable(await ask(nothing)));
  });

  it('does not tell whether it has a file', async () => {
    const ask = async (path: string) => {
      const { status, text } = await rest(eve, 'rpc/create_post', { json: { caption: 'x', media: [path] } });
      return { status, text };
    };
    const taken = await ask(secrets.path ?? '');
    expect(taken).toEqual(await ask(`${ann.id}/${crypto.randomUUID()}.jpg`));
    expect(taken).toMatchObject({ status: 422, text: expect.stringContaining('media_not_found') });
  });
});

describe('an estimate of rows', () => {
  it.each([
    ['a planned count', 'posts', 'count=planned'],
    ['an estimated count', 'audit_log', 'return=minimal,  count=estimated ,count=exact'],
    ['one of an embed', 'profiles?select=id,posts!owner_id!inner(id)&posts.id=gt.{private}', 'count=planned'],
  ])('is refused to users, and told to the service: %s', async (_what, path, Prefer) => {
    const answer = await rest(eve, filledIn(path), { headers: { Prefer } });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ hint: 'count_not_exact' });
    const asked = await rest(null, filledIn(path), {
      method: 'HEAD',
      headers: { Prefer, apikey: settings.secretKey },
    });
    expect(asked.headers.get('content-range')).toMatch(/\/\d+$/);
  });

  // PostgREST obeys the first of them, and shows functions in the database the last.
  it('is refused where one of two headers asks for it', async () => {
    const headers = { prefer: ['count=planned', 'handling=lenient'] };
    const answer = await sendPathAsIs(eve, '/rest/v1/posts', { headers });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('count_not_exact') });
  });
});

describe('an error', () => {
  it.each<[what: string, path: string, call: RawCall]>([
    ['a broken rule', 'rpc/create_post', { json: { caption: ' ' } }],
    ['a taken name', 'profiles?id=eq.{eve}', { method: 'PATCH', json: { username: '{name}' } }],
    ['a malformed name', 'profiles?id=eq.{eve}', { method: 'PATCH', json: { username: "x'--" } }],
    ['an unknown column', 'posts?select=encrypted_password', {}],
    ['a private table', 'unused_files', {}],
    ['a table of Auth', 'users?select=email', {}],
    ['an embed of Auth', 'profiles?select=id,users(email)', {}],
    ['a broken filter', 'posts?id=eq.x', {}],
    ['SQL in a filter', "posts?caption=eq.x'%20or%201=1--", {}],
    ['SQL in an order', 'posts?order=id;drop%20table%20posts', {}],
    ['SQL in a select', 'posts?select=id,(select%20email%20from%20auth.users)', {}],
    ['a cast', 'posts?select=id::regclass', {}],
    ['an aggregate', 'private_profiles?select=date_of_birth.max()', {}],
  ])('shows no row and no code: %s', async (_what, path, call) => {
    const answer = await rest(eve, filledIn(path), filledIn(call));
    expectNoSecret(answer, '');
    expect(answer.text).not.toMatch(/Failing row|\bat .*:\d+|node_modules|postgres(ql)?:\/\//);
  });
});
