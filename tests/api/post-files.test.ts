import { createClient } from '@supabase/supabase-js';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../supabase/functions/api/database.types.ts';
import { inspect, postMedia } from '../../supabase/functions/api/media/inspect.ts';
import { call, formOf, publish, uploadByUrl } from '../kit/api.ts';
import { fixture, fixtureBytes, load, samples } from '../kit/files.ts';
import { objectsOf } from '../kit/owned.ts';
import { newPerson, type Person } from '../kit/people.ts';
import {
  box,
  chunk,
  exif,
  exifSegment,
  gifExtension,
  gifWith,
  holdsLocation,
  join,
  jpegWith,
  latin1,
  location,
  pngWith,
  riffChunk,
  riffWith,
  withBoxes,
  xmp,
} from '../kit/samples.ts';
import { settings } from '../kit/settings.ts';
import { eventually } from '../kit/waiting.ts';

let kai: Person;
let mia: Person;
beforeAll(async () => {
  [kai, mia] = await Promise.all([newPerson(), newPerson()]);
});

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

/** What is served of a file. */
const cleaned = (bytes: Uint8Array<ArrayBuffer>) =>
  inspect(Uint8Array.from(bytes), { name: 'a file', contentType: '' }, postMedia).bytes;

test.each(samples)(
  'publishes $name from a form and from an upload, and others load it',
  async ({ name, ...facts }) => {
    const bytes = cleaned(fixtureBytes(name));
    const form = formOf({ caption: name }, fixture(name, facts.mime_type));
    const sent = await call('/posts/', { token: kai.token, form });
    const uploaded = await publish(kai, { media: [await uploadByUrl(kai, fixture(name, facts.mime_type))] });
    for (const { id } of [sent.json, uploaded]) {
      const read = await call(`/posts/${id}/`, { token: mia.token });
      expect(read.json.media).toMatchObject([{ ...facts, size: bytes.length }]);
      expect(read.json.media[0].file).toMatch(
        new RegExp(`^${kai.id}/[0-9a-f-]{36}\\.${name.split('.')[1]}$`),
      );
      expect(await load(read.json.media[0].url)).toEqual(bytes);
    }
  },
);

const withLocation: [what: string, file: Uint8Array<ArrayBuffer>][] = [
  ['Exif of a JPEG', jpegWith(exifSegment({ orientation: 6 }))],
  ['XMP of a JPEG', jpegWith(segmentOfXmp())],
  ['what follows a JPEG', join(fixtureBytes('photo.jpg'), location)],
  ['Exif of a PNG', pngWith(chunk('eXIf', exif({ orientation: 6 })))],
  ['text of a PNG', pngWith(chunk('tEXt', 'Location\0', location))],
  ['a comment of a GIF', gifWith(gifExtension(0xfe, location))],
  [
    'user data of an MP4',
    withBoxes(fixtureBytes('clip.mp4'), ['moov'], box('udta', box('\xa9xyz', location))),
  ],
  ['user data of a MOV', withBoxes(fixtureBytes('clip.mov'), ['moov'], box('meta', box('ilst', location)))],
  [
    'a tag of an MP3',
    join('ID3\x04\0\0\0\0\0', Uint8Array.of(location.length), location, fixtureBytes('tone.mp3')),
  ],
  ['a chunk of a WAV', riffWith(fixtureBytes('tone.wav'), riffChunk('bext', location))],
  ['a chunk of an AVI', riffWith(fixtureBytes('clip.avi'), riffChunk('strd', location))],
  ['Exif and XMP of a WebP', fixtureBytes('picture.webp')],
  ['Exif and XMP of an AVIF', fixtureBytes('picture.avif')],
  ['the tags of an OGG', fixtureBytes('tone.ogg')],
  ['the tags of a WebM', fixtureBytes('clip.webm')],
];

function segmentOfXmp() {
  const data = join('http://ns.adobe.com/xap/1.0/\0', xmp('other'));
  return join(Uint8Array.of(0xff, 0xe1, (data.length + 2) >> 8, (data.length + 2) & 0xff), data);
}

