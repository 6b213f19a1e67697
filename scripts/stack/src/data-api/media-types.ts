import { refuse } from './refusals.ts';

/** The form of an answer's body. */
export interface Format {
  contentType: string;
  /** Rows as a JSON array, one row as a JSON object, rows as CSV, or a function's value unchanged. */
  shape: 'array' | 'object' | 'csv' | 'raw';
  /** Whether null fields are left out. */
  stripNulls: boolean;
}

const json = 'application/json; charset=utf-8';
const arrayJson = 'application/vnd.pgrst.array+json';

/** The formats by media type. */
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
 * Chooses the first format of `Accept` that exists (PGRST107 if none does). `own` are media types of this answer alone.
 * PostgREST's own types take a parameter `nulls=stripped`.
 */
export function chooseFormat(accept: string | null, own: readonly string[] = []): Format {
  const wanted = parseAccept(accept);
  for (const { type, stripNulls } of wanted) {
    if (own.includes(type)) return { contentType: type, shape: 'raw', stripNulls: false };
    const format = Object.hasOwn(formats, type) ? formats[type] : undefined;
    if (!format) continue;
    if (!type.includes('vnd.pgrst')) return { ...format, stripNulls: false };
    // A plain array is named by its common media type.
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

/** The media types of an `Accept`, best quality first. */
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
