import { echo } from '../_shared/echo.ts';

// Open to everybody.
Deno.serve(echo);
