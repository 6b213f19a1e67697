import { once } from 'node:events';
import http from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, newName, openDatabase, type Person, raw, signUp, target } from './asking.ts';

const sql = openDatabase();
let ann: Person;
let bob: Person;
beforeAll(async () => {
  [ann, bob] = await Promise.all([signUp(), signUp()]);
});

const files = () => ann.client.storage.from('files');
const newPath = () => `${ann.id}/${newName()}.txt`;
const textOf = async (path: string) => dataOf(await files().download(path)).text();
const tus = { 'tus-resumable': '1.0.0' };

/** Begins a resumable upload by a signed URL, and sends all of it. */
async function resume(path: string, token: string, text: string): Promise<[number, number]> {
  const headers = { ...tus, 'x-signature': token };
  const metadata = { bucketName: 'files', objectName: path, contentType: 'text/plain' };
  const begun = await raw('/storage/v1/upload/resumable/sign', {
    method: 'POST',
    headers: {
      ...headers,
      'upload-length': String(text.length),
      'upload-metadata': Object.entries(metadata)
        .map(([name, value]) => `${name} ${btoa(value)}`)
        .join(','),
    },
  });
  const sent = await fetch(begun.headers.get('location') ?? '', {
    method: 'PATCH',
    headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: text,
  });
  return [begun.status, sent.status];
}

/** Begins an upload, and waits before its last byte for what `meanwhile` does. */
async function uploadSlowly(path: string, text: string, meanwhile: () => Promise<unknown>): Promise<number> {
  const request = http.request(`${target.url}/storage/v1/object/files/${path}`, {
    method: 'POST',
    headers: {
      apikey: target.publishableKey,
      authorization: `Bearer ${ann.token}`,
      'content-type': 'text/plain',
      'content-length': text.length,
    },
  });
  const answered = once(request, 'response');
  // More than the buffers on the way hold: when all of it has left, Storage reads.
  await new Promise((resolve) => request.write(text.slice(0, -1), resolve));
  await meanwhile();
  request.end(text.slice(-1));
  const [response] = (await answered) as [http.IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

// Policies and `x-upsert` are looked at before the bytes arrive. Every upload ends as an upsert of the service:
// `completeUpload` in src/storage/uploader.ts, `onIncomingRequest` in src/http/routes/tus/lifecycle.ts of supabase/storage.
describe('an object that exists', () => {
  test('is kept by a plain request with a URL that was signed without upsert', async () => {
    const path = newPath();
    const { token } = dataOf(await files().createSignedUploadUrl(path));
    dataOf(await files().upload(path, 'first'));
    const { error } = await anonymous.storage.from('files').uploadToSignedUrl(path, token, 'second');
    expect(error).toMatchObject({ statusCode: '409', message: 'The resource already exists' });
    expect(await textOf(path)).toBe('first');
  });

  test('is replaced by a resumable upload with a URL that was signed without upsert', async () => {
    const path = newPath();
    const { token } = dataOf(await files().createSignedUploadUrl(path));
    dataOf(await anonymous.storage.from('files').uploadToSignedUrl(path, token, 'first'));
    expect(await resume(path, token, 'second')).toEqual([201, 204]);
    expect(await textOf(path)).toBe('second');
    const [row] = await sql`select owner_id from storage.objects where name = ${path}`;
    expect(row).toEqual({ owner_id: ann.id });
  });

  test('is replaced with a URL that was signed with upsert', async () => {
    const path = newPath();
    const { token } = dataOf(await files().createSignedUploadUrl(path, { upsert: true }));
    dataOf(await files().upload(path, 'first'));
    for (const text of ['second', 'third']) {
      dataOf(await anonymous.storage.from('files').uploadToSignedUrl(path, token, text));
      expect(await textOf(path)).toBe(text);
    }
  });

  test('is replaced by an upload that began before it and ends after it', async () => {
    const path = newPath();
    const status = await uploadSlowly(path, 'slow', async () => dataOf(await files().upload(path, 'fast')));
    expect(status).toBe(200);
    expect(await textOf(path)).toBe('slow');
  });
});

describe('an upload in progress', () => {
  test('is stored though its permission is withdrawn while its bytes arrive', async () => {
    const [path, policy] = [newPath(), newName('until')];
    await sql.unsafe(
      `create policy ${policy} on storage.objects as restrictive for insert to authenticated with check (true)`,
    );
    try {
      const withdraw = () =>
        sql.unsafe(`alter policy ${policy} on storage.objects with check (name <> '${path}')`);
      const text = 'x'.repeat(20_000_000);
      expect(await uploadSlowly(path, text, withdraw)).toBe(200);
      expect((await textOf(path)).length).toBe(text.length);
      expect((await files().upload(path, 'again', { upsert: true })).error).toMatchObject({
        statusCode: '403',
      });
    } finally {
      await sql.unsafe(`drop policy ${policy} on storage.objects`);
    }
  });

  test('leaves the object unchanged when a trigger refuses it at its end', async () => {
    const [path, name] = [newPath(), newName('refuse')];
    dataOf(await files().upload(path, 'first'));
    const { token } = dataOf(await files().createSignedUploadUrl(path, { upsert: true }));
    await sql.unsafe(`
      create function public.${name}() returns trigger language plpgsql as
      $$ begin raise exception 'refused' using errcode = '42501'; end $$;
      create trigger ${name} before insert or update on storage.objects
        for each row when (new.name = '${path}') execute function public.${name}()
    `);
    try {
      const signed = await anonymous.storage.from('files').uploadToSignedUrl(path, token, 'second');
      expect(signed.error).toMatchObject({ statusCode: '403', message: 'refused' });
      expect(await resume(path, token, 'second')).toEqual([201, 403]);
      expect(await textOf(path)).toBe('first');
    } finally {
      await sql.unsafe(`drop trigger ${name} on storage.objects; drop function public.${name}()`);
    }
  });

  test('can be continued by another user whom the policies allow to upload', async () => {
    const path = `${newName()}.txt`;
    const metadata = `bucketName ${btoa('open')},objectName ${btoa(path)}`;
    const begun = await raw('/storage/v1/upload/resumable', {
      method: 'POST',
      token: ann.token,
      headers: { ...tus, 'upload-length': '5', 'upload-metadata': metadata },
    });
    expect(begun.status).toBe(201);
    const sent = await fetch(begun.headers.get('location') ?? '', {
      method: 'PATCH',
      headers: {
        ...tus,
        apikey: target.publishableKey,
        authorization: `Bearer ${bob.token}`,
        'upload-offset': '0',
        'content-type': 'application/offset+octet-stream',
      },
      body: 'hello',
    });
    expect(sent.status).toBe(204);
    const [row] = await sql`select owner_id from storage.objects where name = ${path}`;
    expect(row).toEqual({ owner_id: bob.id });
  });
});