test.each(withLocation)('serves no location from %s, sent in a form or uploaded', async (_, bytes) => {
  expect(holdsLocation(bytes)).toBe(true);
  const file = () => new File([bytes], 'a file');
  const sent = await call('/posts/', { token: kai.token, form: formOf({ caption: 'Here' }, file()) });
  const uploaded = await publish(kai, { media: [await uploadByUrl(kai, file())] });
  for (const { media } of [sent.json, uploaded]) {
    const served = await load(media[0].url);
    expect(holdsLocation(served)).toBe(false);
    expect(media[0].size).toBe(served.length);
    if (media[0].file_type !== 'image') continue;
    const pixels = (picture: Uint8Array) => sharp(picture).autoOrient().raw().toBuffer();
    expect((await pixels(served)).equals(await pixels(bytes))).toBe(true);
    const shown = await sharp(bytes).metadata();
    expect([media[0].width, media[0].height]).toEqual([shown.autoOrient.width, shown.autoOrient.height]);
  }
});

describe('refuses, in a form and as an upload, and keeps nothing of', () => {
  const lie = (name: string, type: string) => new File([fixtureBytes(name)], 'x', { type });
  const zip = new Uint8Array(Buffer.from('504b0506'.padEnd(44, '0'), 'hex'));
  const wide = fixtureBytes('picture.png');
  new DataView(wide.buffer).setUint32(16, 2 ** 31 + 1);
  const large = fixtureBytes('picture.png');
  new DataView(large.buffer).setUint32(16, 1_000_000);

  const vast = fixtureBytes('picture.avif');
  new DataView(vast.buffer).setUint32(Buffer.from(vast).indexOf('ispe') + 8, 1_000_000);
  const elsewhere = fixtureBytes('photo.heic');
  new DataView(elsewhere.buffer).setUint32(Buffer.from(elsewhere).indexOf('iloc') + 18, 0xfffffff0);
  const endless = fixtureBytes('clip.webm');
  endless.fill(0xff, Buffer.from(endless).indexOf('\x15\x49\xa9\x66', 'latin1') + 4);

  test.each<[what: string, file: File, status: number, code: string]>([
    ['a WebM that claims to be an OGG', lie('clip.webm', 'audio/ogg'), 415, 'media_type_mismatch'],
    ['an AVIF of 120,000 megapixels', new File([vast], 'x.avif'), 422, 'media_invalid'],
    ['a HEIC whose bytes lie outside of it', new File([elsewhere], 'x.heic'), 415, 'media_type_unsupported'],
    ['a WebM of endless elements', new File([endless], 'x.webm'), 415, 'media_type_unsupported'],
    ['a PNG that claims to be a JPEG', lie('picture.png', 'image/jpeg'), 415, 'media_type_mismatch'],
    ['a QuickTime film that claims to be an MP4', lie('clip.mov', 'video/mp4'), 415, 'media_type_mismatch'],
    [
      'a web page',
      new File(['<html><script>'], 'x.png', { type: 'image/png' }),
      415,
      'media_type_unsupported',
    ],
    [
      'a program',
      new File([latin1('MZ\x90\0')], 'x.pdf', { type: 'application/pdf' }),
      415,
      'media_type_unsupported',
    ],
    ['an archive', new File([zip], 'x.docx', { type: docx }), 415, 'media_type_unsupported'],
    [
      'a three-byte JPEG',
      new File([fixtureBytes('photo.jpg').slice(0, 3)], 'x.jpg'),
      415,
      'media_type_unsupported',
    ],
    ['a file without bytes', new File([], 'x.jpg', { type: 'image/jpeg' }), 422, 'media_empty'],
    ['a picture of 240 megapixels', new File([large], 'x.png'), 422, 'media_invalid'],
    ['a picture whose width is no number', new File([wide], 'x.png'), 422, 'media_invalid'],
  ])('%s', async (_, file, status, code) => {
    const person = await newPerson();
    const refused = { status, json: { code, errors: { media: [expect.any(String)] } } };
    const good = fixture('photo.jpg', 'image/jpeg');
    const form = formOf({ caption: 'x' }, good, file);
    expect(await call('/posts/', { token: person.token, form })).toMatchObject(refused);

    if (file.size > 0) {
      const path = await uploadByUrl(person, file);
      const json = { caption: 'x', media: [path] };
      expect(await call('/posts/', { token: person.token, json })).toMatchObject(refused);
    }
    expect((await call('/posts/?owner=me', { token: person.token })).json).toEqual([]);
    await eventually(async () => expect(await objectsOf(person)).toEqual([]));
    // A refused type stays refused: the upload is gone, too.
    if (status === 415) await eventually(async () => expect(await objectsOf(person, 'uploads')).toEqual([]));
  });
});

