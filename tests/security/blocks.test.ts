import { beforeAll, describe, expect, it } from 'vitest';
import { callAs, publish } from '../kit/api.ts';
import { newPeople, type Person } from '../kit/people.ts';
import { createPost, publishFile } from '../kit/posts.ts';
import { rest, send } from './raw.ts';

const word = () => `word${crypto.randomUUID().replaceAll('-', '')}`;

/** The path of a request, what its answer has before the block, and a body to POST; names in braces are of the scene. */
type Path = readonly [path: string, shows: keyof Scene, json?: object];

/** What a reader sees of a maker, partly in the posts of a third user. */
interface Scene {
  reader: Person;
  maker: Person;
  third: Person;
  /** Ids and names for the paths. */
  known: Record<string, string>;
  caption: string;
  comment: string;
  file: string;
  makerId: string;
  postId: string;
}

async function makeScene(): Promise<Scene> {
  const [reader, maker, third] = (await newPeople(3)) as [Person, Person, Person];
  const [caption, comment, tag] = [word(), word(), word()];
  const file = await publishFile(maker);
  const post = await createPost(maker, {
    caption: `${caption} @${third.username}`,
    tags: [tag],
    media: [{ path: file, alt_text: '' }],
  });
  const theirs = await publish(third);
  const repost = await publish(third, { original_post: post.id });
  const remark = await publish(maker, { original_post: theirs.id, caption });
  const own = await publish(reader, { mentions: [maker.id] });
  const done = async (person: Person, method: string, path: string, json?: object) => {
    const { status, json: answer } = await callAs(person, method, path, json);
    expect([path, status]).toEqual([path, expect.toBeOneOf([200, 201])]);
    return answer;
  };
  const commentOn = (person: Person, id: string, fields: object) =>
    done(person, 'POST', `/posts/${id}/comments/`, fields);
  const top = await commentOn(third, theirs.id, { text: 'First' });
  const written = await commentOn(maker, theirs.id, { text: `${comment} @${third.username}` });
  await commentOn(maker, theirs.id, { text: comment, parent: top.id });
  for (const path of [`/posts/${theirs.id}/like/`, `/comments/${top.id}/like/`, `/posts/${own.id}/like/`])
    await done(maker, 'PUT', path);
  await commentOn(maker, own.id, { text: comment });
  await done(maker, 'PUT', `/userprofiles/${third.id}/follow/`);
  await done(third, 'PUT', `/userprofiles/${maker.id}/follow/`);
  await done(reader, 'PUT', `/userprofiles/${maker.id}/follow/`);
  await done(maker, 'PUT', `/userprofiles/${reader.id}/follow/`);
  await done(reader, 'PUT', `/posts/${post.id}/save/`);
  const known = {
    ...{ post: post.id, theirs: theirs.id, repost: repost.id, remark: remark.id, own: own.id },
    ...{ top: top.id, comment: written.id, maker: maker.id, third: third.id, reader: reader.id },
    ...{ name: maker.username, tag, file },
  };
  return { reader, maker, third, known, caption, comment, file, makerId: maker.id, postId: post.id };
}

