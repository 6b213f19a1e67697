import type { OpenAPIHono, RouteConfig, z } from '@hono/zod-openapi';
import type { Config } from '../config.ts';
import type { AppEnv } from './context.ts';
import { ProblemAnswer } from './schemas.ts';
import { functionPath, publicOrigin } from './urls.ts';

/** The application and every group of routes. */
export type App = OpenAPIHono<AppEnv>;

/** The description of an endpoint in the OpenAPI document, without its request. */
export interface Description {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With a slash at the end, as older clients write it: `/posts/{id}/`. */
  path: string;
  /** The name of the operation in generated clients. */
  name: string;
  summary: string;
  description?: string;
  tag: Tag;
  requireCaller?: unknown;
  /** The security scheme where it takes no token. */
  security?: typeof secretScheme;
  /** The good answers by status. */
  answers: Record<number, { description: string; schema?: z.ZodType; headers?: z.ZodObject }>;
  /** The statuses of its problems, beside those that follow from its request. */
  problems?: readonly number[];
}

/** The schemas of a request. */
interface RequestSchemas {
  params: z.ZodObject | undefined;
  query: z.ZodObject;
  headers: z.ZodObject | undefined;
  json: z.ZodType | undefined;
  form: z.ZodType | undefined;
}

/** The security scheme of tokens, in the document. */
const securityScheme = 'bearer';

/** The security scheme of the secret key. */
export const secretScheme = 'secretKey';

/** The groups of endpoints. */
const tags = [
  { name: 'Sign-in', description: 'Registration, sessions and passwords.' },
  { name: 'Posts', description: 'Captions with files, tags and mentions.' },
  { name: 'Comments', description: 'Comments on posts, and replies to them.' },
  { name: 'People', description: 'Who follows, blocks and mutes whom.' },
  { name: 'Notifications', description: 'Likes, comments, follows and other events for the user.' },
  { name: 'Reports', description: 'Posts, comments and users for moderators to look at.' },
  { name: 'Profiles', description: 'Names, pictures and preferences of users.' },
  { name: 'Search', description: 'Search for users, posts and tags, suggestions and trends.' },
  { name: 'Service', description: 'For operators.' },
] as const;

/** The group of an endpoint. */
type Tag = (typeof tags)[number]['name'];

const problemReasons: Record<number, string> = {
  400: 'Malformed',
  401: 'No token, or it is not valid',
  403: 'Not allowed',
  404: 'Does not exist, or is not visible to you',
  409: 'Taken',
  413: 'Too large',
  415: 'Wrong type',
  422: 'Breaks a rule',
  429: 'Too many requests: see Retry-After',
  503: 'A part of the server does not answer: see Retry-After',
};

/** Adds an endpoint to the document. */
export function describe(app: App, endpoint: Description, request: RequestSchemas): void {
  const { method, path, name, summary, description, tag, requireCaller, answers } = endpoint;
  const security = requireCaller ? securityScheme : endpoint.security;
  app.openAPIRegistry.registerPath({
    method,
    // The document has each path once; the router does not mind a slash at its end.
    path: path.replace(/\/$/, ''),
    operationId: name,
    summary,
    ...(description ? { description } : {}),
    tags: [tag],
    request: describeRequest(request),
    security: security ? [{ [security]: [] }] : [],
    responses: { ...describeProblems(endpoint, request), ...describeAnswers(answers) },
  });
}

function describeRequest({
  params,
  query,
  headers,
  json,
  form,
}: RequestSchemas): NonNullable<RouteConfig['request']> {
  return {
    ...(params ? { params } : {}),
    ...(headers ? { headers } : {}),
    query,
    ...(json && form
      ? {
          body: {
            required: true,
            content: {
              'application/json': { schema: json },
              'application/x-www-form-urlencoded': { schema: form },
              'multipart/form-data': { schema: form },
            },
          },
        }
      : {}),
  };
}

function describeAnswers(answers: Description['answers']): RouteConfig['responses'] {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, headers }]) => [
      status,
      {
        description,
        ...(headers ? { headers } : {}),
        ...(schema ? { content: { 'application/json': { schema } } } : {}),
      },
    ]),
  );
}

function describeProblems(endpoint: Description, { json }: RequestSchemas): RouteConfig['responses'] {
  const statuses = new Set([
    // Every endpoint refuses unknown parameters and characters that cannot be stored.
    ...[400, 422, 503],
    ...(json ? [413, 415] : []),
    ...(endpoint.requireCaller ? [401] : []),
    ...(endpoint.problems ?? []),
  ]);
  return Object.fromEntries(
    [...statuses].sort().map((status) => [status, { $ref: `#/components/responses/${problemName(status)}` }]),
  );
}

/** The name of the description of all problems with a status. */
const problemName = (status: number) => `Problem${status}`;

const description = `Posts with media, tags and mentions; follows, a home feed, likes, comments, notifications and reports.

Every path works with and without a slash at its end. Errors are \`application/problem+json\` (RFC 9457): branch on
their \`code\`. Times are ISO 8601, ids are UUIDs. Lists come newest first unless they say otherwise, with the next page in
the \`Link\` header.`;

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
  app.openAPIRegistry.register('Problem', ProblemAnswer);
  for (const [status, description] of Object.entries(problemReasons)) {
    const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
    app.openAPIRegistry.registerComponent('responses', problemName(Number(status)), { description, content });
  }
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Noctra', version: '1.0.0', description, license },
    servers: [{ url: functionPath }],
    tags: [...tags],
  });
}

/** Serves the document, and at the root a list of its endpoints. */
export function addDocument(app: App, config: Config): void {
  // Made on the first request: most processes are never asked for it.
  let made: ReturnType<typeof openApiDocument> | null = null;
  const document = () => (made ??= openApiDocument(app));
  app.get('/openapi.json', (c) => c.json(document()));
  app.get('/', (c) => {
    const index = {
      name: document().info.title,
      document: `${publicOrigin(config, c.req.raw.headers)}${functionPath}/openapi.json`,
      endpoints: listEndpoints(document()),
    };
    // People read it: it is indented.
    return new Response(`${JSON.stringify(index, null, 2)}\n`, {
      headers: { 'content-type': 'application/json' },
    });
  });
}

/** Each endpoint of the document with its summary. */
function listEndpoints({ paths = {} }: ReturnType<typeof openApiDocument>) {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations as Record<string, { summary: string }>).map(([method, { summary }]) => ({
      endpoint: `${method.toUpperCase()} ${path}/`,
      summary,
    })),
  );
}
