import { beforeAll, describe, expect, it } from 'vitest';
import {
  call,
  clientOf,
  load,
  type Person,
  publish,
  register,
  secretClient,
  uploadByUrl,
} from '../api/client.ts';
import { fixture } from '../api/fixtures.ts';
import { belongings, rest, send, sendPathAsIs } from './raw.ts';

let ann: Person;
let eve: Person;
/** Files of Ann's: of a public post, of a private one, and one that no post has. */
const files = { shown: '', kept: '', loose: '' };
let evesFile: string;

beforeAll(async () => {
  [ann, eve] = await Promise.all([register(), register()]);
  const photo = fixture('photo.jpg', 'image/jpeg');
  [files.shown, files.kept, files.loose, evesFile] = (await Promise.all([
    uploadByUrl(ann, photo),
    uploadByUrl(ann, photo),
    uploadByUrl(ann, photo),
    uploadByUrl(eve, photo),
  ])) as [string, string, string, string];
  const json = (path: string, is_public: boolean) => ({ json: { caption: 'x', media: [path], is_public } });
  await rest(ann, 'rpc/create_post', json(files.shown, true));
  await rest(ann, 'rpc/create_post', json(files.kept, false));
  // As the function does, once it has looked into the bytes: until then nobody but Ann sees them.
  for (const path of [files.shown, files.kept])
    await secretClient.rpc('record_inspection', { path, mime_type: 'image/jpeg' }).throwOnError();
});

const object = '/storage/v1/object';
const jpeg = { 'content-type': 'image/jpeg' };
const newName = () => `${crypto.randomUUID()}.jpg`;
const photoBytes = () => fixture('photo.jpg', 'image/jpeg');

