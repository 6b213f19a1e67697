import { beforeAll, describe, expect, it } from 'vitest';
import { call, publish, publishLoose, uploadByUrl } from '../kit/api.ts';
import { openDatabase } from '../kit/database.ts';
import { load, photo } from '../kit/files.ts';
import { belongings } from '../kit/owned.ts';
import type { Person } from '../kit/people.ts';
import { newName, object, type PreparedFiles, prepareFiles } from './prepared-files.ts';
import { rest, send } from './raw.ts';

const sql = openDatabase();

let ann: Person;
let eve: Person;
let files: PreparedFiles['files'];
let upload: string;
let evesFile: string;
let evesUpload: string;
let evesPost: string;

beforeAll(async () => {
  ({ ann, eve, files, upload, evesFile, evesUpload } = await prepareFiles());
  evesPost = (await publish(eve)).id;
});

const evesName = () => `${eve.id}/${crypto.randomUUID()}`;

/** What a user may try to move or copy, and to where. */
interface Transfer {
  bucketId: string;
  sourceKey: string;
  destinationKey: string;
  destinationBucket?: string;
}

describe('refuses to move or copy', () => {
  it.each<[what: string, keys: () => Transfer]>([
    [
      "another user's upload into the own folder",
      () => ({ bucketId: 'uploads', sourceKey: upload, destinationKey: evesName() }),
    ],
    [
      "an own upload into another user's folder",
      () => ({
        bucketId: 'uploads',
        sourceKey: evesUpload,
        destinationKey: `${ann.id}/${crypto.randomUUID()}`,
      }),
    ],
    [
      "an own upload over another user's",
      () => ({ bucketId: 'uploads', sourceKey: evesUpload, destinationKey: upload }),
    ],
    [
      'an own upload into the bucket of published files',
      () => ({
        ...{ bucketId: 'uploads', sourceKey: evesUpload },
        ...{ destinationKey: `${eve.id}/${newName()}`, destinationBucket: 'post-media' },
      }),
    ],
    [
      'an own upload over an own published file',
      () => ({
        ...{ bucketId: 'uploads', sourceKey: evesUpload },
        ...{ destinationKey: evesFile, destinationBucket: 'post-media' },
      }),
    ],
    [
      'an own upload into a public bucket',
      () => ({
        ...{ bucketId: 'uploads', sourceKey: evesUpload },
        ...{ destinationKey: `${eve.id}/${newName()}`, destinationBucket: 'avatars' },
      }),
    ],
    [
      'an own published file within its bucket',
      () => ({ bucketId: 'post-media', sourceKey: evesFile, destinationKey: `${eve.id}/${newName()}` }),
    ],
    [
      "another user's private file into the own folder of uploads",
      () => ({
        ...{ bucketId: 'post-media', sourceKey: files.kept },
        ...{ destinationKey: evesName(), destinationBucket: 'uploads' },
      }),
    ],
    [
      "another user's file that no post shows",
      () => ({
        ...{ bucketId: 'post-media', sourceKey: files.loose },
        ...{ destinationKey: evesName(), destinationBucket: 'uploads' },
      }),
    ],
  ])('%s', async (_what, keys) => {
    const before = [await belongings(sql, ann), await belongings(sql, eve)];
    for (const verb of ['move', 'copy']) {
      for (const headers of [{}, { 'x-upsert': 'true' }]) {
        for (const more of [{}, { copyMetadata: false, metadata: { mimetype: 'text/html' } }]) {
          const answer = await send(eve, `${object}/${verb}`, { json: { ...keys(), ...more }, headers });
          expect([verb, answer.status, answer.text]).toEqual([verb, 400, expect.any(String)]);
        }
      }
    }
    expect([await belongings(sql, ann), await belongings(sql, eve)]).toEqual(before);
  });

  it("another user's public file away from its place", async () => {
    const before = await belongings(sql, ann);
    const keys = { bucketId: 'post-media', sourceKey: files.shown, destinationKey: `${eve.id}/${newName()}` };
    expect((await send(eve, `${object}/move`, { json: keys })).status).toBe(400);
    expect(await belongings(sql, ann)).toEqual(before);
  });
});

