import { type Zippable, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { cpuMilliseconds } from '../../../../../tests/kit/cpu.ts';
import { fixtureBytes } from '../../../../../tests/kit/files.ts';
import { join, latin1 } from '../../../../../tests/kit/samples.ts';
import { docx } from './docx.ts';
import { pdf } from './pdf.ts';

const main = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml';
const list = (entries: string) => `<?xml version="1.0"?><Types>${entries}</Types>`;
const override = `<Override PartName="/word/document.xml" ContentType="${main}"/>`;
const archive = (types: string | Uint8Array, files: Zippable = { 'word/document.xml': latin1('<x/>') }) =>
  Uint8Array.from(
    zipSync({ '[Content_Types].xml': typeof types === 'string' ? latin1(types) : types, ...files }),
  );
const isDocument = (bytes: Uint8Array<ArrayBuffer>) => docx.begins(bytes) && docx.clean(bytes) !== null;

describe('DOCX', () => {
  test.each<[what: string, file: Uint8Array<ArrayBuffer>]>([
    ['as Word writes it', fixtureBytes('document.docx')],
    [
      'whose attributes are in the other order',
      archive(list(`<Override ContentType='${main}' PartName='/word/document.xml'/>`)),
    ],
    ['with a namespace prefix', archive(list(override.replace('Override', 'ct:Override')))],
    [
      'whose main part is declared by its extension',
      archive(list(`<Default Extension="xml" ContentType="${main}"/>`)),
    ],
    [
      'whose content types are UTF-16',
      archive(Uint8Array.from(Buffer.from(`\ufeff${list(override)}`, 'utf16le'))),
    ],
    [
      'whose content types are big-endian UTF-16',
      archive(Uint8Array.from(Buffer.from(`\ufeff${list(override)}`, 'utf16le').swap16())),
    ],
    [
      'that is not compressed',
      Uint8Array.from(
        zipSync({
          '[Content_Types].xml': [latin1(list(override)), { level: 0 }],
          'word/document.xml': [latin1('<x/>'), { level: 0 }],
        }),
      ),
    ],
    [
      'with a comment at its end',
      (() => {
        const bytes = Buffer.from(join(archive(list(override)), 'a comment'));
        bytes.writeUInt16LE(9, bytes.length - 9 - 2);
        return Uint8Array.from(bytes);
      })(),
    ],
  ])('takes one %s', (_, file) => {
    expect(isDocument(file)).toBe(true);
  });

  test.each<[what: string, file: Uint8Array<ArrayBuffer>]>([
    ['an empty archive', Uint8Array.from(zipSync({}))],
    ['an archive of other files', Uint8Array.from(zipSync({ 'a.txt': latin1('a') }))],
    ['a document without its main part', archive(list(override), { 'other.xml': latin1('<x/>') })],
    [
      'a document with macros',
      archive(list(override.replace(main, 'application/vnd.ms-word.document.macroEnabled.main+xml'))),
    ],
    ['a table', archive(list(override.replace('wordprocessingml.document', 'spreadsheetml.sheet')))],
    ['a list of types that is too long', archive(`${' '.repeat(2_000_000)}${list(override)}`)],
    ['an archive that is cut off', fixtureBytes('document.docx').slice(0, -30)],
    ['two letters', latin1('PK')],
  ])('refuses %s', (_, file) => {
    expect(isDocument(file)).toBe(false);
  });

  test('refuses an archive that says it holds billions of files, in time', () => {
    const bytes = Buffer.from(archive(list(override)));
    const end = bytes.length - 22;
    // The end of a 64-bit directory: four billion files.
    const end64 = Buffer.alloc(56);
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeUInt32LE(0xffffffff, 32);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeUInt32LE(end, 8);
    const file = join(bytes.subarray(0, end), end64, locator, bytes.subarray(end));
    let answer = true;
    const time = cpuMilliseconds(() => {
      answer = isDocument(file);
    });
    expect(answer).toBe(false);
    expect(time).toBeLessThan(500);
  });
});

describe('PDF', () => {
  const document = fixtureBytes('document.pdf');
  test.each([0, 1, 1024])('takes one with %i bytes in front of its header', (length) => {
    const file = join(' '.repeat(length), document);
    expect(pdf.begins(file) && pdf.clean(file)?.bytes).toEqual(file);
  });

  test('refuses one whose header comes later', () => {
    expect(pdf.begins(join(' '.repeat(1025), document))).toBe(false);
  });
});
