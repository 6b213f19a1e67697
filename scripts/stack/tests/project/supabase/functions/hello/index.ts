import { greeting } from '../_shared/greeting.ts';

Deno.serve(async (request) => {
  const { pathname, searchParams } = new URL(request.url);
  if (searchParams.has('die')) Deno.exit(1);
  if (searchParams.has('write')) {
    const outcome = await Deno.writeTextFile('/tmp/never', 'x').then(
      () => 'written',
      (error: Error) => error.name,
    );
    return Response.json({ outcome });
  }
  return Response.json({
    greeting: greeting(await request.text()),
    pathname,
    keys: Object.keys(Deno.env.toObject()),
  });
});
