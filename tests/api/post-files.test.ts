import { beforeAll, describe, expect, test } from 'vitest';
import { removePosition } from '../../supabase/functions/api/media/pictures/positions.ts';
import { call, config, formOf, publish, uploadByUrl } from '../kit/api.ts';
import { fixture, fixtureBytes, load } from '../kit/files.ts';
import { objectsOf } from '../kit/owned.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { chunk, exif, exifSegment, jpegWith, latin1, pngWith } from '../kit/samples.ts';
import { eventually } from '../kit/waiting.ts';

let kai: Person;
let mia: Person;
beforeAll(async () => {
  [kai, mia] = await Promise.all([newPerson(), newPerson()]);
});

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

/** Every type that posts take: how the sample is called, what it is, and what a post says of it. */
const types: [
  name: string,
  mimeType: string,
  fileType: string,
  width: number | null,
  height: number | null,
][] = [
  ['photo.jpg', 'image/jpeg', 'image', 640, 480],
  ['picture.png', 'image/png', 'image', 320, 240],
  ['animation.gif', 'image/gif', 'image', 160, 120],
  ['clip.mp4', 'video/mp4', 'video', null, null],
  ['clip.mov', 'video/quicktime', 'video', null, null],
  ['clip.avi', 'video/x-msvideo', 'video', null, null],
  ['tone.mp3', 'audio/mpeg', 'audio', null, null],
  ['tone.wav', 'audio/wav', 'audio', null, null],
  ['document.pdf', 'application/pdf', 'document', null, null],
  ['document.docx', docx, 'document', null, null],
];

describe.each(types)('%s', (name, mime_type, file_type, width, height) => {
  const expected = { file_type, mime_type, size: fixtureBytes(name).length, width, height };

  test('is published in a form, and others load it back byte for byte', async () => {
    const form = formOf({ caption: name }, fixture(name, mime_type));
    const { json: post } = await call('/posts/', { token: kai.token, form });
    const read = await call(`/posts/${post.id}/`, { token: mia.token });
    expect(read.json.media).toMatchObject([expected]);
    expect(await load(read.json.media[0].url)).toEqual(fixtureBytes(name));
  });

  test('is uploaded by URL and published, and others load it back byte for byte', async () => {
    const path = await uploadByUrl(kai, fixture(name, mime_type));
    const post = await publish(kai, { media: [path] });
    const read = await call(`/posts/${post.id}/`, { token: mia.token });
    expect(read.json.media).toMatchObject([{ ...expected, file: path }]);
    expect(await load(read.json.media[0].url)).toEqual(fixtureBytes(name));
  });
});

describe('where a picture was taken', () => {
  const options = { orientation: 6 };
  const jpeg = () =>
    new File([jpegWith(exifSegment({ ...options, position: true }))], 'a.jpg', { type: 'image/jpeg' });
  const png = () => new File([pngWith(chunk('eXIf', exif()))], 'a.png', { type: 'image/png' });
  test('is nobody’s business: it is gone from what is stored, and the picture stands upright', async () => {
    const form = formOf({ caption: 'Here' }, jpeg(), png());
    const { json: sent } = await call('/posts/', { token: kai.token, form });
    const paths = [await uploadByUrl(kai, jpeg()), await uploadByUrl(kai, png())];
    const uploaded = await publish(kai, { media: paths });
    for (const { media } of [sent, uploaded]) {
      expect(media).toMatchObject([
        { width: 480, height: 640, size: jpeg().size },
        { width: 320, height: 240, size: png().size },
      ]);
      for (const [place, file] of [jpeg(), png()].entries()) {
        const before = new Uint8Array(await file.arrayBuffer());
        const { bytes } = await removePosition(before.slice(), file.type);
        expect(bytes).not.toEqual(before);
        expect(await load(media[place].url)).toEqual(bytes);
      }
    }
  });
});