describe("another user's files", () => {
  it('are not deleted, one by one or many at once', async () => {
    const before = await belongings(sql, ann);
    for (const [bucket, paths] of [
      ['post-media', Object.values(files)],
      ['uploads', [upload]],
    ] as const) {
      for (const path of paths) {
        expect((await send(eve, `${object}/${bucket}/${path}`, { method: 'DELETE' })).status).toBe(400);
      }
      const many = await send(eve, `${object}/${bucket}`, { method: 'DELETE', json: { prefixes: paths } });
      expect([many.status, JSON.parse(many.text)]).toEqual([200, []]);
    }
    expect(await belongings(sql, ann)).toEqual(before);
  });

  it('look like files that do not exist, unless a visible post shows them', async () => {
    for (const [bucket, path] of [
      ['post-media', files.kept],
      ['post-media', files.loose],
      ['uploads', upload],
    ] as const) {
      const absent = path.replace(/[^/.]+(\.jpg)?$/, `${crypto.randomUUID()}$1`);
      for (const [route, call] of [
        ['{path}', {}],
        ['authenticated/{path}', {}],
        ['public/{path}', {}],
        ['info/{path}', {}],
        ['{path}', { method: 'HEAD' }],
        ['sign/{path}', { json: { expiresIn: 60 } }],
      ] as const) {
        const ask = async (name: string) => {
          const { status, text } = await send(
            eve,
            `${object}/${route.replace('{path}', `${bucket}/${name}`)}`,
            call,
          );
          return { status, text: text.replaceAll(name, '') };
        };
        expect([route, await ask(path)]).toEqual([route, await ask(absent)]);
        expect((await ask(path)).status).toBeOneOf([400, 404]);
      }
      const signed = await send(eve, `${object}/sign/${bucket}`, { json: { expiresIn: 60, paths: [path] } });
      expect(JSON.parse(signed.text)).toEqual([expect.objectContaining({ signedURL: null })]);
    }
  });

  it('are listed only where a visible post shows them', async () => {
    const listed = async (person: Person | null, bucket: string, json: unknown) =>
      JSON.parse((await send(person, `${object}/list/${bucket}`, { json })).text);
    const names = (rows: { name: string }[]) => rows.map(({ name }) => `${ann.id}/${name}`).sort();
    expect(names(await listed(eve, 'post-media', { prefix: ann.id }))).toEqual([files.shown]);
    expect(names(await listed(ann, 'post-media', { prefix: ann.id }))).toEqual(
      [files.shown, files.kept].sort(),
    );
    expect(await listed(eve, 'uploads', { prefix: ann.id })).toEqual([]);
    expect(await listed(eve, 'avatars', { prefix: ann.id })).toEqual([]);
    expect(await listed(null, 'post-media', { prefix: ann.id })).toEqual([]);
    expect(JSON.parse((await send(eve, '/storage/v1/bucket')).text)).toEqual([]);
  });

  it('cannot be claimed, by the function or by the Data API', async () => {
    const before = await belongings(sql, ann);
    const paths = [...Object.values(files), upload];
    for (const path of [
      ...paths,
      `${eve.id}/../${files.loose}`,
      files.loose.toUpperCase(),
      `${files.loose} `,
    ]) {
      const byFunction = await call('/posts/', { token: eve.token, json: { caption: 'x', media: [path] } });
      expect([path, byFunction.status, byFunction.json.code]).toEqual([path, 422, 'media_not_found']);
      const byDataApi = await rest(eve, 'rpc/create_post', { json: { caption: 'x', media: [path] } });
      expect([path, byDataApi.status, JSON.parse(byDataApi.text).hint]).toEqual([
        path,
        422,
        'media_not_found',
      ]);
    }
    for (const path of paths) {
      const json = { avatar_path: path };
      const picture = await rest(eve, `profiles?id=eq.${eve.id}`, { method: 'PATCH', json });
      expect([picture.status, JSON.parse(picture.text).hint]).toEqual([422, 'picture_not_found']);
    }
    expect(await belongings(sql, ann)).toEqual(before);
  });
});

describe('the function, which has the secret key,', () => {
  it.each<[what: string, path: () => string]>([
    ["another user's upload", () => upload],
    ['an upload that nobody has', () => `${ann.id}/${crypto.randomUUID()}`],
    ["another user's private file", () => files.kept],
    ['up and over', () => `${eve.id}/../${upload}`],
    ['up and over, encoded', () => `${eve.id}/%2e%2e/${upload}`],
    ['with an encoded slash', () => upload.replace('/', '%2f')],
    ['two slashes', () => upload.replace('/', '//')],
    ['a slash in front', () => `/${upload}`],
    ['with its bucket', () => `uploads/${upload}`],
    ['out of the bucket', () => `../post-media/${files.kept}`],
    ['in capitals', () => upload.toUpperCase()],
    ['with a line break', () => `${upload}\n`],
    ['with a query', () => `${upload}?download`],
    ['a folder', () => ann.id],
    ['a folder with a slash', () => `${ann.id}/`],
  ])('neither reads nor removes a path that is no upload of the caller: %s', async (_what, path) => {
    const before = [await belongings(sql, ann), await belongings(sql, eve)];
    const { token } = eve;
    const picture = (field: string) =>
      call('/userprofiles/me/', { method: 'PATCH', token, json: { [field]: path() } });
    const answers = [
      await call('/media/', { token, json: { path: path() } }),
      await call('/posts/', { token, json: { caption: 'x', media: [path()] } }),
      await call(`/posts/${evesPost}/`, { method: 'PATCH', token, json: { media: [path()] } }),
      await call('/uploads/', { method: 'DELETE', token, json: { paths: [path()] } }),
      await call('/uploads/', { method: 'DELETE', token, json: { paths: [evesUpload, path()] } }),
      await picture('profile_pic'),
      await picture('cover_pic'),
    ];
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual([
      ...Array.from({ length: 5 }, () => [422, 'media_not_found']),
      ...Array.from({ length: 2 }, () => [422, 'picture_not_found']),
    ]);
    expect([await belongings(sql, ann), await belongings(sql, eve)]).toEqual(before);
  });

  it("does not tell another user's upload from none", async () => {
    const ask = async (path: string) => {
      const answers = [
        await call('/media/', { token: eve.token, json: { path } }),
        await call('/uploads/', { method: 'DELETE', token: eve.token, json: { paths: [path] } }),
      ];
      return answers.map(({ status, json }) => ({ status, json }));
    };
    expect(await ask(upload)).toEqual(await ask(`${ann.id}/${crypto.randomUUID()}`));
  });
});

