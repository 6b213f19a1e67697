// `npm run docs`: builds dist/docs, a folder with one page and the OpenAPI document, and serves it until Ctrl-C.
// The page loads nothing from elsewhere: publish the folder on any web server.
import fs from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './noctra.ts';
import { openApiDocument } from './openapi-document.ts';
import { redocly } from './programs.ts';

const { values } = parseArgs({
  options: {
    /** The project whose address the page shows. */
    project: { type: 'string' },
    /** Builds the folder and ends. */
    build: { type: 'boolean', default: false },
    port: { type: 'string', default: '54325' },
  },
});
const folder = path.join(root, 'dist', 'docs');
const page = path.join(folder, 'index.html');
const document = path.join(folder, 'openapi.json');

fs.mkdirSync(folder, { recursive: true });
fs.writeFileSync(document, JSON.stringify(await openApiDocument(values.project), null, 2));
const failure = await redocly(['build-docs', document, '-o', page, '--inlineBundle', '--title', 'Noctra']);
if (failure) {
  console.error(failure);
  process.exit(1);
}
console.log(`Built ${path.relative(root, folder)}`);

if (!values.build) {
  const server = createServer((request, response) => {
    const isDocument = request.url === '/openapi.json';
    response.setHeader('content-type', isDocument ? 'application/json' : 'text/html; charset=utf-8');
    fs.createReadStream(isDocument ? document : page).pipe(response);
  });
  server.listen(Number(values.port), '127.0.0.1', () => {
    console.log(`Open http://127.0.0.1:${values.port}; end with Ctrl-C`);
  });
}