describe('a file that lies about its type', () => {
  const lie = (name: string, type: string) => new File([fixtureBytes(name)], 'x', { type });
  const zip = new Uint8Array(Buffer.from('504b0506'.padEnd(44, '0'), 'hex'));
  test.each<[what: string, file: File, code: string]>([
    ['a PNG that claims to be a JPEG', lie('picture.png', 'image/jpeg'), 'media_type_mismatch'],
    ['a QuickTime film that claims to be an MP4', lie('clip.mov', 'video/mp4'), 'media_type_mismatch'],
    [
      'a web page that claims to be a picture',
      new File(['<html><script>'], 'x.png', { type: 'image/png' }),
      'media_type_unsupported',
    ],
    [
      'a program that claims to be a PDF',
      new File([latin1('MZ\x90\0')], 'x.pdf', { type: 'application/pdf' }),
      'media_type_unsupported',
    ],
    [
      'an archive that claims to be a document',
      new File([zip], 'x.docx', { type: docx }),
      'media_type_unsupported',
    ],
  ])('(%s) is refused, by form and by URL, and nothing stays', async (_, file, code) => {
    const person = await newPerson();
    const form = formOf({ caption: 'x' }, file);
    expect(await call('/posts/', { token: person.token, form })).toMatchObject({
      status: 415,
      json: { code },
    });
    expect(await objectsOf(person)).toEqual([]);

    const path = await uploadByUrl(person, file);
    const json = { caption: 'x', media: [path] };
    expect(await call('/posts/', { token: person.token, json })).toMatchObject({
      status: 415,
      json: { code, errors: { media: [expect.any(String)] } },
    });
    expect((await call('/posts/?owner=me', { token: person.token })).json).toEqual([]);
    await eventually(async () => expect(await objectsOf(person)).toEqual([]));
    expect(await call('/posts/', { token: person.token, json })).toMatchObject({
      status: 422,
      json: { code: 'media_not_found' },
    });
  });

  test('is refused under an idempotency key too, where its place was prepared with something else', async () => {
    const person = await newPerson();
    const headers = { 'idempotency-key': 'prepared' };
    const form = () => formOf({ caption: 'x' }, fixture('photo.jpg', 'image/jpeg'));
    const first = await call('/posts/', { token: person.token, form: form(), headers });
    const [{ file }] = first.json.media;
    await call(`/posts/${first.json.id}/`, { method: 'DELETE', token: person.token });
    await eventually(async () => expect(await objectsOf(person)).toEqual([]));
    // The name follows from key and bytes: its owner can put something else there.
    const html = new Blob(['<html>'], { type: 'image/jpeg' });
    const upload = await person.client.storage
      .from('post-media')
      .upload(file, html, { contentType: 'image/jpeg' });
    expect(upload.error).toBeNull();
    const answer = await call('/posts/', { token: person.token, form: form(), headers });
    expect(answer).toMatchObject({ status: 415, json: { code: 'media_type_unsupported' } });
  });
});

describe('a DOCX is looked into', () => {
  const real = fixtureBytes('document.docx');
  const directoryAt = Buffer.from(real).lastIndexOf(latin1('PK\x05\x06'));
  const renamed = (from: string, to: string) =>
    new Uint8Array(Buffer.from(Buffer.from(real).toString('latin1').replaceAll(from, to), 'latin1'));
  test.each([
    ['without its directory', real.slice(0, directoryAt)],
    ['whose list of types has another name', renamed('[Content_Types].xml', '[Content_Typez].xml')],
    ['whose document is missing', renamed('word/document.xml', 'word/documenx.xml')],
    ['cut off in the middle', real.slice(0, real.length / 2)],
  ])('%s it is refused', async (_, bytes) => {
    const file = new File([bytes], 'a.docx', { type: docx });
    expect(await call('/posts/', { token: kai.token, form: formOf({ caption: 'x' }, file) })).toMatchObject({
      status: 415,
      json: { code: 'media_type_unsupported' },
    });
  });

  test('with a comment at its end it is taken', async () => {
    const bytes = new Uint8Array([...real, ...latin1('a comment')]);
    new DataView(bytes.buffer).setUint16(real.length - 2, 9, true);
    const file = new File([bytes], 'a.docx', { type: docx });
    expect(await call('/posts/', { token: kai.token, form: formOf({ caption: 'x' }, file) })).toMatchObject({
      status: 201,
    });
  });
});

describe('alternative texts', () => {
  test('come in the order of the files in a form', async () => {
    const path = await uploadByUrl(kai, fixture('picture.png', 'image/png'));
    const form = formOf(
      { caption: 'Two', alt_text: ['A clip', 'A picture'] },
      fixture('clip.mp4', 'video/mp4'),
    );
    form.append('media', path);
    expect((await call('/posts/', { token: kai.token, form })).json.media).toMatchObject([
      { mime_type: 'video/mp4', alt_text: 'A clip' },
      { file: path, alt_text: 'A picture' },
    ]);
  });

  test('come with the path in JSON', async () => {
    const path = await uploadByUrl(kai, fixture('picture.png', 'image/png'));
    expect((await publish(kai, { media: [{ path, alt_text: 'Grüße 🙂' }] })).media).toMatchObject([
      { file: path, alt_text: 'Grüße 🙂' },
    ]);
  });

  test.each<[what: string, fields: Record<string, string | string[]>]>([
    ['too long', { alt_text: 'x'.repeat(1001) }],
    ['more than files', { alt_text: ['one', 'two'] }],
  ])('that are %s are refused', async (_, fields) => {
    const form = formOf({ caption: 'x', ...fields }, fixture('picture.png', 'image/png'));
    expect(await call('/posts/', { token: kai.token, form })).toMatchObject({
      status: 422,
      json: { code: 'alt_text_invalid', errors: { alt_text: [expect.any(String)] } },
    });
  });
});

