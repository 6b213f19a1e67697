import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** A schema, or any other part of the document. */
type Json = Record<string, unknown>;

interface Response {
  $ref?: string;
  content?: Record<string, { schema?: Json }>;
}

/** The OpenAPI document, as far as tests look into it. */
export interface Document {
  openapi: string;
  paths: Record<string, Record<string, { responses: Record<string, Response> }>>;
  components: { schemas: Record<string, Json>; responses: Record<string, Response> };
}

/** Paths whose PATCH older clients call by PUT, which the document leaves out. */
const putForPatch = ['/posts/{id}', '/userprofiles/me'];

/** Paths of older clients, which the document leaves out as well. */
const aliases: Record<string, string> = {
  '/register': '/auth/register',
  '/token': '/auth/token',
  '/token/refresh': '/auth/token/refresh',
  '/logout': '/auth/logout',
};

/** An answer to compare with the document. */
export interface Answered {
  method: string;
  /** Under the function's own path. */
  path: string;
  status: number;
  contentType: string;
  json: unknown;
}

/** Makes a function that throws where an answer is not what the document says. */
export function createChecker(document: Document): (answer: Answered) => void {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  formats.default(ajv);
  // Components stay open here: they are closed where they are used, and where they are extended they must not be.
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => [
    name,
    closed(schema, true),
  ]);
  ajv.addSchema({ $id: 'openapi', components: { schemas: Object.fromEntries(schemas) } });
  const validators = new Map<string, ValidateFunction>();

  return ({ method, path, status, contentType, json }) => {
    const bare = path.replace(/\/?(\?.*)?$/, '');
    const template = findPath(document, aliases[bare] ?? bare);
    const operations = template ? document.paths[template] : undefined;
    const isPatch = method === 'PUT' && template !== undefined && putForPatch.includes(template);
    const operation = operations?.[isPatch ? 'patch' : method.toLowerCase()];
    // What no path or method answers to is a problem like any other.
    const fallback: Response = { content: { 'application/problem+json': { schema: problem } } };
    const found = operation ? operation.responses[status] : fallback;
    const response = found?.$ref ? document.components.responses[found.$ref.split('/').at(-1) ?? ''] : found;
    const what = `${method} ${path} → ${status}`;
    if (!response) throw new Error(`${what} is not in the OpenAPI document.`);
    const expected = Object.keys(response.content ?? {});
    if (expected.length === 0 ? json !== '' : !expected.includes(contentType)) {
      throw new Error(`${what} came as "${contentType}"; the document says "${expected}".`);
    }
    const schema = response.content?.[contentType]?.schema;
    if (!schema) return;
    const name = operation ? `${method} ${template} ${status}` : 'problem';
    const validate = validators.get(name) ?? ajv.compile(closed(schema) as Json);
    validators.set(name, validate);
    if (!validate(json)) {
      throw new Error(
        `${what} is not what the OpenAPI document says: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(json)}`,
      );
    }
  };
}

const problem = { $ref: '#/components/schemas/Problem' };

/** The path of the document that a path fits; one without parameters goes first. */
function findPath(document: Document, path: string): string | undefined {
  const fits = Object.keys(document.paths).filter((template) =>
    new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  return fits.sort((a, b) => a.split('{').length - b.split('{').length)[0];
}

/**
 * A schema that takes no field which it does not name. The document leaves that open, so that clients may be given
 * more one day; an answer of today must not hold what it does not describe. References lead into the document.
 */
function closed(node: unknown, isExtended = false): unknown {
  if (Array.isArray(node)) return node.map((item) => closed(item, isExtended));
  if (typeof node !== 'object' || node === null) return node;
  const copy: Json = {};
  for (const [key, value] of Object.entries(node)) {
    copy[key] = key === '$ref' ? `openapi${value}` : closed(value, key === 'allOf');
  }
  const isObject = 'properties' in copy || 'allOf' in copy || '$ref' in copy;
  if (isObject && !isExtended && !('additionalProperties' in copy)) copy.unevaluatedProperties = false;
  return copy;
}
