import { beforeAll, describe, expect, it } from 'vitest';
import { call, publish, uploadByUrl } from '../kit/api.ts';
import { openDatabase } from '../kit/database.ts';
import { load } from '../kit/files.ts';
import { belongings } from '../kit/owned.ts';
import type { Person } from '../kit/people.ts';
import { newName, object, type PreparedFiles, photoBytes, prepareFiles } from './prepared-files.ts';
import { rest, send } from './raw.ts';

const sql = openDatabase();

let ann: Person;
let eve: Person;
let files: PreparedFiles['files'];
let evesFile: string;

beforeAll(async () => {
  ({ ann, eve, files, evesFile } = await prepareFiles());
});

describe('files of others', () => {
  it.each([
    [
      'moving one into her folder',
      'move',
      () => ({ sourceKey: files.loose, destinationKey: `${eve.id}/${newName()}` }),
    ],
    [
      'moving a public one',
      'move',
      () => ({ sourceKey: files.shown, destinationKey: `${eve.id}/${newName()}` }),
    ],
    ['moving her own over one', 'move', () => ({ sourceKey: evesFile, destinationKey: files.loose })],
    [
      'moving her own into a folder',
      'move',
      () => ({ sourceKey: evesFile, destinationKey: `${ann.id}/${newName()}` }),
    ],
    [
      'moving her own elsewhere',
      'move',
      () => ({ sourceKey: evesFile, destinationKey: `${eve.id}/${newName()}`, destinationBucket: 'avatars' }),
    ],
    [
      'copying a private one',
      'copy',
      () => ({ sourceKey: files.kept, destinationKey: `${eve.id}/${newName()}` }),
    ],
    [
      'copying one that no post has',
      'copy',
      () => ({ sourceKey: files.loose, destinationKey: `${eve.id}/${newName()}` }),
    ],
    [
      'copying into a folder',
      'copy',
      () => ({ sourceKey: evesFile, destinationKey: `${ann.id}/${newName()}` }),
    ],
    ['copying over one', 'copy', () => ({ sourceKey: evesFile, destinationKey: files.shown })],
    [
      'copying into a public bucket',
      'copy',
      () => ({ sourceKey: evesFile, destinationKey: `${eve.id}/${newName()}`, destinationBucket: 'avatars' }),
    ],
  ])('%s is refused', async (_what, verb, keys) => {
    const before = [await belongings(sql, ann), await belongings(sql, eve)];
    for (const headers of [{}, { 'x-upsert': 'true' }]) {
      const answer = await send(eve, `${object}/${verb}`, {
        json: { bucketId: 'post-media', ...keys() },
        headers,
      });
      expect([answer.status, answer.text]).toEqual([400, expect.any(String)]);
    }
    expect([await belongings(sql, ann), await belongings(sql, eve)]).toEqual(before);
  });

  it('are not deleted, one by one or many at once', async () => {
    const before = await belongings(sql, ann);
    for (const path of Object.values(files))
      expect((await send(eve, `${object}/post-media/${path}`, { method: 'DELETE' })).status).toBe(400);
    const many = await send(eve, `${object}/post-media`, {
      method: 'DELETE',
      json: { prefixes: Object.values(files) },
    });
    expect([many.status, JSON.parse(many.text)]).toEqual([200, []]);
    expect(await belongings(sql, ann)).toEqual(before);
  });

  it('are not there, unless their post is shown', async () => {
    const absent = `${ann.id}/${newName()}`;
    for (const path of [files.kept, files.loose]) {
      for (const [route, call] of [
        ['post-media/{path}', {}],
        ['authenticated/post-media/{path}', {}],
        ['public/post-media/{path}', {}],
        ['info/post-media/{path}', {}],
        ['post-media/{path}', { method: 'HEAD' }],
        ['sign/post-media/{path}', { json: { expiresIn: 60 } }],
      ] as const) {
        const ask = async (name: string) => {
          const { status, text } = await send(eve, `${object}/${route.replace('{path}', name)}`, call);
          return { status, text: text.replaceAll(name, '') };
        };
        expect([route, await ask(path)]).toEqual([route, await ask(absent)]);
        expect((await ask(path)).status).toBeOneOf([400, 404]);
      }
      const signed = await send(eve, `${object}/sign/post-media`, { json: { expiresIn: 60, paths: [path] } });
      expect(JSON.parse(signed.text)).toEqual([expect.objectContaining({ signedURL: null })]);
    }
  });

  it('are listed for her only where their post is shown', async () => {
    const listed = async (person: Person | null, bucket: string, json: unknown) =>
      JSON.parse((await send(person, `${object}/list/${bucket}`, { json })).text);
    const names = (rows: { name: string }[]) => rows.map(({ name }) => `${ann.id}/${name}`);
    expect(names(await listed(eve, 'post-media', { prefix: ann.id }))).toEqual([files.shown]);
    expect(names(await listed(ann, 'post-media', { prefix: ann.id })).sort()).toEqual(
      Object.values(files).sort(),
    );
    expect(await listed(eve, 'avatars', { prefix: ann.id })).toEqual([]);
    expect(await listed(null, 'post-media', { prefix: ann.id })).toEqual([]);
    expect(JSON.parse((await send(eve, '/storage/v1/bucket')).text)).toEqual([]);
  });

  it('are claimed by no post of hers', async () => {
    const before = await belongings(sql, ann);
    for (const path of [
      ...Object.values(files),
      `${eve.id}/../${files.loose}`,
      files.loose.toUpperCase(),
      `${files.loose} `,
    ]) {
      const { status, json } = await call('/posts/', {
        token: eve.token,
        json: { caption: 'x', media: [path] },
      });
      expect([path, status, json.code]).toEqual([path, 422, 'media_not_found']);
    }
    const picture = await rest(eve, `profiles?id=eq.${eve.id}`, {
      method: 'PATCH',
      json: { avatar_path: files.loose },
    });
    expect([picture.status, JSON.parse(picture.text).hint]).toEqual([422, 'picture_not_found']);
    expect(await belongings(sql, ann)).toEqual(before);
  });
});

