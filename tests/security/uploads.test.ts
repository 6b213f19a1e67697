import http from 'node:http';
import https from 'node:https';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, formOf, publish, uploadByUrl } from '../kit/api.ts';
import { openDatabase } from '../kit/database.ts';
import { fixtureBytes, load, photo } from '../kit/files.ts';
import { belongings, objectsOf } from '../kit/owned.ts';
import { newPerson, type Person, secretClient } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';
import { newName, object, type PreparedFiles, prepareFiles } from './prepared-files.ts';
import { send, sendPathAsIs } from './raw.ts';

const sql = openDatabase();

let ann: Person;
let eve: Person;
let files: PreparedFiles['files'];
let upload: string;
let evesFile: string;

beforeAll(async () => {
  ({ ann, eve, files, upload, evesFile } = await prepareFiles());
});

const jpeg = { 'content-type': 'image/jpeg' };
const script = '<script>alert(1)</script>';
const newUploadPath = ({ id }: Person) => `${id}/${crypto.randomUUID()}`;

/** Begins and ends a resumable upload, with a token of the user or of a signed URL; gives the last status. */
async function uploadResumably(
  bucket: string,
  path: string,
  body: string,
  {
    person,
    signature,
    headers = {},
  }: { person?: Person; signature?: string; headers?: Record<string, string> },
): Promise<number> {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const metadata = { bucketName: bucket, objectName: path, contentType: 'text/html' };
  const common = {
    apikey: settings.publishableKey,
    'tus-resumable': '1.0.0',
    ...(person ? { authorization: `Bearer ${person.token}` } : {}),
    ...(signature ? { 'x-signature': signature } : {}),
    ...headers,
  };
  const created = await fetch(`${settings.url}/storage/v1/upload/resumable${signature ? '/sign' : ''}`, {
    method: 'POST',
    headers: {
      ...common,
      'upload-length': String(body.length),
      'upload-metadata': Object.entries(metadata)
        .map(([key, value]) => `${key} ${base64(value)}`)
        .join(','),
    },
  });
  const location = created.headers.get('location');
  if (!created.ok || !location) return created.status;
  const sent = await fetch(new URL(location, settings.url), {
    method: 'PATCH',
    headers: { ...common, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body,
  });
  return sent.status;
}

/** Signs an upload URL as a client that means to overwrite: with `x-upsert`, and without where that is refused; gives its token. */
async function signUpload(person: Person, path: string, bucket = 'uploads'): Promise<string> {
  for (const headers of [{ 'x-upsert': 'true' }, {}]) {
    const answer = await send(person, `${object}/upload/sign/${bucket}/${path}`, { json: {}, headers });
    if (answer.status === 200) return JSON.parse(answer.text).token;
  }
  return '';
}

const putSigned = (path: string, token: string, body: BodyInit, headers: Record<string, string> = {}) =>
  send(null, `${object}/upload/sign/uploads/${path}?token=${token}`, {
    ...{ method: 'PUT', body, headers: { ...jpeg, ...headers } },
  });

describe('refuses an upload', () => {
  it.each<[what: string, path: () => string]>([
    ["into another user's folder", () => `uploads/${ann.id}/${crypto.randomUUID()}`],
    ["over another user's upload", () => `uploads/${upload}`],
    ['into no folder', () => `uploads/${crypto.randomUUID()}`],
    ['under a name that the user chose', () => `uploads/${eve.id}/holiday.jpg`],
    ['with an extension', () => `uploads/${eve.id}/${newName()}`],
    ['deeper than the own folder', () => `uploads/${eve.id}/${crypto.randomUUID()}/${crypto.randomUUID()}`],
    ['up and over', () => `uploads/${eve.id}/../${ann.id}/${crypto.randomUUID()}`],
    ['up and over, encoded', () => `uploads/${eve.id}/%2e%2e/${ann.id}/${crypto.randomUUID()}`],
    ['up and over, encoded twice', () => `uploads/${eve.id}/%252e%252e/${ann.id}/${crypto.randomUUID()}`],
    ['with an encoded slash', () => `uploads/${eve.id}%2f..%2f${ann.id}%2f${crypto.randomUUID()}`],
    ['with a backslash', () => `uploads/${eve.id}\\..\\${ann.id}\\${crypto.randomUUID()}`],
    ['with two slashes', () => `uploads//${ann.id}/${crypto.randomUUID()}`],
    ['out of the bucket', () => `uploads/../avatars/${eve.id}/${newName()}`],
    ['with a NUL', () => `uploads/${eve.id}/${crypto.randomUUID()}%00`],
    ['with a line break', () => `uploads/${eve.id}/${crypto.randomUUID()}%0a`],
    ['with broken UTF-8', () => `uploads/${eve.id}/%ff%fe`],
    ['in capitals', () => `uploads/${eve.id}/${crypto.randomUUID().toUpperCase()}`],
    ['into a folder in capitals', () => `uploads/${eve.id.toUpperCase()}/${crypto.randomUUID()}`],
    ['into a bucket that does not exist', () => `nowhere/${eve.id}/${crypto.randomUUID()}`],
    ['into the bucket of published files', () => `post-media/${eve.id}/${newName()}`],
    [
      'into the bucket of published files without an extension',
      () => `post-media/${eve.id}/${crypto.randomUUID()}`,
    ],
    ['over an own published file', () => `post-media/${evesFile}`],
    ["over another user's published file", () => `post-media/${files.shown}`],
    ['as a profile picture, past the function', () => `avatars/${eve.id}/${newName()}`],
    ['as a cover of another user', () => `covers/${ann.id}/${newName()}`],
  ])('%s', async (_what, path) => {
    const before = [await belongings(sql, ann), await belongings(sql, eve)];
    for (const [method, headers] of [
      ['POST', jpeg],
      ['POST', { ...jpeg, 'x-upsert': 'true' }],
      ['PUT', jpeg],
    ] as const) {
      const request = { method, body: 'not a picture', headers };
      const answer = await sendPathAsIs(eve, `${object}/${path()}`, request);
      expect([method, answer.status, answer.text]).toEqual([
        method,
        expect.toBeOneOf([400, 403, 404]),
        expect.any(String),
      ]);
    }
    expect([await belongings(sql, ann), await belongings(sql, eve)]).toEqual(before);
  });

  it('by a URL that is signed for a place that is not the own', async () => {
    for (const [bucket, path] of [
      ['uploads', `${ann.id}/${crypto.randomUUID()}`],
      ['uploads', upload],
      ['uploads', `${eve.id}/../${ann.id}/${crypto.randomUUID()}`],
      ['post-media', `${eve.id}/${newName()}`],
      ['post-media', evesFile],
      ['post-media', files.shown],
      ['avatars', `${eve.id}/${newName()}`],
    ] as const) {
      for (const headers of [{}, { 'x-upsert': 'true' }]) {
        const request = { method: 'POST', body: '{}', headers };
        const answer = await sendPathAsIs(eve, `${object}/upload/sign/${bucket}/${path}`, request);
        expect([path, answer.status]).toEqual([path, 400]);
      }
    }
    const token = await signUpload(eve, newUploadPath(eve));
    expect(token).not.toBe('');
    expect((await putSigned(`${ann.id}/${crypto.randomUUID()}`, token, photo())).status).toBe(400);
  });

  it('by the resumable protocol outside of the own folder of uploads', async () => {
    const before = [await belongings(sql, ann), await belongings(sql, eve)];
    for (const [bucket, path] of [
      ['uploads', `${ann.id}/${crypto.randomUUID()}`],
      ['uploads', upload],
      ['post-media', `${eve.id}/${newName()}`],
      ['post-media', evesFile],
      ['post-media', files.shown],
      ['covers', `${eve.id}/${newName()}`],
    ] as const) {
      for (const headers of [{}, { 'x-upsert': 'true' }]) {
        const status = await uploadResumably(bucket, path, script, { person: eve, headers });
        expect([bucket, status]).toEqual([bucket, expect.toBeOneOf([400, 403, 404, 409])]);
      }
    }
    expect([await belongings(sql, ann), await belongings(sql, eve)]).toEqual(before);
  });
});

it('takes an upload of any type into the own folder, and shows it to nobody else', async () => {
  for (const type of ['text/html', 'image/svg+xml', 'image/jpeg']) {
    const path = newUploadPath(eve);
    const headers = { 'content-type': type };
    expect((await send(eve, `${object}/uploads/${path}`, { body: script, headers })).status).toBe(200);
    for (const person of [ann, null]) {
      for (const route of ['authenticated', 'public']) {
        const answer = await send(person, `${object}/${route}/uploads/${path}`);
        expect([type, route, answer.status]).toEqual([type, route, expect.toBeOneOf([400, 401, 403, 404])]);
      }
    }
    expect((await call('/posts/', { token: eve.token, json: { caption: 'x', media: [path] } })).status).toBe(
      415,
    );
  }
});

describe('a published file never changes', () => {
  /** A user with a post that shows an upload, the upload's path, and what writes to it later. */
  async function publishUpload(prepare: (person: Person, path: string) => Promise<unknown>) {
    const person = await newPerson();
    const path = newUploadPath(person);
    await prepare(person, path);
    const post = await publish(person, { media: [path] });
    const [{ url, file }] = post.media;
    return { person, path, url, file, before: await load(url) };
  }

  const expectUnchanged = async ({
    person,
    url,
    file,
    before,
  }: Awaited<ReturnType<typeof publishUpload>>) => {
    expect(await load(url)).toEqual(before);
    const signed = await person.client.storage.from('post-media').createSignedUrl(file, 60);
    expect(await load(signed.data?.signedUrl)).toEqual(before);
    expect(await objectsOf(person)).toEqual([file]);
  };

  it('by a URL that was signed to overwrite, before the upload and after', async () => {
    const tokens: string[] = [];
    const published = await publishUpload(async (person, path) => {
      tokens.push(await signUpload(person, path));
      expect((await putSigned(path, tokens[0] ?? '', photo())).status).toBe(200);
      tokens.push(await signUpload(person, path));
    });
    for (const token of tokens) {
      for (const headers of [{}, { 'x-upsert': 'true' }]) {
        await putSigned(published.path, token, script, { ...headers, 'content-type': 'text/html' });
      }
    }
    await expectUnchanged(published);
  });

  it('by the resumable protocol with the token of that URL', async () => {
    let token = '';
    const published = await publishUpload(async (person, path) => {
      token = await signUpload(person, path);
      expect((await putSigned(path, token, photo())).status).toBe(200);
    });
    for (const headers of [{}, { 'x-upsert': 'true' }]) {
      const { path, file } = published;
      await uploadResumably('uploads', path, script, { signature: token, headers });
      await uploadResumably('post-media', file, script, { signature: token, headers });
      await uploadResumably('post-media', file, script, { person: published.person, headers });
    }
    await expectUnchanged(published);
  });

  it('by a slow upload to the same name that ends last', async () => {
    let finishSlowly: () => Promise<number> = async () => 0;
    const published = await publishUpload(async (person, path) => {
      const token = await signUpload(person, path);
      finishSlowly = beginSlowUpload(path, token);
      expect((await putSigned(path, token, photo(), { 'x-upsert': 'true' })).status).toBe(200);
    });
    await finishSlowly();
    await expectUnchanged(published);
  });

  it('by its owner, with any verb', async () => {
    const published = await publishUpload((person, path) =>
      person.client.storage.from('uploads').upload(path, photo()),
    );
    const { person, path, file } = published;
    for (const [target, method, headers] of [
      [`post-media/${file}`, 'POST', { 'x-upsert': 'true' }],
      [`post-media/${file}`, 'PUT', {}],
      [`post-media/${file}`, 'DELETE', {}],
      [`uploads/${path}`, 'POST', { 'x-upsert': 'true' }],
      [`uploads/${path}`, 'PUT', {}],
    ] as const) {
      const body = method === 'DELETE' ? {} : { body: script };
      await send(person, `${object}/${target}`, {
        method,
        headers: { 'content-type': 'text/html', ...headers },
        ...body,
      });
    }
    await expectUnchanged(published);
  });

  it('by the same request under the same idempotency key with other bytes', async () => {
    const person = await newPerson();
    const send = (name: string) =>
      call('/posts/', {
        token: person.token,
        headers: { 'idempotency-key': 'a key' },
        form: formOf({ caption: 'x' }, new File([fixtureBytes(name)], 'x')),
      });
    const first = await send('photo.jpg');
    expect(await send('picture.png')).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
    const [{ url, file, size }] = first.json.media;
    expect(await load(url)).toHaveLength(size);
    expect(await objectsOf(person)).toContain(file);
  });
});

describe('nothing is written for a user', () => {
  it.each<[what: string, leave: (person: Person) => Promise<unknown>]>([
    ['who is banned', ({ id }) => secretClient().auth.admin.updateUserById(id, { ban_duration: '1h' })],
    ['who has deleted the account', async ({ client }) => client.rpc('delete_account')],
  ])('%s, whenever the URL was signed', async (_what, leave) => {
    const person = await newPerson();
    const [first, second, third] = [newUploadPath(person), newUploadPath(person), newUploadPath(person)];
    const tokens = await Promise.all([first, second].map((path) => signUpload(person, path)));
    const uploaded = await uploadByUrl(person, photo());
    const loose = await call('/media/', {
      token: person.token,
      json: { path: await uploadByUrl(person, photo()) },
    });
    await leave(person);
    const before = await objectsOf(person, 'uploads');

    expect((await putSigned(first, tokens[0] ?? '', photo())).status).toBeOneOf([400, 403]);
    expect((await putSigned(first, tokens[0] ?? '', photo(), { 'x-upsert': 'true' })).status).toBeOneOf([
      400, 403,
    ]);
    expect(await uploadResumably('uploads', second, script, { signature: tokens[1] ?? '' })).toBeOneOf([
      400, 403,
    ]);
    expect(await uploadResumably('uploads', third, script, { person })).toBeOneOf([400, 401, 403]);
    const direct = await send(person, `${object}/uploads/${third}`, { body: photo() });
    expect(direct.status).toBeOneOf([400, 401, 403]);
    for (const path of [uploaded, loose.json.path]) {
      const answer = await call('/posts/', { token: person.token, json: { caption: 'x', media: [path] } });
      expect(answer.status).toBeOneOf([401, 403]);
    }
    expect((await call('/media/', { token: person.token, json: { path: uploaded } })).status).toBeOneOf([
      401, 403,
    ]);
    // The sweep may have removed some, and nothing was added.
    for (const path of await objectsOf(person, 'uploads')) expect(before).toContain(path);
  });
});

/** Sends a half of an upload by a signed URL, and the other half when it is told to; gives the status. */
function beginSlowUpload(path: string, token: string): () => Promise<number> {
  const { protocol, hostname, port } = new URL(settings.url);
  const { request } = protocol === 'https:' ? https : http;
  const outgoing = request({
    ...{ protocol, hostname, port, method: 'PUT' },
    path: `${object}/upload/sign/uploads/${path}?token=${token}`,
    headers: { apikey: settings.publishableKey, 'content-type': 'text/html', 'x-upsert': 'true' },
  });
  const status = new Promise<number>((resolve) => {
    outgoing.on('response', (answer) => resolve(answer.resume().statusCode ?? 0));
    outgoing.on('error', () => resolve(0));
  });
  outgoing.write(script);
  return () => {
    outgoing.end(script);
    return status;
  };
}
