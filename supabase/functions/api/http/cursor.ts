/** The version of the format. A new format gets a new number, so that older cursors are refused and not misread. */
const VERSION = 1;

/** The keyset cursor after a row. It is opaque to clients, so that its format may change. */
export function encodeCursor(id: string): string {
  const bytes = [
    VERSION,
    ...(id.replaceAll('-', '').match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)),
  ];
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** The id in a cursor, or null where the text is not one that `encodeCursor` made. */
export function decodeCursor(cursor: string): string | null {
  if (!/^[A-Za-z0-9_-]{23}$/.test(cursor)) return null;
  const bytes = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
  if (bytes.charCodeAt(0) !== VERSION) return null;
  const hex = [...bytes.slice(1)].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  // Base64 has spare bits at the end: only the canonical spelling is a cursor.
  return encodeCursor(id) === cursor ? id : null;
}