describe('a file of hers', () => {
  it('belongs to one post, also when two claim it at once', async () => {
    for (let round = 0; round < 5; round++) {
      const path = await uploadByUrl(eve, photoBytes());
      const claim = () => rest(eve, 'rpc/create_post', { json: { caption: 'x', media: [path] } });
      const answers = await Promise.all(Array.from({ length: 4 }, claim));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
      const again = await claim();
      expect([again.status, JSON.parse(again.text).hint]).toEqual([409, 'media_already_used']);
      const twice = await rest(eve, 'rpc/create_post', {
        json: { caption: 'x', media: [evesFile, evesFile] },
      });
      expect(twice.status).toBe(409);
    }
  });

  it('does not leave a post by way of Storage', async () => {
    const path = await uploadByUrl(eve, photoBytes());
    await rest(eve, 'rpc/create_post', { json: { caption: 'x', media: [path] } });
    const before = await belongings(sql, eve);
    expect((await send(eve, `${object}/post-media/${path}`, { method: 'DELETE' })).status).toBe(400);
    const keys = { bucketId: 'post-media', sourceKey: path, destinationKey: `${eve.id}/${newName()}` };
    expect((await send(eve, `${object}/move`, { json: keys })).status).toBe(400);
    expect(await belongings(sql, eve)).toEqual(before);
  });
});

describe('a link that was signed', () => {
  it('lives an hour at most, and no new one is given once the post is private', async () => {
    const post = await publish(ann, { media: [await uploadByUrl(ann, photoBytes())] });
    const seen = await call(`/posts/${post.id}/`, { token: eve.token });
    const [{ url, file }] = seen.json.media;
    const [, payload = ''] = (new URL(url).searchParams.get('token') ?? '').split('.');
    const { exp, iat } = JSON.parse(Buffer.from(payload, 'base64url').toString());
    expect(exp - iat).toBeLessThanOrEqual(3600);
    expect((await load(url)).byteLength).toBeGreaterThan(0);
    await call(`/posts/${post.id}/`, { method: 'PATCH', token: ann.token, json: { is_public: false } });
    expect((await call(`/posts/${post.id}/`, { token: eve.token })).status).toBe(404);
    const { data } = await eve.client.storage.from('post-media').createSignedUrl(file, 60);
    expect(data).toBeNull();
    expect((await send(eve, `${object}/authenticated/post-media/${file}`)).status).toBeOneOf([400, 404]);
  });

  it('opens the file that it was signed for and no other', async () => {
    const { data } = await ann.client.storage.from('post-media').createSignedUrl(files.kept, 60);
    const url = data?.signedUrl ?? '';
    expect((await load(url)).byteLength).toBeGreaterThan(0);
    const other = await fetch(url.replace(files.kept, files.loose));
    expect(other.status).toBe(400);
    const [header, payload = '', signature] = (new URL(url).searchParams.get('token') ?? '').split('.');
    const claims = {
      ...JSON.parse(Buffer.from(payload, 'base64url').toString()),
      url: `post-media/${files.loose}`,
    };
    const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    const answer = await fetch(`${url.split('?')[0]?.replace(files.kept, files.loose)}?token=${forged}`);
    expect(answer.status).toBe(400);
  });
});