test('removes every file of a request that the database refuses', async () => {
  const person = await newPerson();
  const form = formOf(
    { caption: 'x', original_post: crypto.randomUUID() },
    fixture('photo.jpg', 'image/jpeg'),
    fixture('clip.mp4', 'video/mp4'),
  );
  expect((await call('/posts/', { token: person.token, form })).json.code).toBe('original_post_not_found');
  await eventually(async () => expect(await objectsOf(person)).toEqual([]));
});

describe.each(['form', 'upload'])('a repeated request with an idempotency key (%s)', (way) => {
  const send = async (person: Person, key: string, path: string | null) => {
    const files = [fixture('photo.jpg', 'image/jpeg'), fixture('photo.jpg', 'image/jpeg')];
    const body = path
      ? { json: { caption: 'Once', media: [path] } }
      : { form: formOf({ caption: 'Once' }, ...files) };
    return call('/posts/', { token: person.token, headers: { 'idempotency-key': key }, ...body });
  };
  const newUpload = (person: Person) =>
    way === 'upload' ? uploadByUrl(person, fixture('photo.jpg', 'image/jpeg')) : null;

  test('finds the first post and leaves one set of files', async () => {
    const person = await newPerson();
    const path = await newUpload(person);
    const first = await send(person, 'a key', path);
    const second = await send(person, 'a key', path);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json.id).toBe(first.json.id);
    expect((await objectsOf(person)).sort()).toEqual(
      first.json.media.map(({ file }: { file: string }) => file).sort(),
    );
  });

  test('makes one post when it is sent ten times at once', async () => {
    const person = await newPerson();
    const path = await newUpload(person);
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(person, 'a key', path)));
    expect(answers.map(({ status }) => status)).toEqual(new Array(10).fill(201));
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
    const [post] = answers;
    for (const { url } of post?.json.media ?? []) {
      expect(await load(url)).toEqual(cleaned(fixtureBytes('photo.jpg')));
    }
    expect(await objectsOf(person)).toHaveLength(post?.json.media.length);
  });
});

