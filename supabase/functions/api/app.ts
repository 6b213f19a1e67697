import { OpenAPIHono } from '@hono/zod-openapi';
import { cors } from 'hono/cors';
import { addAuthRoutes } from './auth/auth-routes.ts';
import { addPasswordRoutes } from './auth/password-routes.ts';
import { addCommentRoutes } from './comments/comment-routes.ts';
import type { Config } from './config.ts';
import { finishBody } from './http/body.ts';
import { callerMiddleware } from './http/caller.ts';
import type { AppContext, AppEnv } from './http/context.ts';
import { type App, addDocument } from './http/openapi.ts';
import { internal, ProblemError, problem } from './http/problem.ts';
import { addMediaRoutes } from './media/media-routes.ts';
import { addNotificationRoutes } from './notifications/notification-routes.ts';
import { addPeopleRoutes } from './people/people-routes.ts';
import { addPostRoutes } from './posts/post-routes.ts';
import { addReactionRoutes } from './posts/reaction-routes.ts';
import { addDefaultPictures } from './profiles/default-pictures.ts';
import { addExportRoutes } from './profiles/export-routes.ts';
import { addProfileRoutes } from './profiles/profile-routes.ts';
import { addReportRoutes } from './reports/report-routes.ts';
import { addSearchRoutes } from './search/search-routes.ts';
import { addHealthRoute } from './service/health-routes.ts';
import { addSweepRoute } from './service/sweep-routes.ts';

/** The whole function: its endpoints, and the answer to every error. */
export function createApp(config: Config): App {
  const routes: App = new OpenAPIHono<AppEnv>();
  const requireCaller = callerMiddleware(config);
  addAuthRoutes(routes, config, requireCaller);
  addPasswordRoutes(routes, config, requireCaller);
  addPostRoutes(routes, config, requireCaller);
  addReactionRoutes(routes, config, requireCaller);
  addCommentRoutes(routes, config, requireCaller);
  addMediaRoutes(routes, config, requireCaller);
  addPeopleRoutes(routes, config, requireCaller);
  addExportRoutes(routes, config, requireCaller);
  addProfileRoutes(routes, config, requireCaller);
  addNotificationRoutes(routes, config, requireCaller);
  addSearchRoutes(routes, config, requireCaller);
  addReportRoutes(routes, config, requireCaller);
  addSweepRoute(routes, config);
  addHealthRoute(routes, config);
  addDefaultPictures(routes);
  addDocument(routes, config);

  const app: App = new OpenAPIHono<AppEnv>({ strict: false });
  app.use(async (c, next) => {
    await next();
    // Answers hold tokens, private posts and links that expire: no cache keeps them unless a route allows it.
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
    // A client reads the answer only after it has sent the whole body.
    await finishBody(c.req.raw);
  });
  app.use(
    cors({
      origin: '*',
      allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      exposeHeaders: ['Link', 'Location', 'Retry-After', 'WWW-Authenticate'],
      maxAge: 86_400,
    }),
  );
  // Supabase gives the function its own name as the first part of the path.
  app.route('/api', routes);
  app.notFound((c) => {
    const allowed = allowedMethods(app, c);
    return answerProblem(
      c,
      allowed.length > 0
        ? problem('method_not_allowed', `Use ${allowed.join(' or ')} here.`, {
            headers: { allow: allowed.join(', ') },
          })
        : problem('route_not_found', 'This path does not exist.'),
    );
  });
  app.onError((error, c) => answerProblem(c, error instanceof ProblemError ? error : internal(error)));
  return app;
}

function answerProblem(c: AppContext, { problem: body, headers, cause }: ProblemError): Response {
  if (body.status >= 500) console.error(`${c.req.method} ${c.req.path}: ${body.code}`, cause);
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
  });
}

/** The methods of a path, from the router. It lists middleware under ALL. */
function allowedMethods(app: App, c: AppContext): string[] {
  const path = app.getPath(c.req.raw);
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
  return methods.includes('GET') ? ['GET', 'HEAD', ...methods.slice(1)] : methods;
}
