import { contentSecurityPolicy, page } from '../docs/page.ts';
import { type App, openApiDocument } from '../http/openapi.ts';

/**
 * The description of everything that was added to the application, for programs and for people. Hosted Supabase serves
 * HTML of functions as plain text, except under a custom domain: there the page shows its source otherwise. The embedded
 * and the Docker stack serve it as it is.
 */
export function addDocsRoutes(app: App): void {
  // Made once, on the first request: most processes are never asked for it.
  let document: ReturnType<typeof openApiDocument> | null = null;
  app.get('/openapi.json', (c) => {
    document ??= openApiDocument(app);
    return c.json(document);
  });

  app.get('/docs', async (c) =>
    c.body(page, 200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': await contentSecurityPolicy(),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    }),
  );
}
