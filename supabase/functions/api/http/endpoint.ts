import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { assertEncoded, assertStorable, type FormPart, isFile, readBody, textOf } from './body.ts';
import type { AppContext, AppEnv } from './context.ts';
import { fieldNames, fieldsOf, fromTexts } from './form.ts';
import { type App, type Description, describe } from './openapi.ts';
import { splitUrl } from './urls.ts';
import { type FieldCodes, validate } from './validate.ts';

/** A body: its schema as JSON, and as a form where that is not just the same fields as texts. */
interface BodySchema<Json extends z.ZodType> {
  json: Json;
  form?: z.ZodType<z.output<Json>>;
  /** The fields of the form that may be files. */
  files?: readonly string[];
}

/** The parsed request that a handler gets. */
export interface Input<Params, Query, Headers, Body> {
  params: Params;
  query: Query;
  headers: Headers;
  body: Body;
}

/** One endpoint: what the document says of it, how its request is read, and what answers it. */
export interface Endpoint<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Headers extends z.ZodObject,
  Json extends z.ZodType,
> extends Description {
  /** Older paths that lead to the same; the document leaves them out. */
  aliases?: readonly string[];
  /** An older method that leads to the same; the document leaves it out. */
  methodAlias?: 'put';
  /** Asks for a token; absent where anyone may call. */
  requireCaller?: MiddlewareHandler<AppEnv>;
  params?: Params;
  query?: Query;
  headers?: Headers;
  body?: BodySchema<Json>;
  /** The codes of fields whose names mean something else to other endpoints. */
  codes?: FieldCodes;
  handler: (
    c: AppContext,
    input: Input<z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Json>>,
  ) => Promise<Response>;
}

const nothing = z.strictObject({});

/** Adds an endpoint to the application and to the document: the schemas describe the request and validate it. */
export function addEndpoint<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Headers extends z.ZodObject = z.ZodObject,
  Json extends z.ZodType = z.ZodUndefined,
>(app: App, endpoint: Endpoint<Params, Query, Headers, Json>): void {
  const {
    method,
    methodAlias,
    path,
    aliases = [],
    requireCaller,
    params,
    headers,
    body,
    codes,
    handler,
  } = endpoint;
  const query = fromTexts(endpoint.query ?? nothing);
  const form = body && (body.form ?? fromTexts(body.json as never));

  const read = async (c: AppContext) => {
    // The schemas have the types of the endpoint; what is not declared is not read by its handler.
    const input = {
      params: params && validate(params, c.req.param(), codes),
      query: readQuery(c, query, codes),
      headers: headers && validate(headers, pick(c.req.header(), Object.keys(headers.shape)), codes),
      body: body && form && (await readInput(c.req.raw, body.json, form, body.files ?? [], codes)),
    };
    return input as Parameters<typeof handler>[1];
  };

  describe(app, endpoint, { params, query, headers, json: body?.json, form });
  const methods = [method, ...(methodAlias ? [methodAlias] : [])].map((name) => name.toUpperCase());
  // The router is not strict about a slash at the end, but takes it off the request only.
  const patterns = [path, ...aliases].map((route) =>
    route.replaceAll(/\{(\w+)\}/g, ':$1').replace(/\/$/, ''),
  );
  const answer = async (c: AppContext) => handler(c, await read(c));
  if (requireCaller) app.on(methods, patterns, requireCaller, answer);
  else app.on(methods, patterns, answer);
}

function readQuery(c: AppContext, schema: z.ZodObject, codes: FieldCodes | undefined): unknown {
  assertEncoded(splitUrl(c.req.url).query, 'The query');
  const values = c.req.queries();
  assertStorable(values);
  return validate(schema, fieldsOf(schema, Object.entries(values)), codes);
}

function pick(values: Record<string, string>, names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

async function readInput(
  request: Request,
  json: z.ZodType,
  form: z.ZodType,
  files: readonly string[],
  codes: FieldCodes | undefined,
): Promise<unknown> {
  const body = await readBody(request, { files: files.length > 0 });
  if (body.kind === 'json') return validate(json, body.value, codes);
  const known = fieldNames(form);
  const read = (part: FormPart) => {
    // A text field may have a file name: browsers give one to a Blob. An unknown field is refused unread.
    const isText = files.includes(part.name) ? !isFile(part) : known.includes(part.name);
    return isText ? textOf(part) : part;
  };
  const groups = Map.groupBy(body.parts, ({ name }) => name);
  const fields = [...groups].map(([name, parts]) => [name, parts.map(read)] as const);
  return validate(form, fieldsOf(form, fields), codes);
}
