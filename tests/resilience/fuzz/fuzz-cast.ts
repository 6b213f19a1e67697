import { randomUUID } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import { encodeCursor } from '../../../supabase/functions/api/http/cursor.ts';
import { fixture, fixtureBytes } from '../../kit/files.ts';
import { newPerson, type Person, password, secretClient } from '../../kit/people.ts';
import type { OwnNoctra } from './fuzz-stack.ts';
import type { Callers, FuzzRequest, Header } from './requests.ts';
import type { Known } from './schemas.ts';
import type { FuzzAnswer } from './send.ts';

/** The fields of a post that the fuzzer uses. */
interface FuzzPost {
  id: string;
  media: { id: string; file: string }[];
}

/** Part of all private texts: an answer to another user with this word is a leak. */
export const secretWord = 'onlyforme';

const bystanderNames = ['bystander', 'recluse'];

/** The users of a run and their data. */
export interface Cast {
  /** The users who send the requests. */
  senders: Person[];
  /** Users who send nothing; their data must not change. */
  bystanders: Person[];
  callers: Callers;
  known: Known;
  /** Names for tokens and keys in printed requests. */
  names: Map<string, string>;
  /** Records new posts and refresh tokens; replaces deleted users. */
  takeNote(request: FuzzRequest, answer: FuzzAnswer): Promise<void>;
}