describe('an upload', () => {
  it.each<[what: string, path: () => string]>([
    ['into another’s folder', () => `post-media/${ann.id}/${newName()}`],
    ['over another’s file', () => `post-media/${files.shown}`],
    ['over another’s private file', () => `post-media/${files.kept}`],
    ['into no folder', () => `post-media/${newName()}`],
    ['under a name of her own', () => `post-media/${eve.id}/holiday.jpg`],
    ['deeper than her folder', () => `post-media/${eve.id}/${newName()}/${newName()}`],
    ['as a profile picture, past the function', () => `avatars/${eve.id}/${newName()}`],
    ['as a cover of another', () => `covers/${ann.id}/${newName()}`],
    ['up and over', () => `post-media/${eve.id}/../${ann.id}/${newName()}`],
    ['up and over, encoded', () => `post-media/${eve.id}/%2e%2e/${ann.id}/${newName()}`],
    ['up and over, encoded twice', () => `post-media/${eve.id}/%252e%252e/${ann.id}/${newName()}`],
    ['with an encoded slash', () => `post-media/${eve.id}%2f..%2f${ann.id}%2f${newName()}`],
    ['with a backslash', () => `post-media/${eve.id}\\..\\${ann.id}\\${newName()}`],
    ['with two slashes', () => `post-media//${ann.id}/${newName()}`],
    ['out of the bucket', () => `post-media/../avatars/${eve.id}/${newName()}`],
    ['with a NUL', () => `post-media/${ann.id}/${crypto.randomUUID()}%00.jpg`],
    ['with a line break', () => `post-media/${eve.id}/${newName()}%0a`],
    ['with broken UTF-8', () => `post-media/${eve.id}/%ff%fe.jpg`],
    ['in capitals', () => `post-media/${eve.id.toUpperCase()}/${newName()}`],
    ['into a bucket that is not there', () => `nowhere/${eve.id}/${newName()}`],
  ])('%s is refused', async (_what, path) => {
    const before = [await belongings(ann), await belongings(eve)];
    for (const [method, headers] of [
      ['POST', jpeg],
      ['POST', { ...jpeg, 'x-upsert': 'true' }],
      ['PUT', jpeg],
    ] as const) {
      const answer = await sendPathAsIs(eve, `${object}/${path()}`, {
        method,
        body: 'not a picture',
        headers,
      });
      expect([method, answer.status, answer.text]).toEqual([
        method,
        expect.toBeOneOf([400, 403, 404]),
        expect.any(String),
      ]);
    }
    expect([await belongings(ann), await belongings(eve)]).toEqual(before);
  });

  it('into her own folder, under a name as it should be, is taken', async () => {
    const path = `${object}/post-media/${eve.id}/${newName()}`;
    const { status } = await sendPathAsIs(eve, path, {
      method: 'POST',
      body: 'not a picture',
      headers: jpeg,
    });
    expect(status).toBe(200);
  });

  it('does not replace what a post has, by its owner either', async () => {
    const before = await belongings(ann);
    for (const [method, headers] of [
      ['POST', { ...jpeg, 'x-upsert': 'true' }],
      ['PUT', jpeg],
    ] as const)
      expect(
        (await send(ann, `${object}/post-media/${files.shown}`, { method, body: 'x', headers })).status,
      ).toBe(400);
    expect(await belongings(ann)).toBe(before);
  });

  it('by a signed URL goes into her own folder alone', async () => {
    for (const path of [
      `${ann.id}/${newName()}`,
      files.shown,
      files.loose,
      `${eve.id}/../${ann.id}/${newName()}`,
    ]) {
      const answer = await sendPathAsIs(eve, `${object}/upload/sign/post-media/${path}`, {
        method: 'POST',
        body: '{}',
      });
      expect([path, answer.status]).toEqual([path, 400]);
    }
    const own = `${eve.id}/${newName()}`;
    const { token } = JSON.parse(
      (await send(eve, `${object}/upload/sign/post-media/${own}`, { json: {} })).text,
    );
    const elsewhere = await send(
      null,
      `${object}/upload/sign/post-media/${ann.id}/${newName()}?token=${token}`,
      {
        ...{ method: 'PUT', body: photoBytes(), headers: jpeg },
      },
    );
    expect(elsewhere.status).toBe(400);
  });

  it('does not take another type than the bucket’s', async () => {
    for (const type of [
      'text/html',
      'image/svg+xml',
      'application/javascript',
      'image/*',
      'image/jpeg, text/html',
    ]) {
      const headers = { 'content-type': type };
      const answer = await send(eve, `${object}/post-media/${eve.id}/${newName()}`, {
        body: '<script>',
        headers,
      });
      expect([type, answer.status]).toEqual([type, 400]);
    }
  });
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
    const before = [await belongings(ann), await belongings(eve)];
    for (const headers of [{}, { 'x-upsert': 'true' }]) {
      const answer = await send(eve, `${object}/${verb}`, {
        json: { bucketId: 'post-media', ...keys() },
        headers,
      });
      expect([answer.status, answer.text]).toEqual([400, expect.any(String)]);
    }
    expect([await belongings(ann), await belongings(eve)]).toEqual(before);
  });

  it('are not deleted, one by one or many at once', async () => {
    const before = await belongings(ann);
    for (const path of Object.values(files))
      expect((await send(eve, `${object}/post-media/${path}`, { method: 'DELETE' })).status).toBe(400);
    const many = await send(eve, `${object}/post-media`, {
      method: 'DELETE',
      json: { prefixes: Object.values(files) },
    });
    expect([many.status, JSON.parse(many.text)]).toEqual([200, []]);
    expect(await belongings(ann)).toBe(before);
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
    const before = await belongings(ann);
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
    expect(await belongings(ann)).toBe(before);
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
    const before = await belongings(eve);
    expect((await send(eve, `${object}/post-media/${path}`, { method: 'DELETE' })).status).toBe(400);
    const keys = { bucketId: 'post-media', sourceKey: path, destinationKey: `${eve.id}/${newName()}` };
    expect((await send(eve, `${object}/move`, { json: keys })).status).toBe(400);
    expect(await belongings(eve)).toBe(before);
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
    const { data } = await clientOf(eve).storage.from('post-media').createSignedUrl(file, 60);
    expect(data).toBeNull();
    expect((await send(eve, `${object}/authenticated/post-media/${file}`)).status).toBeOneOf([400, 404]);
  });

  it('opens the file that it was signed for and no other', async () => {
    const { data } = await clientOf(ann).storage.from('post-media').createSignedUrl(files.kept, 60);
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
