import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { listFunctions } from '../../src/functions/definitions.ts';
import { mapPlatformTypes } from '../../src/functions/platform-types.ts';
import { readProject } from '../../src/project.ts';
import { writeProject } from '../written-project.ts';

/** The import map that is written for a function with this source and this deno.json. */
function mapOf(source: string, config: string) {
  const project = readProject(
    writeProject({ 'functions/one/index.ts': source, 'functions/one/deno.json': config }),
  );
  const [definition] = listFunctions(project, () => {});
  const file = definition && mapPlatformTypes(project, definition);
  const folder = pathToFileURL(path.join(project.supabase, 'functions/one/')).href;
  return file ? { map: JSON.parse(fs.readFileSync(file, 'utf8')), folder } : null;
}

test('a function that imports the types of the platform gets an import map without them', () => {
  const result = mapOf(
    "import 'jsr:@supabase/functions-js@2/edge-runtime.d.ts';",
    '{ "imports": { "types": "jsr:@supabase/functions-js", "jose": "npm:jose@^6", "local/": "./local/" } }',
  );
  expect(result?.map.imports).toEqual({
    types: 'jsr:@supabase/functions-js',
    'types/': 'jsr:/@supabase/functions-js/',
    'types/edge-runtime.d.ts': 'data:text/javascript,',
    'jsr:@supabase/functions-js@2/edge-runtime.d.ts': 'data:text/javascript,',
    jose: 'npm:jose@^6',
    'jose/': 'npm:/jose@^6/',
    'local/': `${result?.folder}local/`,
  });
});

test.each([
  ['imports nothing of the platform', '{ "imports": { "jose": "npm:jose@^6" } }'],
  ['has a deno.json with comments', '{ /* types */ "imports": { "types": "jsr:@supabase/functions-js" } }'],
  [
    'has its imports in another file',
    '{ "importMap": "./map.json", "imports": { "t": "jsr:@supabase/functions-js" } }',
  ],
])('a function that %s keeps its own', (_, config) => {
  expect(mapOf('', config)).toBeNull();
});