describe('an upload', () => {
  test('is removed once a post shows the file', async () => {
    const person = await newPerson();
    const path = await uploadByUrl(person, fixture('picture.png', 'image/png'));
    const post = await publish(person, { media: [path] });
    await eventually(async () => expect(await objectsOf(person, 'uploads')).toEqual([]));
    expect(post.media[0].file).not.toContain(path);
    expect(
      await call('/posts/', { token: person.token, json: { caption: 'x', media: [path] } }),
    ).toMatchObject({
      status: 422,
      json: { code: 'media_not_found' },
    });
  });

  test('of another user is not found, and not inspected', async () => {
    const path = await uploadByUrl(mia, new File(['<html>'], 'a.png', { type: 'image/png' }));
    const json = { caption: 'x', media: [path] };
    expect(await call('/posts/', { token: kai.token, json })).toMatchObject({
      status: 422,
      json: { code: 'media_not_found' },
    });
    expect(await objectsOf(mia, 'uploads')).toContain(path);
  });

  test.each(['picture.png', '../secret', '', `${crypto.randomUUID()}/${crypto.randomUUID()}`])(
    'is not found under the path "%s"',
    async (path) => {
      const json = { caption: 'x', media: [path] };
      expect(await call('/posts/', { token: kai.token, json })).toMatchObject({ status: 422 });
    },
  );

  test('whose bytes are said to be compressed is read as it is stored', async () => {
    const path = `${kai.id}/${crypto.randomUUID()}`;
    const upload = await fetch(`${settings.url}/storage/v1/object/uploads/${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${kai.token}`,
        apikey: settings.publishableKey,
        'content-type': 'image/png',
        'content-encoding': 'gzip',
      },
      body: latin1('not compressed'),
    });
    await upload.text();
    const answer = await call('/posts/', { token: kai.token, json: { caption: 'x', media: [path] } });
    expect(answer.status).toBeOneOf([415, 422]);
  });

  // Twice 50 MiB, which a busy machine sends and inspects slowly.
  test('may have the largest size, in a form and by URL', { timeout: 120_000 }, async () => {
    const padding = new Uint8Array(50 * 1024 * 1024 - fixtureBytes('clip.mp4').length - 8);
    const bytes = join(fixtureBytes('clip.mp4'), box('free', padding));
    const file = () => new File([bytes], 'large.mp4', { type: 'video/mp4' });
    const uploaded = await publish(kai, { media: [await uploadByUrl(kai, file())] });
    const sent = await call('/posts/', { token: kai.token, form: formOf({ caption: 'Large' }, file()) });
    for (const { media } of [uploaded, sent.json]) expect(media).toMatchObject([{ size: 52_428_800 }]);
  });
});

