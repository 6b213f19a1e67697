import { word } from 'the-word';

Deno.serve(() => new Response(word));