describe('a URL to upload to', () => {
  const ask = (json: unknown) => call('/uploads/', { token: kai.token, json });

  test('says where and how', async () => {
    const { status, json } = await ask({ filename: 'a.mp4', content_type: 'video/mp4', size: 1000 });
    expect({ status, json }).toEqual({
      status: 201,
      json: {
        path: expect.stringMatching(new RegExp(`^${kai.id}/[0-9a-f-]{36}\\.mp4$`)),
        url: expect.stringMatching(/^http/),
        token: expect.any(String),
        method: 'PUT',
        headers: { 'content-type': 'video/mp4' },
        expires_in: 7200,
      },
    });
  });

  test.each([
    ['application/octet-stream', 'A.JPEG', 'image/jpeg'],
    ['', 'report.docx', docx],
    ['image/jpg; charset=binary', 'no-extension', 'image/jpeg'],
    ['video/x-m4v', 'a.m4v', 'video/mp4'],
  ])('for "%s" named %s is one for %s', async (content_type, filename, mimeType) => {
    expect((await ask({ filename, content_type, size: 1 })).json.headers).toEqual({
      'content-type': mimeType,
    });
  });

  test.each([
    ['another type', { content_type: 'image/webp' }, 415, 'media_type_unsupported', 'content_type'],
    [
      'no type and no known name',
      { content_type: '', filename: 'a.exe' },
      415,
      'media_type_unsupported',
      'content_type',
    ],
    ['one byte too many', { size: 50 * 1024 * 1024 + 1 }, 413, 'media_too_large', 'size'],
    ['no bytes', { size: 0 }, 422, 'size_invalid', 'size'],
    ['half a byte', { size: 0.5 }, 422, 'size_invalid', 'size'],
    ['a size in words', { size: '1 MB' }, 422, 'size_invalid', 'size'],
    ['no name', { filename: '' }, 422, 'filename_invalid', 'filename'],
    ['a type that is no text', { content_type: 5 }, 422, 'content_type_invalid', 'content_type'],
  ])('is not given for %s', async (_, fields, status, code, field) => {
    const answer = await ask({ filename: 'a.png', content_type: 'image/png', size: 10, ...fields });
    expect(answer).toMatchObject({ status, json: { code, errors: { [field]: [expect.any(String)] } } });
  });

  test('serves once: what a post shows is not written over', async () => {
    const upload = await ask({ filename: 'a.png', content_type: 'image/png', size: 10 });
    const { url, headers, path } = upload.json;
    const put = (name: string) => fetch(url, { method: 'PUT', headers, body: fixtureBytes(name) });
    expect((await put('picture.png')).ok).toBe(true);
    const post = await publish(kai, { media: [path] });
    expect((await put('picture.png')).ok).toBe(false);
    expect(await load(post.media[0].url)).toEqual(fixtureBytes('picture.png'));
  });

  test('takes a file of the largest size', async () => {
    const photo = fixtureBytes('photo.jpg');
    const bytes = new Uint8Array(50 * 1024 * 1024);
    bytes.set(photo);
    const path = await uploadByUrl(kai, new File([bytes], 'large.jpg', { type: 'image/jpeg' }));
    expect((await publish(kai, { media: [path] })).media).toMatchObject([{ size: 52_428_800, width: 640 }]);
  });
});

describe('an upload', () => {
  test('of somebody else is none', async () => {
    // Not even looked into: what is wrong with it is nobody else's business.
    const path = await uploadByUrl(mia, new File(['<html>'], 'a.png', { type: 'image/png' }));
    const json = { caption: 'x', media: [path] };
    expect(await call('/posts/', { token: kai.token, json })).toMatchObject({
      status: 422,
      json: { code: 'media_not_found' },
    });
    expect(await objectsOf(mia)).toContain(path);
  });

  test('belongs to one post', async () => {
    const path = await uploadByUrl(kai, fixture('picture.png', 'image/png'));
    await publish(kai, { media: [path] });
    const json = { caption: 'x', media: [path] };
    expect(await call('/posts/', { token: kai.token, json })).toMatchObject({
      status: 409,
      json: { code: 'media_already_used' },
    });
    const twice = await uploadByUrl(kai, fixture('picture.png', 'image/png'));
    const answer = await call('/posts/', { token: kai.token, json: { caption: 'x', media: [twice, twice] } });
    expect(answer).toMatchObject({ status: 409, json: { code: 'media_already_used' } });
  });

  test('that a client claims past the function is seen by others once it was looked into', async () => {
    const path = await uploadByUrl(kai, fixture('picture.png', 'image/png'));
    const claimed = await kai.client.rpc('create_post', { caption: 'Directly', media: [path] });
    const id = claimed.data?.id;
    expect((await call(`/posts/${id}/`, { token: kai.token })).json.media).toHaveLength(1);
    expect((await call(`/posts/${id}/`, { token: mia.token })).json.media).toEqual([]);
    const answer = await call('/sweep/', { method: 'POST', headers: { apikey: config.secretKey } });
    expect(answer.status).toBe(200);
    await eventually(async () =>
      expect((await call(`/posts/${id}/`, { token: mia.token })).json.media).toMatchObject([{ width: 320 }]),
    );
  });
});
