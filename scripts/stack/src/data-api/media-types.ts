import { refuse } from './refusals.ts';

/** The form of an answer's body. */
export interface Format {
  contentType: string;
  /** Rows as a JSON array, one row as a JSON object, rows as CSV, or a function's value unchanged. */
  shape: 'array' | 'object' | 'csv' | 'raw';
  /** Whether null fields are left out. */
  stripNulls: boolean;
  /** How to explain the statement, instead of its answer: `explain (…)`. */
  explain?: string;
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
 * PostgREST's own types take a parameter `nulls=stripped`. `plans` tells whether plans are
 * a format too.
 */
export function chooseFormat(accept: string | null, own: readonly string[] = [], plans = false): Format {
  const wanted = parseAccept(accept);
  for (const { type, parameters, stripNulls } of wanted) {
    const plan = plans && /^application\/vnd\.pgrst\.plan(?:\+(text|json))?$/.exec(type);
    if (plan) return planFormat(plan[1] ?? 'text', parameters, own);
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

const planOptions = ['analyze', 'verbose', 'settings', 'buffers', 'wal'];

/** The plan of the statement that would answer with the format that the parameter `for` names. */
function planFormat(form: string, parameters: readonly string[], own: readonly string[]): Format {
  const parameter = (name: string) =>
    parameters.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1);
  const asked = parameter('options')?.split('|') ?? [];
  const options = planOptions.filter((option) => asked.includes(option));
  const answer = chooseFormat(parameter('for')?.replaceAll('"', '') ?? null, own);
  const listed = options.length > 0 ? `; options=${options.join('|')}` : '';
  return {
    ...answer,
    contentType: `application/vnd.pgrst.plan+${form}; for="${answer.contentType.split(';')[0]}"${listed}; charset=utf-8`,
    explain: `explain (${[`format ${form}`, ...options].join(', ')})`,
  };
}

interface Wanted {
  text: string;
  type: string;
  parameters: string[];
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
        parameters,
        stripNulls: parameters.includes('nulls=stripped'),
        quality: Number.isNaN(quality) ? 1 : quality,
      };
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality);
}
