import { word } from '../_shared/word.ts';

Deno.serve(async () => {
  const page = await Deno.readTextFile(new URL('../../pages/page.html', import.meta.url));
  const config = await Deno.readTextFile(new URL('../../config.toml', import.meta.url)).catch(
    (error) => error.name,
  );
  return Response.json({ word, page, config, setting: Deno.env.get('PLAIN_SETTING') });
});
