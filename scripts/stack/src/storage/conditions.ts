/** A part of a file: from `start` to before `end`. */
export interface ByteRange {
  start: number;
  end: number;
}

/** The part that a `Range` header asks for. By HTTP's rules, a header of another form asks for the whole. */
export function parseRange(header: string | null, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return 'whole';
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(Number(last) + 1, size);
  if (first !== '' && last !== '' && Number(last) < start) return 'whole';
  return start < end ? { start, end } : 'unsatisfiable';
}

/** Whether the client has this version already, by `If-None-Match` or, without that, `If-Modified-Since`. */
export function isNotModified(
  headers: Headers,
  eTag: string | undefined,
  lastModified: Date | null,
): boolean {
  const tags = headers.get('if-none-match');
  if (tags !== null) {
    const weak = (tag: string) => tag.trim().replace(/^W\//, '');
    return (
      eTag !== undefined && tags.split(',').some((tag) => tag.trim() === '*' || weak(tag) === weak(eTag))
    );
  }
  const since = Date.parse(headers.get('if-modified-since') ?? '');
  // HTTP's dates have no fractions of a second.
  return lastModified !== null && Math.floor(lastModified.getTime() / 1000) * 1000 <= since;
}

/** Whether a range may be served: `If-Range` must name the current version. */
export function rangeApplies(headers: Headers, eTag: string | undefined, lastModified: Date | null): boolean {
  const condition = headers.get('if-range');
  return condition === null || condition === eTag || condition === lastModified?.toUTCString();
}
