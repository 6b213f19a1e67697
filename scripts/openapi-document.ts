import { createApp } from '../supabase/functions/api/app.ts';

/** The OpenAPI document of the function, from its routes and schemas: nothing has to run. */
export async function openApiDocument(projectUrl = 'http://127.0.0.1:54321'): Promise<{
  servers: { url: string }[];
  [part: string]: unknown;
}> {
  const app = createApp({
    url: projectUrl,
    publicUrl: projectUrl,
    publishableKey: 'none',
    secretKey: 'none',
    jwks: undefined,
  });
  const response = await app.request('/api/openapi.json');
  const document = (await response.json()) as { servers: { url: string }[] };
  return { ...document, servers: document.servers.map(({ url }) => ({ url: projectUrl + url })) };
}
