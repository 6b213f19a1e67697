// `npm run example`: serves the example app (sdk/example) until Ctrl-C.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';
import { runMain } from './command.ts';
import { root, runningForApps } from './noctra.ts';

const help = `Serves the example app, which is in sdk/example.

Usage: npm run example -- [--port <number>]

The app uses the Noctra that NOCTRA_URL and NOCTRA_PUBLISHABLE_KEY name, else the local one that runs. The port is 3000 if
none is given. If it is taken, the next free one is used.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return console.log(help);
  const { url, publishableKey } = await runningForApps();
  // Vite gives these, and no other variables, to the app.
  Object.assign(process.env, { VITE_NOCTRA_URL: url, VITE_NOCTRA_PUBLISHABLE_KEY: publishableKey });
  const server = await createServer({
    root: path.join(root, 'sdk', 'example'),
    logLevel: 'warn',
    ...(values.port && { server: { port: Number(values.port) } }),
  });
  await server.listen();
  console.log(`The example uses ${url}. Open ${server.resolvedUrls?.local[0]}; end with Ctrl-C`);
}

runMain(main);
