import type { LiteConnection } from '../lite.ts';

type Serve = (request: Request) => Promise<Response>;

/**
 * PostgREST applies `select` to the rows as they are after a write, embedded ones included. Lite loses rows there
 * when the write changed a filtered column, so a write that embeds becomes two requests: write and return the primary
 * keys, then read those rows. Null where the request is no such write, or its table has no primary key.
 */
export function writeThenEmbed(
  request: Request,
  schema: LiteConnection,
  serve: Serve,
): Promise<Response> | null {
  const url = new URL(request.url);
  const select = url.searchParams.get('select');
  const returnsRows = /return=representation/.test(request.headers.get('prefer') ?? '');
  const writes = request.method === 'POST' || request.method === 'PATCH';
  if (!writes || !returnsRows || !select || !/[(:]|->/.test(select) || url.pathname.includes('/rpc/'))
    return null;
  return inTwoSteps(request, url, select, schema, serve);
}

async function inTwoSteps(
  request: Request,
  url: URL,
  select: string,
  connection: LiteConnection,
  serve: Serve,
): Promise<Response> {
  const table = decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
  const schema = request.headers.get('content-profile') ?? 'public';
  const { primary_keys } = await connection.introspect({ useCache: true });
  const key = primary_keys.find(
    (candidate) => candidate.table === table && candidate.schema === schema,
  )?.columns;
  if (!key?.length) return serve(request);

  const reading = new Headers(request.headers);
  for (const name of ['prefer', 'content-type', 'content-length']) reading.delete(name);
  if (schema !== 'public') reading.set('accept-profile', schema);
  const read = new URL(url.pathname, url);
  read.searchParams.set('select', select);
  // Asked for nothing first: a `select` that cannot be answered must not be found out after the write.
  const check = new URL(read);
  check.searchParams.set('limit', '0');
  const many = new Headers(reading);
  many.delete('accept');
  const checked = await serve(new Request(check, { headers: many }));
  if (!checked.ok) return checked;

  const write = new URL(url);
  write.searchParams.set('select', key.join(','));
  const written = await serve(new Request(write, request));
  if (!written.ok) return written;
  const body: unknown = await written.json();
  const rows = (Array.isArray(body) ? body : [body]) as Record<string, unknown>[];
  const answered = new Headers({
    'content-type': written.headers.get('content-type') ?? 'application/json; charset=utf-8',
  });
  const applied = written.headers.get('preference-applied');
  if (applied) answered.set('preference-applied', applied);
  if (rows.length === 0) return new Response('[]', { status: written.status, headers: answered });

  const quoted = (value: unknown) => `"${String(value).replace(/["\\]/g, '\\$&')}"`;
  const [only, ...more] = key;
  if (only !== undefined && more.length === 0) {
    read.searchParams.set(only, `in.(${rows.map((row) => quoted(row[only])).join(',')})`);
  } else {
    const same = (row: Record<string, unknown>) =>
      `and(${key.map((column) => `${column}.eq.${quoted(row[column])}`).join(',')})`;
    read.searchParams.set('or', `(${rows.map(same).join(',')})`);
  }
  const found = await serve(new Request(read, { headers: reading }));
  return new Response(found.body, { status: found.ok ? written.status : found.status, headers: answered });
}
