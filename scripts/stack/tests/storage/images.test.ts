import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { ann, anonymous, bob, open, own, raw, service, useStorageFixtures } from './fixtures.ts';

useStorageFixtures();

const path = `render/image/public/${open}`;
const webp = { accept: 'image/webp,*/*' };

/** The format and size of the image in an answer. */
async function look(answer: Response) {
  const { width, height, format, pages } = await sharp(Buffer.from(await answer.arrayBuffer()), {
    pages: -1,
  }).metadata();
  return { width, height: pages && pages > 1 ? height / pages : height, format, pages };
}

/** A PNG of few bytes and very many pixels. */
function bomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    return Buffer.concat([frame.subarray(0, 4), body, crc(body)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc(bytes: Buffer): Buffer {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  const result = Buffer.alloc(4);
  result.writeUInt32BE(~value >>> 0);
  return result;
}

beforeAll(async () => {
  const picture = sharp({ create: { width: 200, height: 100, channels: 3, background: 'red' } });
  const upload = (name: string, bytes: Buffer, contentType: string) =>
    service.storage.from(open).upload(name, bytes, { contentType });
  const photo = await picture.clone().jpeg().toBuffer();
  await upload('photo.jpg', photo, 'image/jpeg');
  await upload('picture.png', await picture.clone().png().toBuffer(), 'image/png');
  await upload(
    'turned.jpg',
    await picture.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    'image/jpeg',
  );
  const frames = Array.from({ length: 70 }, () =>
    sharp(randomBytes(20 * 10 * 3), { raw: { width: 20, height: 10, channels: 3 } })
      .png()
      .toBuffer(),
  );
  const animation = sharp(await Promise.all(frames), { join: { animated: true } });
  await upload('animation.webp', await animation.webp({ lossless: true }).toBuffer(), 'image/webp');
  await upload('drawing.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml');
  await upload('no picture.png', Buffer.from('not a picture'), 'image/png');
  await upload('broken.jpg', photo.subarray(0, 300), 'image/jpeg');
  await upload('bomb.png', bomb(30_000, 30_000), 'image/png');
  await upload('big.png', Buffer.alloc(25_000_001), 'image/png');
  await ann.client.storage.from(own).upload(`${ann.id}/photo.jpg`, photo, { contentType: 'image/jpeg' });
});

describe('a transformed image', () => {
  it.each([
    ['width=50', 50, 25],
    ['height=50', 100, 50],
    ['width=50&height=50', 50, 50],
    ['width=50&height=50&resize=cover', 50, 50],
    ['width=50&height=50&resize=contain', 50, 25],
    ['width=50&height=50&resize=fill', 50, 50],
    ['width=9999', 200, 100],
    ['width=80&height=400', 80, 100],
    ['width=0&quality=20', 200, 100],
    ['', 200, 100],
  ])('has with %s the size %i x %i', async (query, width, height) => {
    const answer = await raw(`${path}/photo.jpg?${query}`, { as: null });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('image/jpeg');
    expect(await look(answer)).toMatchObject({ width, height, format: 'jpeg' });
  });

  it('is WebP for clients that accept it, unless the origin is asked for', async () => {
    const get = (name: string, query: string, headers = {}) =>
      raw(`${path}/${name}?width=20${query}`, { headers });
    expect((await look(await get('picture.png', '', webp))).format).toBe('webp');
    expect((await look(await get('picture.png', '&format=origin', webp))).format).toBe('png');
    expect((await look(await get('picture.png', ''))).format).toBe('png');
    expect((await get('picture.png', '&format=avif')).headers.get('content-type')).toBe('image/avif');
    const answer = await get('picture.png', '', webp);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/webp',
      vary: 'Accept',
      'x-transformations': 'width:20,resizing_type:fill',
      'content-length': String((await answer.arrayBuffer()).byteLength),
    });
  });

  it('keeps up to 60 frames and the orientation, but no location', async () => {
    expect(await look(await raw(`${path}/animation.webp?width=10`))).toEqual({
      width: 10,
      height: 5,
      format: 'webp',
      pages: 60,
    });
    expect(await look(await raw(`${path}/turned.jpg`))).toMatchObject({ width: 100, height: 200 });
  });

  it('serves SVG unchanged', async () => {
    const answer = await raw(`${path}/drawing.svg?width=10`, { headers: webp });
    expect([answer.headers.get('content-type'), await answer.text()]).toEqual([
      'image/svg+xml',
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
    ]);
  });

  it.each([
    ['no picture.png', 'Invalid source image'],
    ['broken.jpg', 'Invalid source image'],
    ['bomb.png', 'Source image resolution is too big'],
    ['big.png', 'Source image file is too big'],
  ])('refuses a source that is not an image, broken or too big: %s', async (name, message) => {
    const answer = await raw(`${path}/${name}?width=10`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ statusCode: '422', code: 'InvalidRequest', message });
  });

  it.each(['width=-1', 'width=x', 'width=1.5', 'resize=crop', 'quality=19', 'quality=101', 'format=gif'])(
    'refuses the transformation %s',
    async (query) => {
      const answer = await raw(`${path}/photo.jpg?${query}`);
      expect([answer.status, (await answer.json()).statusCode]).toEqual([400, '400']);
    },
  );

  it('is smaller with less quality, and downloads under a name', async () => {
    const size = async (quality: number) =>
      (await (await raw(`${path}/photo.jpg?quality=${quality}`)).arrayBuffer()).byteLength;
    expect(await size(20)).toBeLessThan(await size(100));
    const answer = await raw(`${path}/photo.jpg?width=10&download=a.jpg`, { method: 'HEAD' });
    expect(answer.headers.get('content-disposition')).toContain('filename=a.jpg');
  });

  it('needs a policy that shows it in a private bucket', async () => {
    const name = `${ann.id}/photo.jpg`;
    const transform = { width: 10 };
    const { data } = await ann.client.storage.from(own).download(name, { transform });
    expect((await sharp(await data?.arrayBuffer()).metadata()).width).toBe(10);
    for (const client of [bob.client, anonymous])
      expect((await client.storage.from(own).download(name, { transform })).error).toMatchObject({
        statusCode: '404',
      });
    expect((await raw(`render/image/public/${own}/${name}`)).status).toBe(400);
  });

  it('is transformed as its URL was signed, and in no other way', async () => {
    const { data } = await ann.client.storage.from(own).createSignedUrl(`${ann.id}/photo.jpg`, 60, {
      transform: { width: 10, height: 10, resize: 'contain' },
    });
    const url = data?.signedUrl ?? '';
    expect(url).toContain('/render/image/sign/');
    expect(await look(await fetch(url))).toMatchObject({ width: 10, height: 5 });
    expect(await look(await fetch(`${url}&width=150`))).toMatchObject({ width: 10 });
    const original = await fetch(url.replace('/render/image/sign/', '/object/sign/'));
    expect([original.status, (await original.json()).error]).toEqual([400, 'InvalidSignature']);
    const bad = await ann.client.storage
      .from(own)
      .createSignedUrl(`${ann.id}/photo.jpg`, 60, { transform: { quality: 5 } });
    expect(bad.error).toMatchObject({ status: 400 });
  });
});
