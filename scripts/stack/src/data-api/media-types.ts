import { refuse } from './refusals.ts';

/** The form of an answer's body. */
export interface Format {
  contentType: string;
  /** Rows as a JSON array, one row as a JSON object, rows as CSV, or a function's value as it is. */
  shape: 'array' | 'object' | 'csv' | 'raw';
  /** Whether fields that are null are left out. */
  stripNulls: boolean;
}

const json = 'application/json; charset=utf-8';
const arrayJson = 'application/vnd.pgrst.array+json';

/** The formats by media type; with `;nulls=stripped` those of PostgREST's own leave null fields out. */
const formats: Record<string, Omit<Format, 'stripNulls'>> = {
  '*/*': { contentType: json, shape: 'array' },
  'application/*': { contentType: json, shape: 'array' },
  'application/json': { contentType: json, shape: 'array' },
  'application/vnd.pgrst.array': { contentType: arrayJson, shape: 'array' },
  'application/vnd.pgrst.array+json': { contentType: arrayJson, shape: 'array' },
  'application/vnd.pgrst.object': { contentType: 'application/vnd.pgrst.object+json', shape: 'object' },
  'application/vnd.pgrst.object+json': { contentType: 'application/vnd.pgrst.object+json', shape: 'object' },
  'text/csv': { contentType: 'text/csv; charset=utf-8', shape: 'csv' },
};

/**
 * Chooses the format of an answer by `Accept`, the client's favourite first; PGRST107 if none will do. `own` is a media
 * type that only this answer can have: that of a function's value.
 */
export function chooseFormat(accept: string | null, own: readonly string[] = []): Format {
  const wanted = parseAccept(accept);
  for (const { type, stripNulls } of wanted) {
    if (own.includes(type)) return { contentType: type, shape: 'raw', stripNulls: false };
    const format = Object.hasOwn(formats, type) ? formats[type] : undefined;
    if (!format) continue;
    if (!type.includes('vnd.pgrst')) return { ...format, stripNulls: false };
    // An array as it is has its common name.
    if (format.shape === 'array' && !stripNulls) return { ...format, contentType: json, stripNulls };
    const nulls = stripNulls ? ';nulls=stripped' : '';
    return { ...format, contentType: `${format.contentType}${nulls}; charset=utf-8`, stripNulls };
  }
  refuse(
    406,
    'PGRST107',
    `None of these media types are available: ${wanted.map(({ text }) => text).join(', ')}`,
  );
}

interface Wanted {
  text: string;
  type: string;
  stripNulls: boolean;
}

/** The media types of an `Accept`, by falling quality; types of equal quality keep their order. */
export function parseAccept(accept: string | null): Wanted[] {
  const parts = (accept || '*/*')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  return parts
    .map((text) => {
      const [type = '', ...parameters] = text.split(';').map((piece) => piece.trim().toLowerCase());
      const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
      return {
        text,
        type,
        stripNulls: parameters.includes('nulls=stripped'),
        quality: Number.isNaN(quality) ? 1 : quality,
      };
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality);
}
