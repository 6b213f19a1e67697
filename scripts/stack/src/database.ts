/**
 * How values cross between PostgreSQL and JSON, where postgres.js by itself would change them on the way.
 * Given to the connections of Supabase Lite.
 */
export const wireTypes = {
  // Lite hands over JSON text as well as values: text that is JSON already must not be encoded again.
  json: { to: 114, from: [114], serialize: serializeJson, parse: JSON.parse },
  jsonb: { to: 3802, from: [3802], serialize: serializeJson, parse: JSON.parse },
  // PostgREST answers timestamps in ISO 8601 with all their digits; a JavaScript Date keeps milliseconds only.
  timestamptz: {
    to: 1184,
    from: [1184],
    serialize: asText,
    parse: (text: string) => isoTimestamp(text).replace(/([+-]\d\d)$/, '$1:00'),
  },
  timestamp: { to: 1114, from: [1114], serialize: asText, parse: isoTimestamp },
  date: { to: 1082, from: [1082], serialize: asText, parse: (text: string) => text },
  bytea: {
    to: 17,
    from: [17],
    serialize: (value: unknown) =>
      value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : asText(value),
    parse: (text: string) => text,
  },
  // JSON numbers have any precision; JavaScript's do not. JSON.rawJSON passes the digits through as they are.
  numeric: {
    to: 1700,
    from: [1700],
    serialize: String,
    parse: (text: string) => (/^-?\d/.test(text) ? rawNumber(text) : text),
  },
  bigint: { to: 20, from: [20], serialize: String, parse: exactInteger },
};

function asText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

function isoTimestamp(text: string): string {
  return text.replace(' ', 'T');
}

function serializeJson(value: unknown): string {
  if (typeof value === 'string' && /^\s*[[{]/.test(value)) {
    try {
      JSON.parse(value);
      return value;
    } catch {
      // A string that only looks like JSON is a string.
    }
  }
  return JSON.stringify(value);
}

function exactInteger(text: string): unknown {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : rawNumber(text);
}

function rawNumber(text: string): unknown {
  return (JSON as typeof JSON & { rawJSON(text: string): unknown }).rawJSON(text);
}
