import { tokenRefusal } from './auth/auth-error.ts';
import type { Auth } from './auth/index.ts';
import type { Caller, Identified, Identify } from './caller.ts';
import type { DataApi } from './data-api/index.ts';
import { isDatabaseAway } from './errors.ts';
import type { Realtime } from './realtime/index.ts';
import { instancePath } from './run.ts';
import { report } from './service-log.ts';
import type { createStorage } from './storage/index.ts';

/** The services behind the gateway. */
export interface GatewayOptions {
  /** Identifies this run of the stack among all programs that may use the port. */
  instance: string;
  /** The `project_id` of config.toml: another project that wants the same port says whose it is. */
  project: string;
  identify: Identify;
  auth: Auth;
  dataApi: DataApi;
  storage: ReturnType<typeof createStorage>;
  /** Missing where config.toml turns it off. */
  realtime?: Realtime | undefined;
}

/** Serves one request; `address` is the client's IP address. */
export type Gateway = (request: Request, address: string | null) => Promise<Response>;

/** Browsers may call Auth, Storage, Realtime and the Data API from any origin, as on the platform. */
const cors = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'content-encoding, content-location, content-range, content-type, date, location, preference-applied, server, transfer-encoding, x-total-count, link, x-sb-error-code, x-supabase-api-version',
};

/** Finds the caller of each request and passes it to the service that its path names. */
export function createGateway({
  instance,
  project,
  identify,
  auth,
  dataApi,
  storage,
  realtime,
}: GatewayOptions): Gateway {
  const served = new Set(['auth/v1', 'rest/v1', 'storage/v1', ...(realtime ? ['realtime/v1'] : [])]);
  return async (request, address) => {
    try {
      const { pathname } = new URL(request.url);
      if (pathname === instancePath) return Response.json({ instance, project });
      const service = pathname.split('/').slice(1, 3).join('/');
      if (!served.has(service)) return notFound();
      // TUS clients ask with OPTIONS what Storage can do; browsers, whether they may.
      const asksStorage =
        pathname.startsWith('/storage/v1/upload/resumable') &&
        !request.headers.has('access-control-request-method');
      if (request.method === 'OPTIONS' && !asksStorage) return preflight(request);
      return withCors(await callService(service, request, pathname, address));
    } catch (error) {
      if (isDatabaseAway(error))
        return withCors(Response.json({ message: 'Service unavailable' }, { status: 503 }));
      report('gateway', `${request.method} ${new URL(request.url).pathname}:`, error);
      return withCors(Response.json({ message: 'An unexpected error occurred' }, { status: 500 }));
    }
  };

  async function callService(
    service: string,
    request: Request,
    pathname: string,
    address: string | null,
  ): Promise<Response> {
    const { caller, reason } = await identify(request, { tokenAlone: service === 'storage/v1' });
    if (realtime && service === 'realtime/v1') return realtime.fetch(request, caller);
    if (service === 'storage/v1') {
      if (reason === 'bad_token' || reason === 'expired_token') return badStorageToken(reason);
      return storage.fetch(request, caller);
    }
    if (service === 'auth/v1' && !caller && auth.isPublic(pathname))
      return auth.fetch(request, nobody, address);
    if (!caller) return service === 'auth/v1' ? refuseAuth(reason, request) : refuseData(reason);
    return service === 'auth/v1' ? auth.fetch(request, caller, address) : dataApi.fetch(request, caller);
  }
}

const nobody: Caller = { role: 'anon', claims: { role: 'anon' } };

/** Kong's answer to a path that no service has. */
function notFound(): Response {
  return withCors(Response.json({ message: 'no Route matched with those values' }, { status: 404 }));
}

function preflight(request: Request): Response {
  return new Response(null, {
    status: 200,
    headers: {
      ...cors,
      'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT',
      'access-control-allow-headers': request.headers.get('access-control-request-headers') ?? '*',
      'access-control-max-age': '3600',
    },
  });
}

/** Sets the headers in place: a copy would turn the body into a stream. */
function withCors(response: Response): Response {
  const { headers } = response;
  if (response.status === 503 && !headers.has('retry-after')) headers.set('retry-after', '1');
  // The TUS server sets its own list of exposed headers.
  const saysItself = headers.has('tus-resumable');
  for (const [name, value] of Object.entries(cors)) {
    if (!saysItself || !headers.has(name)) headers.set(name, value);
  }
  return response;
}

/** A key that is missing or wrong is refused before any service, in the gateway's own form. */
function refuseKey(reason: 'no_key' | 'bad_key'): Response {
  const body =
    reason === 'no_key'
      ? { message: 'No API key found in request', hint: 'No `apikey` request header or url param was found.' }
      : { message: 'Invalid API key', hint: 'Double check your Supabase `anon` or `service_role` API key.' };
  return Response.json(body, { status: 401 });
}

/** PostgREST's codes: PGRST303 for invalid claims of a token, PGRST301 for an invalid token. */
function refuseData(reason: NonNullable<Identified['reason']>): Response {
  if (reason === 'no_key' || reason === 'bad_key') return refuseKey(reason);
  const [code, message] =
    reason === 'expired_token'
      ? ['PGRST303', 'JWT expired']
      : ['PGRST301', 'No suitable key or wrong key type'];
  return Response.json(
    { code, message, details: null, hint: null },
    {
      status: 401,
      headers: { 'www-authenticate': `Bearer error="invalid_token", error_description="${message}"` },
    },
  );
}

function refuseAuth(reason: NonNullable<Identified['reason']>, request: Request): Response {
  return reason === 'no_key' || reason === 'bad_key' ? refuseKey(reason) : tokenRefusal(reason, request);
}

function badStorageToken(reason: 'bad_token' | 'expired_token'): Response {
  const message =
    reason === 'expired_token' ? '"exp" claim timestamp check failed' : 'signature verification failed';
  return Response.json(
    { statusCode: '403', error: 'Unauthorized', message, code: 'InvalidJWT' },
    { status: 400 },
  );
}
