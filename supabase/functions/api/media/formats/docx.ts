import { unzipSync } from 'fflate';
import { mediaTypes } from '../types.ts';
import { type Format, hasText } from './format.ts';

/** A document has dozens of parts; their list has dozens of lines. */
const MAX_PARTS = 10_000;
const MAX_LIST_BYTES = 1024 * 1024;
/** Deflate makes at most 1,032 bytes of one. */
const MAX_COMPRESSED_LIST_BYTES = 64 * 1024;

const CONTENT_TYPES = '[Content_Types].xml';
const MAIN_PART = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml';

/** DOCX: a ZIP archive with a part that is a Word document. Nothing is removed: authors and pictures stay as they are. */
export const docx: Format = {
  begins: (bytes) => hasText(bytes, 0, 'PK'),

  clean(bytes) {
    const archive = openArchive(bytes);
    const typeOf = archive && partTypes(archive.contentTypes);
    if (!typeOf || !archive.names.some((name) => typeOf(name) === MAIN_PART)) return null;
    return { type: mediaTypes.docx, bytes, dimensions: null, durationMs: null };
  },
};

/** The names of an archive's files, and the text that says what they are. */
function openArchive(bytes: Uint8Array): { names: string[]; contentTypes: string } | null {
  const names: string[] = [];
  try {
    const files = unzipSync(bytes, {
      filter({ name, size, originalSize }) {
        if (names.push(name) > MAX_PARTS) throw new Error('The archive has too many files.');
        return name === CONTENT_TYPES && size <= MAX_COMPRESSED_LIST_BYTES && originalSize <= MAX_LIST_BYTES;
      },
    });
    const list = files[CONTENT_TYPES];
    return list ? { names, contentTypes: decodeXml(list) } : null;
  } catch {
    return null;
  }
}

function decodeXml(bytes: Uint8Array): string {
  const isUtf16 = (first: number, second: number) => bytes[0] === first && bytes[1] === second;
  const encoding = isUtf16(0xff, 0xfe) ? 'utf-16le' : isUtf16(0xfe, 0xff) ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

/** The content type of a part: by its name, or else by its extension. */
function partTypes(xml: string): (name: string) => string | undefined {
  const byName = new Map<string, string>();
  const byExtension = new Map<string, string>();
  for (const [, element, attributes = ''] of xml.matchAll(/<(?:\w+:)?(Override|Default)\s([^<>]*)>/g)) {
    const [key, map] =
      element === 'Override' ? (['PartName', byName] as const) : (['Extension', byExtension] as const);
    const name = attributeOf(attributes, key);
    const type = attributeOf(attributes, 'ContentType');
    if (name && type) map.set(name.toLowerCase(), type);
  }
  return (name) => {
    const lower = name.toLowerCase();
    return byName.get(`/${lower}`) ?? byExtension.get(lower.slice(lower.lastIndexOf('.') + 1));
  };
}

function attributeOf(attributes: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes);
  return match?.[1] ?? match?.[2];
}
