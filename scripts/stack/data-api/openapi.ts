import type { Context } from './context.ts';
import type { ApiRequest } from './request.ts';

/** Serves `/`: what the Data API has, as a Swagger 2.0 document. */
export async function serveRoot(_context: Context, _request: ApiRequest): Promise<Response> {
  return new Response('{}');
}