// An upload may be HTML or SVG, and Storage's address is the API's: what it served would run there.
describe('an own upload', () => {
  it('is neither read nor signed, and looks like none', async () => {
    const ask = async (path: string) => {
      const answers = await Promise.all(
        (
          [
            ['{path}', {}],
            ['{path}', { method: 'HEAD' }],
            ['authenticated/{path}', {}],
            ['public/{path}', {}],
            ['info/{path}', {}],
            ['info/authenticated/{path}', {}],
            ['sign/{path}', { json: { expiresIn: 60 } }],
          ] as const
        ).map(([route, request]) =>
          send(eve, `${object}/${route.replace('{path}', `uploads/${path}`)}`, request),
        ),
      );
      const image = await send(eve, `/storage/v1/render/image/authenticated/uploads/${path}`);
      return [...answers, image].map(({ status, text }) => ({
        status,
        text: text.replaceAll(path, '').slice(0, 200),
      }));
    };
    const own = await ask(evesUpload);
    expect(own).toEqual(await ask(evesName()));
    for (const { status } of own) expect(status).toBeOneOf([400, 404]);
    const json = { expiresIn: 60, paths: [evesUpload] };
    const signed = await send(eve, `${object}/sign/uploads`, { json });
    expect(JSON.parse(signed.text)).toEqual([expect.objectContaining({ signedURL: null })]);
  });

  it('is not listed', async () => {
    const listed = await send(eve, `${object}/list/uploads`, { json: { prefix: eve.id } });
    expect([listed.status, JSON.parse(listed.text)]).toEqual([200, []]);
    const inPages = await send(eve, `${object}/list-v2/uploads`, { json: { prefix: `${eve.id}/` } });
    expect(inPages.text).not.toContain(evesUpload);
  });

  it('is neither copied nor moved, whatever its type becomes', async () => {
    const before = await belongings(sql, eve);
    for (const verb of ['copy', 'move']) {
      for (const headers of [{}, { 'x-upsert': 'true' }]) {
        for (const more of [{}, { copyMetadata: false, metadata: { mimetype: 'text/html' } }]) {
          for (const destinationKey of [evesName(), evesUpload]) {
            const keys = { bucketId: 'uploads', sourceKey: evesUpload, destinationKey, ...more };
            const answer = await send(eve, `${object}/${verb}`, { json: keys, headers });
            expect([verb, more, answer.status]).toEqual([verb, more, 400]);
          }
        }
      }
    }
    expect(await belongings(sql, eve)).toEqual(before);
  });

  it('is not removed by way of Storage', async () => {
    const before = await belongings(sql, eve);
    expect((await send(eve, `${object}/uploads/${evesUpload}`, { method: 'DELETE' })).status).toBe(400);
    const many = { method: 'DELETE', json: { prefixes: [evesUpload] } };
    expect(JSON.parse((await send(eve, `${object}/uploads`, many)).text)).toEqual([]);
    expect(await belongings(sql, eve)).toEqual(before);
  });
});

describe("a user's own file", () => {
  it('belongs to one post, also when several claim it at once', async () => {
    for (let round = 0; round < 5; round++) {
      const path = await publishLoose(eve);
      const claim = () => rest(eve, 'rpc/create_post', { json: { caption: 'x', media: [path] } });
      const answers = await Promise.all(Array.from({ length: 4 }, claim));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
      const again = await claim();
      expect([again.status, JSON.parse(again.text).hint]).toEqual([409, 'media_already_used']);
      const twice = { caption: 'x', media: [evesFile, evesFile] };
      expect((await rest(eve, 'rpc/create_post', { json: twice })).status).toBe(409);
    }
  });

  it('cannot be claimed while it is an upload that was not inspected', async () => {
    const json = { caption: 'x', media: [evesUpload] };
    const answer = await rest(eve, 'rpc/create_post', { json });
    expect([answer.status, JSON.parse(answer.text).hint]).toEqual([422, 'media_not_found']);
  });

  it('does not leave a post by way of Storage', async () => {
    const path = await publishLoose(eve);
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
    const post = await publish(ann, { media: [await uploadByUrl(ann, photo())] });
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