/** Registers the users, publishes their posts, and makes invalid tokens. */
export async function prepareCast(noctra: OwnNoctra): Promise<Cast> {
  const api = `${noctra.url}/api`;
  const signUp = (username: string) => newPerson({ username, email: emailOf(username) }, noctra);
  const publish = async ({ token }: Person, fields: Record<string, string>): Promise<FuzzPost> => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('media', fixture('photo.jpg', 'image/jpeg'));
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${api}/posts/`, { method: 'POST', headers, body: form });
    if (response.status !== 201) throw new Error(`The post was refused: ${await response.text()}`);
    return response.json();
  };

  const emailOf = (username: string) =>
    `${bystanderNames.includes(username) ? secretWord : 'mail'}.${username}@example.com`;

  const senders = await Promise.all(['sender0', 'sender1'].map(signUp));
  const leavers = await Promise.all(['leaver0', 'leaver1'].map(signUp));
  const bystanders = await Promise.all(bystanderNames.map(signUp));
  const judge = await signUp('judge');
  const [bystander, recluse] = bystanders as [Person, Person];
  const posts = await Promise.all([
    publish(bystander, { caption: 'By the sea #sun @recluse', tags: 'sea,beach', mentions: 'sender0' }),
    publish(bystander, { caption: `${secretWord} #${secretWord} @sender1`, is_public: 'false' }),
    publish(recluse, { caption: `${secretWord} as well #sun` }),
    ...[...senders, ...senders, ...senders].map((sender) =>
      publish(sender, { caption: 'Mine #sun @bystander', tags: 'mine' }),
    ),
  ]);
  const send = async (method: string, { token }: Person, path: string, fields?: object) => {
    const response = await fetch(api + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(fields ? { body: JSON.stringify(fields) } : {}),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.status === 204 ? null : response.json();
  };
  const comment = async (person: Person, fields: object, post = posts[0]): Promise<string> =>
    (await send('POST', person, `/posts/${post?.id}/comments/`, fields)).id;

  await send('PATCH', recluse, '/userprofiles/me/', { publicProfile: false, date_of_birth: '1990-02-28' });
  const comments: string[] = [];
  const reports: string[] = [];
  const notifications: string[] = [];
  comments.push(
    await comment(bystander, { text: 'By the sea' }),
    await comment(bystander, { text: `${secretWord} @sender1` }, posts[1]),
    await comment(recluse, { text: `${secretWord} @sender0` }, posts[2]),
  );
  for (const sender of senders) {
    const { id } = sender;
    // Nobody takes these follows away: senders block and remove only each other.
    for (const follower of bystanders) await send('PUT', follower, `/userprofiles/${id}/follow/`);
    comments.push(await comment(sender, { text: 'Well seen, @bystander' }));
    comments.push(await comment(sender, { text: 'Indeed', parent: comments[0] }));
    reports.push((await send('POST', sender, '/reports/', { post: posts[0]?.id, reason: 'other' })).id);
  }
  const { error } = await secretClient(noctra).rpc('set_role', { profile_id: judge.id, role: 'moderator' });
  if (error) throw error;

  const everybody = [...senders, ...leavers, ...bystanders];
  const names = [...everybody.map(({ username }) => username), 'Sender0'];
  const people = [...names, 'me', 'nobody_at_all', ...everybody.map(({ id }) => id), randomUUID()];
  const refreshTokens = senders.map(({ refreshToken }) => refreshToken);
  const tokenHeader = ({ token }: Person, at: number): Header => [
    'authorization',
    `${at % 2 ? 'Token' : 'Bearer'} ${token}`,
  ];
  const headersOfLeavers = leavers.map((leaver, at): Header[] => [tokenHeader(leaver, at)]);
  const shownAs = new Map(
    [...everybody, judge].map(({ username, token }) => [token, `TOKEN_OF_${username.toUpperCase()}`]),
  );
  const uploads: string[] = [];
  let departures = 0;

  const tags = ['sun', 'sea', 'mine', 'SUN'];
  const media = () => posts.flatMap((post) => post.media);
  const oneOf =
    <T>(list: () => readonly T[], text: (item: T) => string) =>
    (at: number) => {
      const all = list();
      return all.length === 0 ? '' : text(all[at % all.length] as T);
    };
  const among = (...values: string[]) => oneOf(() => values, String);
  const postId = oneOf(
    () => posts,
    ({ id }) => id,
  );
  const commentId = oneOf(() => comments, String);
  const movable = [...senders, ...leavers].flatMap(({ id, username }) => [id, username]);
  const mediaPath = oneOf(() => [...uploads, ...uploads, ...media().map(({ file }) => file)], String);
  const person = among(...people);
  /** Alternates between a known value and a new one. */
  const orNew = (known: (at: number) => string, fresh: (at: number) => string) => (at: number) =>
    at % 2 === 0 ? known(at >> 1) : fresh(at);
  const newName = (at: number) => `n${at.toString(36)}`;
  return {
    senders,
    bystanders,
    names: shownAs.set(noctra.secretKey, 'SECRET_KEY').set(noctra.publishableKey, 'PUBLISHABLE_KEY'),
    known: {
      ...{ id: postId, original_post: postId, user: person, owner: person },
      // To report: nobody reports themselves.
      ...{
        post: orNew(postId, () => posts[0]?.id ?? ''),
        comment: orNew(commentId, () => comments[0] ?? ''),
      },
      // Blocks take mentions away: bystanders keep theirs.
      ...{ 'user/block': among(...movable), 'followers/user': among(...movable), person: among(...movable) },
      'follow-requests/user': among(...[...senders, ...bystanders].map(({ username }) => username)),
      ...{ 'comments/id': commentId, parent: commentId },
      ...{ comment_id: commentId, parent_id: commentId },
      ...{ 'reports/id': oneOf(() => reports, String), report_id: oneOf(() => reports, String) },
      up_to: oneOf(() => (notifications.length > 0 ? notifications : comments), String),
      text: among('Well seen', 'Look @sender1 and @bystander', '😀'),
      ...{ reason: among('spam', 'other'), state: among('open', 'resolved', 'requested') },
      mentions: among(...everybody.flatMap(({ id, username }) => [id, username])),
      ...{ tag: among(...tags), tags: among(...tags, 'new', 'a,b', '#x') },
      ...{
        password: among(password, password, password, 'another password'),
        new_password: among(password, 'another password'),
      },
      // Bystanders keep their names; the others are renamed and deleted.
      username: orNew(among(...names, ...bystanderNames, ...bystanderNames), newName),
      email: orNew(among(...senders.map(({ email }) => email)), (at) => `${newName(at)}@example.com`),
      refresh_token: oneOf(() => refreshTokens, String),
      cursor: oneOf(
        () => posts,
        ({ id }) => encodeCursor(id),
      ),
      ...{ media: mediaPath, profile_pic: mediaPath, cover_pic: mediaPath },
      // The latest, because an upload can be published only once.
      path: (at) => uploads.at(-1 - (at % 2)) ?? mediaPath(at),
      // All of one user: one path of another's, and none is removed.
      paths: () => uploads.at(-1) ?? '',
      remove_media: oneOf(media, ({ id }) => id),
      content_type: among('image/jpeg', 'video/mp4', 'application/pdf', 'application/octet-stream'),
      filename: among('photo.jpg', 'clip.mp4', 'x', '.jpg'),
      code: among('123456'),
      'idempotency-key': (at) => `key-${at % 5}`,
      caption: among('By the sea', 'Look @sender1 and @bystander #sun #été', 'one #a #b #c @nobody', '😀'),
    },
    callers: {
      people: senders.map((sender, at) => [tokenHeader(sender, at)]),
      moderators: [[tokenHeader(judge, 0)]],
      leavers: headersOfLeavers,
      servers: [[['apikey', noctra.secretKey]], [['authorization', `Bearer ${noctra.secretKey}`]]],
      strangers: await strangers(noctra, recluse),
    },
    async takeNote({ operation, headers }, { status, text }) {
      if (['deleteAccount', 'delete_account'].includes(operation) && status === 204) {
        const at = headersOfLeavers.findIndex(([own]) => headers.some(([, value]) => value === own?.[1]));
        const newcomer = await signUp(`newcomer${departures++}`);
        await publish(newcomer, { caption: 'Soon to go #sun @bystander' });
        shownAs.set(newcomer.token, `TOKEN_OF_${newcomer.username.toUpperCase()}`);
        headersOfLeavers[at]?.splice(0, 1, tokenHeader(newcomer, at));
      }
      if (operation === 'deletePost' && status === 204) {
        const sender = senders.find(({ token }) => headers.some(([, value]) => value.includes(token)));
        if (sender) posts.push(await publish(sender, { caption: 'Another #sun' }));
      }
      if (operation === 'publishPost' && status === 201) posts.push(JSON.parse(text));
      if (operation === 'writeComment' && status === 201) comments.push(JSON.parse(text).id);
      if (operation === 'report' && status === 201) reports.push(JSON.parse(text).id);
      if (operation === 'listNotifications' && status === 200 && text !== '')
        notifications.push(...JSON.parse(text).map(({ id }: { id: string }) => id));
      if (operation === 'createUpload' && status === 201) {
        const { url, method, path } = JSON.parse(text);
        // The URL has the host that the request named, which may not exist; the content type may be any text.
        const here = noctra.url + url.replace(/^[^/]*\/\/[^/]*/, '');
        const upload = { method, headers: { 'content-type': 'image/jpeg' }, body: fixtureBytes('photo.jpg') };
        const { ok } = await fetch(here, upload);
        if (ok) uploads.push(path);
      }
      const { refresh_token: refreshToken } = status < 300 && /^\{/.test(text) ? JSON.parse(text) : {};
      if (typeof refreshToken === 'string') refreshTokens.push(refreshToken);
      // Keep the latest few, and always those of the bystanders.
      if (posts.length > 40) posts.splice(3, 10);
      for (const ids of [comments, reports, notifications]) if (ids.length > 20) ids.splice(3, 10);
      if (uploads.length > 6) uploads.splice(0, 3);
      if (refreshTokens.length > 10) refreshTokens.splice(0, 5);
    },
  };
}

/** Invalid tokens and keys of every form, most of them derived from a bystander's token. */
async function strangers(noctra: OwnNoctra, { id, token }: Person): Promise<Header[][]> {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const encodePart = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const key = await importJWK(noctra.signingKey, 'ES256');
  const signed = (changes: object) =>
    new SignJWT({ ...claims, ...changes })
      .setProtectedHeader({ alg: 'ES256', kid: noctra.signingKey.kid ?? '', typ: 'JWT' })
      .sign(key);
  const foreign = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(noctra.publishableKey));
  const tokens = [
    // Valid signatures with claims that must be refused.
    await signed({ exp: claims.iat - 1 }),
    await signed({ role: 'anon' }),
    await signed({ sub: 'me' }),
    await signed({ sub: undefined }),
    foreign,
    `${encodePart({ alg: 'none' })}.${payload}.`,
    `${encodePart({ alg: 'none' })}.${payload}.${signature}`,
    `${header}.${encodePart({ ...claims, role: 'service_role' })}.${signature}`,
    `${header}.${payload}.${'A'.repeat(signature.length)}`,
    `${header}.${payload}`,
    `${encodePart('x')}.${encodePart([])}.${encodePart(null)}`,
    ...[
      'x.y.z',
      '..',
      '.',
      id,
      noctra.publishableKey,
      noctra.anonKey,
      'null',
      'a'.repeat(8_000),
      '\xff.\xff.\xff',
    ],
  ];
  return [
    ...tokens.map((text): Header[] => [['authorization', `Bearer ${text}`]]),
    ...[
      token,
      `Basic ${token}`,
      'Bearer',
      'Bearer ',
      `Bearer  ${token} x`,
      `Bearer "${token}"`,
      `Digest ${token}`,
    ].map((text): Header[] => [['authorization', text]]),
    [['apikey', token]],
    [['cookie', `token=${token}`]],
    [['apikey', `${noctra.secretKey}x`]],
  ];
}
