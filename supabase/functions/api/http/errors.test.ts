import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createApp } from '../app.ts';
import { commentCodes } from '../comments/comment-schemas.ts';
import { settingCodes } from '../notifications/notification-schemas.ts';
import { postCodes } from '../posts/post-schemas.ts';
import { reportCodes } from '../reports/report-schemas.ts';
import { searchCodes } from '../search/search-schemas.ts';
import { errors } from './errors.ts';
import { type FieldCodes, fieldCode } from './validate.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const statuses = new Map<string, number>(errors.map(({ code, status }) => [code, status]));

/** The text of all files of a folder, but for tests and the list itself. */
function sourceOf(folder: string, extension: string): string {
  return fs
    .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension) && !/\.test\.ts$|(^|\/)(errors|error-codes)\.ts$/.test(file))
    .map((file) => fs.readFileSync(path.join(root, folder, file), 'utf8'))
    .join('\n');
}

/** The codes and statuses that a pattern with these groups finds. */
const raisedIn = (source: string, pattern: RegExp) =>
  [...source.matchAll(pattern)].map(({ groups }) => ({ code: groups?.code, status: Number(groups?.status) }));

const sql = sourceOf('supabase/migrations', '.sql');
const raisedBySql = [
  ...raisedIn(sql, /raise_error\(\s*(?<status>\d{3}),\s*'(?<code>\w+)'/g),
  ...raisedIn(sql, /refuse_sign_up\(\s*(?<status>\d{3}),\s*(?:format\(\s*)?'(?<code>\w+): /g),
  ...raisedIn(sql, /'PT(?<status>\d{3})'[\s\S]{1,200}'hint', '(?<code>\w+)'/g),
];

const api = sourceOf('supabase/functions/api', '.ts');
const sdk = sourceOf('sdk/src', '.ts') + fs.readFileSync(path.join(root, 'sdk/src/errors.ts'), 'utf8');
const isNamedIn = (source: string, code: string) => source.includes(`'${code}'`);

/** The names of the fields of all requests, from the document that validates them. */
async function requestFields(): Promise<Set<string>> {
  const config = { url: 'http://x', publicUrl: null, publishableKey: 'x', secretKey: 'x', jwks: undefined };
  const document = await (await createApp(config).request('/api/openapi.json')).json();
  const names = new Set<string>();
  for (const operation of Object.values<object>(document.paths).flatMap((methods) =>
    Object.values(methods),
  )) {
    for (const { name } of operation.parameters ?? []) names.add(name.replaceAll('-', '_'));
    for (const { schema } of Object.values<{ schema: object }>(operation.requestBody?.content ?? {}))
      for (const name of propertiesOf(schema, document)) names.add(name);
  }
  return names;
}

// biome-ignore lint/suspicious/noExplicitAny: a schema of the document.
function propertiesOf(schema: any, document: any): string[] {
  if (schema.$ref) return propertiesOf(document.components.schemas[schema.$ref.split('/').at(-1)], document);
  if (schema.anyOf) return schema.anyOf.flatMap((option: object) => propertiesOf(option, document));
  return Object.keys(schema.properties);
}

/** The codes of fields by endpoint. */
const ofEndpoints: FieldCodes = {
  ...commentCodes,
  ...postCodes,
  ...reportCodes,
  ...searchCodes,
  ...settingCodes,
};
const codeOf = (field: string) => ofEndpoints[field] ?? fieldCode(field);

describe('the list of errors', () => {
  test('has every code that the database raises, with its status', () => {
    expect(raisedBySql.length).toBeGreaterThan(20);
    for (const { code, status } of raisedBySql)
      expect({ code, status }).toEqual({ code, status: statuses.get(code ?? '') });
  });

  test('has every code that the SDK refuses with, with its status', () => {
    for (const { code, status } of raisedIn(sdk, /refusal\(\s*'(?<code>\w+)',\s*(?<status>\d+)/g))
      expect({ code, status }).toEqual({ code, status: statuses.get(code ?? '') });
  });

  test('has a code for every field of every request', async () => {
    const fields = await requestFields();
    expect(fields.size).toBeGreaterThan(20);
    for (const field of fields) {
      expect([field, codeOf(field)]).toEqual([field, expect.any(String)]);
    }
  });

  test('says of every code who raises it', async () => {
    const ofFields = new Set<string | undefined>();
    for (const field of await requestFields()) ofFields.add(codeOf(field));
    const raiserOf = (code: string) => {
      if (isNamedIn(api, code) || ofFields.has(code)) return 'api';
      if (raisedBySql.some((raised) => raised.code === code)) return 'database';
      return isNamedIn(sdk, code) ? 'sdk' : 'nobody';
    };
    const found = errors.map(({ code }) => [code, raiserOf(code)]);
    expect(found).toEqual(errors.map(({ code, raised_by }) => [code, raised_by]));
  });
});
