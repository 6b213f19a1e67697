import type { OpenAPIHono, RouteConfig, z } from '@hono/zod-openapi';
import type { Handler, MiddlewareHandler } from 'hono';
import type { AppEnv } from './context.ts';
import { ProblemAnswer } from './schemas.ts';

/** The application and every group of routes. */
export type App = OpenAPIHono<AppEnv>;

/** One endpoint: what the OpenAPI document says of it, and what answers it. */
export interface Endpoint {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** As the document writes it, with a slash at the end: `/posts/{id}/`. */
  path: string;
  /** Older paths that lead to the same; the document leaves them out. */
  aliases?: readonly string[];
  summary: string;
  tag: string;
  /** Asks for a token; absent where anyone may call. */
  caller?: MiddlewareHandler<AppEnv>;
  request?: RouteConfig['request'];
  /** The good answers by status. */
  answers: Record<number, { description: string; schema?: z.ZodType; headers?: z.ZodObject }>;
  /** The problems that it may answer with, by status. */
  problems: readonly number[];
  handler: Handler<AppEnv>;
}

/** Where tokens go, in the OpenAPI document. */
export const securityScheme = 'bearer';

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
  const { method, path, aliases = [], summary, tag, caller, request, answers, problems, handler } = endpoint;
  const statuses = new Set([...(caller ? [401] : []), ...problems]);
  app.openAPIRegistry.registerPath({
    method,
    path,
    summary,
    tags: [tag],
    ...(request ? { request } : {}),
    security: caller ? [{ [securityScheme]: [] }] : [],
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
