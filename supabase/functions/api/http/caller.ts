import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import { authProblem } from './auth-problem.ts';
import { anonymousClient, callerClient } from './clients.ts';
import type { AppEnv, Caller } from './context.ts';
import { problem } from './problem.ts';
import { uuid } from './schemas.ts';

/** The most callers that are remembered: a few kilobytes each. */
const MOST_KNOWN = 1000;

/**
 * Verifies the token of a request and makes the client that acts as its user. getClaims verifies against the project's
 * public keys, which auth-js keeps for ten minutes: Auth is not asked for each request, and projects that sign with a
 * shared secret work as well. A verified token is remembered until it expires: verifying costs more than the rest of a
 * small request.
 */
export function callerMiddleware(config: Config): MiddlewareHandler<AppEnv> {
  const { auth } = anonymousClient(config);
  const known = new Map<string, { caller: Caller; expiresAt: number }>();

  return async (c, next) => {
    const header = c.req.header('authorization');
    if (!header?.trim())
      throw problem('not_signed_in', 'Sign in first: send Authorization: Bearer and the token.');
    const token = /^(?:bearer|token)\s+([\w-]+\.[\w-]+\.[\w-]+)\s*$/i.exec(header)?.[1];
    if (!token) throw invalidToken();
    const earlier = known.get(token);
    if (earlier && earlier.expiresAt > Date.now()) {
      c.set('caller', earlier.caller);
      return next();
    }
    const { data, error } = await auth
      .getClaims(token, config.jwks ? { jwks: config.jwks } : {})
      // The token has the right form, but no JSON inside.
      .catch(() => ({ data: null, error: null }));
    if (error) {
      const answer = authProblem(error);
      throw answer.problem.status >= 500 && isUnreachable(error.name) ? answer : invalidToken();
    }
    const claims = data?.claims;
    if (claims?.role !== 'authenticated' || !uuid.safeParse(claims.sub).success) throw invalidToken();
    const caller = {
      id: claims.sub,
      token,
      client: callerClient(config, token),
    };
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(token, { caller, expiresAt: claims.exp * 1000 });
    c.set('caller', caller);
    await next();
  };
}

function invalidToken() {
  return problem('token_invalid', 'The token is not valid or has expired.');
}

/** Whether Auth did not answer, which says nothing about the token. */
function isUnreachable(errorName: string): boolean {
  return errorName === 'AuthRetryableFetchError';
}
