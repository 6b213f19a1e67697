// Answers as it is asked to, by the last segment of the address.
const bytes = new Uint8Array(1 << 20).map((_, place) => place % 251);

async function compressed(): Promise<Response> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  const body = await new Response(stream).arrayBuffer();
  return new Response(body, {
    headers: { 'content-encoding': 'gzip', 'content-type': 'application/x-bytes' },
  });
}

function cookies(): Response {
  const headers = new Headers();
  for (const cookie of ['a=1; Path=/', 'b=2']) headers.append('set-cookie', cookie);
  return new Response('cookies', { headers });
}

Deno.serve(async (request) => {
  const url = new URL(request.url);
  const what = url.pathname.split('/').at(-1);
  if (what === 'stream') return new Response(request.body);
  if (what === 'gzip') return compressed();
  if (what === 'cookies') return cookies();
  if (what === 'empty') return new Response(null, { status: 204 });
  if (what === 'unchanged') return new Response(null, { status: 304, headers: { etag: '"1"' } });
  if (what === 'redirect') return Response.redirect('https://example.com/elsewhere');
  if (what === 'log') {
    console.info('two\nlines', { of: ['a', 'value'] });
    console.debug('a detail');
    console.warn('\u001b[31mred\u001b[0m');
    console.error(new Error('told'));
    return new Response();
  }
  return Response.json({
    method: request.method,
    url: request.url,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
  });
});