const api = '/functions/v1/api';
const paths: Path[] = [
  [`${api}/posts/{post}/`, 'caption'],
  [`${api}/posts/?owner={maker}`, 'caption'],
  [`${api}/posts/?tag={tag}`, 'caption'],
  [`${api}/posts/?mentions={third}`, 'caption'],
  [`${api}/posts/user/{name}/`, 'caption'],
  [`${api}/posts/{post}/reposts/`, 'postId'],
  [`${api}/posts/{theirs}/reposts/`, 'caption'],
  [`${api}/posts/{repost}/`, 'postId'],
  [`${api}/posts/{own}/`, 'makerId'],
  [`${api}/feed/`, 'caption'],
  [`${api}/saved/`, 'caption'],
  [`${api}/posts/{theirs}/likes/`, 'makerId'],
  [`${api}/comments/{top}/likes/`, 'makerId'],
  [`${api}/posts/{theirs}/comments/`, 'comment'],
  [`${api}/posts/{theirs}/comments/?order=newest`, 'comment'],
  [`${api}/posts/{own}/comments/`, 'comment'],
  [`${api}/comments/{comment}/`, 'comment'],
  [`${api}/comments/{top}/replies/`, 'comment'],
  [`${api}/userprofiles/{third}/followers/`, 'makerId'],
  [`${api}/userprofiles/{third}/following/`, 'makerId'],
  [`${api}/userprofiles/me/followers/`, 'makerId'],
  [`${api}/userprofiles/me/following/`, 'makerId'],
  [`${api}/notifications/`, 'makerId'],
  ['/rest/v1/posts?id=eq.{post}&select=*,owner:profiles!owner_id(*),post_tags(*),post_media(*)', 'caption'],
  ['/rest/v1/posts?id=eq.{repost}&select=*,original:original_post_id(*)', 'caption'],
  ['/rest/v1/profiles?id=eq.{maker}&select=*,posts!owner_id(*)', 'caption'],
  ['/rest/v1/post_media?post_id=eq.{post}', 'file'],
  ['/rest/v1/post_tags?tag=eq.{tag}', 'postId'],
  ['/rest/v1/post_mentions?profile_id=eq.{third}', 'postId'],
  ['/rest/v1/post_mentions?post_id=eq.{own}', 'makerId'],
  ['/rest/v1/comments?post_id=eq.{theirs}', 'comment'],
  ['/rest/v1/comments?post_id=eq.{own}', 'comment'],
  ['/rest/v1/comment_mentions?profile_id=eq.{third}&select=*,comments(*)', 'comment'],
  ['/rest/v1/post_likes?post_id=eq.{theirs}', 'makerId'],
  ['/rest/v1/comment_likes?comment_id=eq.{top}', 'makerId'],
  ['/rest/v1/follows?follower_id=eq.{reader}', 'makerId'],
  ['/rest/v1/follows?followee_id=eq.{reader}', 'makerId'],
  ['/rest/v1/notification_actors?select=*,notifications(*)', 'makerId'],
  ['/rest/v1/rpc/get_post?post_id={post}', 'caption'],
  ['/rest/v1/rpc/list_posts?owner={maker}', 'caption'],
  ['/storage/v1/object/authenticated/post-media/{file}', 'file'],
  ['/storage/v1/object/sign/post-media/{file}', 'file', { expiresIn: 60 }],
  ['/storage/v1/object/list/post-media', 'file', { prefix: '{maker}' }],
];

/** Whether the answer to a path shows what it should before the block. */
async function isShown(scene: Scene, [path, shows, json]: Path): Promise<boolean> {
  const filledIn = (text: string) =>
    text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => scene.known[name] ?? whole);
  const call = json ? { json: JSON.parse(filledIn(JSON.stringify(json))) } : {};
  const { status, text } = await send(scene.reader, filledIn(path), call);
  expect(status).toBeLessThan(500);
  // A file is shown by its bytes, a link or its name.
  if (path.includes('authenticated') || path.includes('/sign/')) return status === 200;
  const name = scene.file.slice(scene.maker.id.length + 1);
  const needle = path.includes('/list/') ? name : String(scene[shows]);
  return text.includes(needle);
}

describe.each(['reader', 'maker'] as const)('a block by the %s', (blocker) => {
  const before: string[] = [];
  let scene: Scene;
  beforeAll(async () => {
    scene = await makeScene();
    for (const path of paths) if (await isShown(scene, path)) before.push(path[0]);
    const blocked = blocker === 'reader' ? scene.maker : scene.reader;
    const { status } = await callAs(scene[blocker], 'PUT', `/userprofiles/${blocked.id}/block/`);
    expect(status).toBe(200);
  });

  it.each(paths.map((path) => [path[0], path[1], path] as const))(
    'closes %s, which showed the %s of the other user',
    async (name, _, path) => {
      expect(before).toContain(name);
      expect(await isShown(scene, path)).toBe(false);
    },
  );

  it('leaves the posts of both to others', async () => {
    expect((await rest(scene.third, `posts?id=eq.${scene.known.post}`)).text).toContain(scene.caption);
    expect((await rest(scene.third, `posts?id=eq.${scene.known.own}`)).text).toContain(scene.reader.id);
  });
});