describe('POST /media/', () => {
  test('publishes an upload for create_post of the Data API', async () => {
    const path = await uploadByUrl(kai, new File([jpegWith(exifSegment({ orientation: 6 }))], 'a.jpg'));
    const { status, json: file } = await call('/media/', { token: kai.token, json: { path } });
    expect({ status, file }).toEqual({
      status: 201,
      file: {
        path: expect.stringMatching(new RegExp(`^${kai.id}/[0-9a-f-]{36}\\.jpg$`)),
        file_type: 'image',
        mime_type: 'image/jpeg',
        size: expect.any(Number),
        width: 480,
        height: 640,
        duration_ms: null,
      },
    });
    await eventually(async () => expect(await objectsOf(kai, 'uploads')).not.toContain(path));

    const media = [{ path: file.path, alt_text: 'A wall' }];
    const created = await kai.client.rpc('create_post', { caption: 'Directly', media });
    const read = await call(`/posts/${created.data?.id}/`, { token: mia.token });
    expect(read.json.media).toMatchObject([
      { file: file.path, width: 480, size: file.size, alt_text: 'A wall' },
    ]);
    expect(await load(read.json.media[0].url)).toHaveLength(file.size);
  });

  test('gives a path that POST /posts/ takes as well, once', async () => {
    const upload = await uploadByUrl(kai, fixture('photo.jpg', 'image/jpeg'));
    const { json: file } = await call('/media/', { token: kai.token, json: { path: upload } });
    expect((await publish(kai, { media: [file.path] })).media).toMatchObject([{ file: file.path }]);
    const json = { caption: 'x', media: [file.path] };
    expect(await call('/posts/', { token: kai.token, json })).toMatchObject({
      status: 409,
      json: { code: 'media_already_used' },
    });
  });

  test('does not give a file to another user', async () => {
    const upload = await uploadByUrl(kai, fixture('photo.jpg', 'image/jpeg'));
    expect((await call('/media/', { token: mia.token, json: { path: upload } })).json.code).toBe(
      'media_not_found',
    );
    const { json: file } = await call('/media/', { token: kai.token, json: { path: upload } });
    const json = { caption: 'x', media: [file.path] };
    expect((await call('/posts/', { token: mia.token, json })).json.code).toBe('media_not_found');
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
      { mime_type: 'image/png', alt_text: 'A picture' },
    ]);
  });

  test('come with the path in JSON', async () => {
    const path = await uploadByUrl(kai, fixture('picture.png', 'image/png'));
    const post = await publish(kai, { media: [{ path, alt_text: 'Grüße 🙂' }] });
    expect(post.media).toMatchObject([{ alt_text: 'Grüße 🙂' }]);
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

describe('a form', () => {
  test('takes files of an indexed list in its order', async () => {
    const form = new FormData();
    form.append('caption', 'Two');
    form.append('media[1]', fixture('clip.mp4', 'video/mp4'));
    form.append('media[0]', fixture('photo.jpg', 'image/jpeg'));
    expect((await call('/posts/', { token: kai.token, form })).json.media).toMatchObject([
      { mime_type: 'image/jpeg' },
      { mime_type: 'video/mp4' },
    ]);
  });

  test('says what is missing for a file whose part has neither a file name nor a content type', async () => {
    const { token } = await newPerson();
    const head =
      '--b\r\ncontent-disposition: form-data; name="caption"\r\n\r\nx\r\n--b\r\ncontent-disposition: form-data; name="media"\r\n\r\n';
    const body = new Blob([head, fixtureBytes('photo.jpg'), '\r\n--b--\r\n']);
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const answer = await call('/posts/', { token, body: await body.bytes(), headers });
    expect(answer).toMatchObject({ status: 400, json: { code: 'invalid_encoding' } });
    expect(answer.json.detail).toContain('A file needs a file name or a content type.');
  });

  test('says of a file without bytes that it is empty', async () => {
    const { token } = await newPerson();
    const form = formOf({ caption: 'x' }, new File([], 'photo.jpg', { type: 'image/jpeg' }));
    const answer = await call('/posts/', { token, form });
    expect(answer).toMatchObject({
      status: 422,
      json: { code: 'media_empty', errors: { media: ['photo.jpg is empty.'] } },
    });
  });

  test('takes a file whose part has no file name, or one in Latin-1', async () => {
    for (const disposition of ['', '; filename="M\xfcnchen.jpg"']) {
      const head =
        '--b\r\ncontent-disposition: form-data; name="caption"\r\n\r\nA\r\n' +
        `--b\r\ncontent-disposition: form-data; name="media"${disposition}\r\ncontent-type: image/jpeg\r\n\r\n`;
      const body = join(head, fixtureBytes('photo.jpg'), '\r\n--b--\r\n');
      const headers = { 'content-type': 'multipart/form-data; boundary=b' };
      expect(await call('/posts/', { token: kai.token, body, headers })).toMatchObject({
        status: 201,
        json: { media: [{ mime_type: 'image/jpeg' }] },
      });
    }
  });

  test('leaves out a file field in which nothing was chosen', async () => {
    const form = formOf({ caption: 'None' }, new File([], '', { type: 'application/octet-stream' }));
    expect(await call('/posts/', { token: kai.token, form })).toMatchObject({
      status: 201,
      json: { media: [] },
    });
  });

  test.each(['gzip', 'br', 'deflate'])('that is compressed (%s) is refused', async (encoding) => {
    const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-encoding': encoding };
    expect(await call('/posts/', { token: kai.token, body: latin1('x'), headers })).toMatchObject({
      status: 415,
      json: { code: 'content_encoding_unsupported' },
    });
  });
});

test('a client without the function writes to no bucket that posts show', async () => {
  const client = createClient<Database>(settings.url, settings.publishableKey, {
    accessToken: async () => kai.token,
  });
  for (const bucket of ['post-media', 'avatars', 'covers']) {
    const path = `${kai.id}/${crypto.randomUUID()}.jpg`;
    const { error } = await client.storage.from(bucket).upload(path, fixture('photo.jpg', 'image/jpeg'));
    expect(error?.message).toMatch(/row-level security/);
  }
});
