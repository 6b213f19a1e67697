import type { OpenAPIHono, RouteConfig, z } from '@hono/zod-openapi';
import type { Handler, MiddlewareHandler } from 'hono';
import type { AppEnv } from './context.ts';
import { ProblemAnswer } from './schemas.ts';
import { functionPath } from './urls.ts';

/** The application and every group of routes. */
export type App = OpenAPIHono<AppEnv>;

/** One endpoint: what the OpenAPI document says of it, and what answers it. */
export interface Endpoint {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** As clients have always written it, with a slash at the end: `/posts/{id}/`. */
  path: string;
  /** Older paths that lead to the same; the document leaves them out. */
  aliases?: readonly string[];
  /** What generated clients call it. */
  name: string;
  summary: string;
  description?: string;
  tag: Tag;
  /** Asks for a token; absent where anyone may call. */
  caller?: MiddlewareHandler<AppEnv>;
  /** What it asks for instead, where that is no token. */
  security?: typeof secretScheme;
  request?: RouteConfig['request'];
  /** The good answers by status. */
  answers: Record<number, { description: string; schema?: z.ZodType; headers?: z.ZodObject }>;
  /** The problems that it may answer with, by status. */
  problems: readonly number[];
  handler: Handler<AppEnv>;
}

/** Where tokens go, in the OpenAPI document. */
export const securityScheme = 'bearer';

/** Where the secret key goes. */
export const secretScheme = 'secretKey';

/** What the groups of endpoints are about. */
const tags = [
  { name: 'Sign-in', description: 'Registration, sessions and passwords.' },
  { name: 'Posts', description: 'Captions with files, tags and mentions.' },
  { name: 'Profiles', description: 'Who people are.' },
  { name: 'Service', description: 'For who runs it.' },
] as const;

/** The group of an endpoint. */
export type Tag = (typeof tags)[number]['name'];

const problemReasons: Record<number, string> = {
  400: 'Malformed',
  401: 'No token, or a bad one',
  403: 'Not yours',
  404: 'Not there, or not visible to you',
  409: 'Taken',
  413: 'Too large',
  415: 'Wrong type',
  422: 'Breaks a rule',
  429: 'Too often: see Retry-After',
  503: 'A part of Noctra does not answer',
};

/**
 * Adds an endpoint to the application and to the document. Bodies and queries are read by the handlers, with the same
 * schemas: Hono's own validator knows neither of limits nor of our errors, and reads a body of any size.
 */
export function addEndpoint(app: App, endpoint: Endpoint): void {
  const {
    method,
    path,
    aliases = [],
    summary,
    description,
    tag,
    caller,
    request,
    answers,
    handler,
  } = endpoint;
  const security = caller ? securityScheme : endpoint.security;
  const statuses = new Set([...(caller ? [401] : []), ...endpoint.problems]);
  app.openAPIRegistry.registerPath({
    method,
    // The document has each path once; the router does not mind a slash at its end.
    path: path.replace(/\/$/, ''),
    operationId: endpoint.name,
    summary,
    ...(description ? { description } : {}),
    tags: [tag],
    ...(request ? { request } : {}),
    security: security ? [{ [security]: [] }] : [],
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description, schema, headers }]) => [
          status,
          {
            description,
            ...(headers ? { headers } : {}),
            ...(schema ? { content: { 'application/json': { schema } } } : {}),
          },
        ]),
      ),
      ...Object.fromEntries(
        [...statuses].sort().map((status) => [
          status,
          {
            description: problemReasons[status] ?? 'Refused',
            content: { 'application/problem+json': { schema: ProblemAnswer } },
          },
        ]),
      ),
    },
  });
  for (const route of [path, ...aliases]) {
    // The router is not strict about a slash at the end, but takes it off the request only.
    const pattern = route.replaceAll(/\{(\w+)\}/g, ':$1').replace(/\/$/, '');
    if (caller) app.on(method.toUpperCase(), pattern, caller, handler);
    else app.on(method.toUpperCase(), pattern, handler);
  }
}

const description = `People, posts with media, mentions and hashtags.

Every path works with and without a slash at its end. Errors are \`application/problem+json\` (RFC 9457): branch on
their \`code\`. Times are ISO 8601, ids are UUIDs, and lists come newest first, with the next page in the \`Link\` header.`;

// `identifier` is new in 3.1, and the types know only 3.0.
const license = { name: 'All rights reserved', identifier: 'LicenseRef-All-Rights-Reserved' };

/** Makes the document of everything that was added to the application. */
function openApiDocument(app: App): ReturnType<App['getOpenAPI31Document']> {
  app.openAPIRegistry.registerComponent('securitySchemes', securityScheme, {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The token from `POST /auth/token/`. `Authorization: Token …` is accepted as well.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', secretScheme, {
    type: 'apiKey',
    in: 'header',
    name: 'apikey',
    description: 'The secret key of the project: for servers only.',
  });
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Noctra', version: '1.0.0', description, license },
    servers: [{ url: functionPath }],
    tags: [...tags],
  });
}

/** Serves the document. It is made on the first request: most processes are never asked for it. */
export function addDocument(app: App): void {
  let document: ReturnType<typeof openApiDocument> | null = null;
  app.get('/openapi.json', (c) => {
    document ??= openApiDocument(app);
    return c.json(document);
  });
}
