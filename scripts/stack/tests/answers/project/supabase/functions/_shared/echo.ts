/**
 * Answers with what arrived: method, path and query, headers, the body as base64. `?status=` sets the status of the
 * answer, `?as=text` and `?as=bytes` send the body back as it came instead.
 */
export async function echo(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const body = new Uint8Array(await request.arrayBuffer());
  const status = Number(url.searchParams.get('status') ?? 200);
  const headers = { 'access-control-allow-origin': '*', 'x-echo': 'yes' };
  const as = url.searchParams.get('as');
  if (as === 'text' || as === 'bytes') {
    const type = as === 'text' ? 'text/plain' : 'application/octet-stream';
    return new Response(body, { status, headers: { ...headers, 'content-type': type } });
  }
  // One character a byte: a spread into String.fromCharCode would overflow the stack.
  const binary = Array.from(body, (byte) => String.fromCharCode(byte)).join('');
  const arrived = {
    method: request.method,
    path: url.pathname,
    query: url.search,
    headers: Object.fromEntries(request.headers),
    body: btoa(binary),
  };
  return Response.json(arrived, { status, headers });
}
