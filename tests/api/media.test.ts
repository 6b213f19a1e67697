import { describe, expect, test } from 'vitest';
import { claimAgrees, detectMediaType, mediaTypeNamed } from '../../supabase/functions/api/media/types.ts';
import { fixtureBytes } from '../kit/files.ts';

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : part)),
  );

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

test.each([
  ['photo.jpg', 'image/jpeg', 'jpg', 'image'],
  ['picture.png', 'image/png', 'png', 'image'],
  ['animation.gif', 'image/gif', 'gif', 'image'],
  ['clip.mp4', 'video/mp4', 'mp4', 'video'],
  ['clip.mov', 'video/quicktime', 'mov', 'video'],
  ['clip.avi', 'video/x-msvideo', 'avi', 'video'],
  ['tone.mp3', 'audio/mpeg', 'mp3', 'audio'],
  ['tone.wav', 'audio/wav', 'wav', 'audio'],
  ['document.pdf', 'application/pdf', 'pdf', 'document'],
  ['document.docx', docx, 'docx', 'document'],
])('%s is %s by its bytes', async (name, mimeType, extension, kind) => {
  expect(await detectMediaType(fixtureBytes(name))).toMatchObject({ mimeType, extension, kind });
});

test.each([
  ['nothing', bytes()],
  ['a text', bytes('just words, and enough of them to look at')],
  ['a web page', bytes('<!doctype html><script>alert(1)</script>')],
  ['an SVG', bytes('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')],
  [
    'a WebP',
    bytes(
      'RIFF',
      [26, 0, 0, 0],
      'WEBPVP8L',
      [13, 0, 0, 0, 47, 0, 0, 0, 16, 7, 16, 17, 17, 136, 136, 254, 7, 0],
    ),
  ],
  ['a Windows program', bytes('MZ', [0x90, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0xff, 0xff])],
  ['an archive that is no document', bytes('PK', [5, 6, ...new Array(18).fill(0)])],
  ['MPEG audio of layer II', bytes([0xff, 0xfd, 0x90, 0x04, ...new Array(600).fill(0)])],
  ['the first bytes of a PNG and no more', fixtureBytes('picture.png').slice(0, 6)],
])('%s is none of the ten types', async (_, data) => {
  expect(await detectMediaType(data)).toBeUndefined();
});

test('an animated PNG is a PNG', async () => {
  const png = fixtureBytes('picture.png');
  const firstChunks = 8 + 25;
  const animation = bytes([0, 0, 0, 8], 'acTL', [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  const animated = new Uint8Array([...png.slice(0, firstChunks), ...animation, ...png.slice(firstChunks)]);
  expect(await detectMediaType(animated)).toMatchObject({ mimeType: 'image/png', extension: 'png' });
});

describe('a claimed content type', () => {
  test.each([
    ['image/jpg', 'image/jpeg'],
    ['IMAGE/JPEG; charset=binary', 'image/jpeg'],
    ['audio/mp3', 'audio/mpeg'],
    ['audio/x-wav', 'audio/wav'],
    ['video/avi', 'video/x-msvideo'],
  ])('%s means %s', (claimed, mimeType) => {
    expect(mediaTypeNamed(claimed)?.mimeType).toBe(mimeType);
  });

  test.each(['', 'application/octet-stream', 'image/png', 'image/x-png'])(
    '"%s" agrees with a PNG',
    (claimed) => {
      const png = mediaTypeNamed('image/png');
      expect(png && claimAgrees(claimed, png)).toBe(true);
    },
  );

  test.each(['image/jpeg', 'text/html', 'nonsense', 'image/*'])(
    '"%s" does not agree with a PNG',
    (claimed) => {
      const png = mediaTypeNamed('image/png');
      expect(png && claimAgrees(claimed, png)).toBe(false);
    },
  );
});
