import { echo } from '../_shared/echo.ts';

// config.toml has the gateway ask for a token before anything arrives here.
Deno.serve(echo);
