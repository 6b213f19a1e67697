import type { MiddlewareHandler } from 'hono';
import { anonymousClient, callerClient } from './clients.ts';
import type { Config } from './config.ts';
import type { AppEnv } from './context.ts';
import { isUuid } from './cursor.ts';
import { authProblem, problem } from './problem.ts';

/**
 * Lets a request through whose token is good, and makes the client that acts as its user. Tokens are verified here
 * with getClaims, against the project's public keys: no request to Auth for each of ours (auth-js keeps the keys for
 * ten minutes, for all clients of a process), and projects that still sign with a shared secret work as well.
 */
export function requireCaller(config: Config): MiddlewareHandler<AppEnv> {
  const { auth } = anonymousClient(config);

  return async (c, next) => {
    const header = c.req.header('authorization');
    if (!header?.trim())
      throw problem('not_signed_in', 'Sign in first: send Authorization: Bearer and the token.');
    const token = /^(?:bearer|token)\s+([\w-]+\.[\w-]+\.[\w-]+)\s*$/i.exec(header)?.[1];
    if (!token) throw invalidToken();
    const { data, error } = await auth
      .getClaims(token, config.jwks ? { jwks: config.jwks } : {})
      // A token of the right form with something else than JSON inside.
      .catch(() => ({ data: null, error: null }));
    if (error) {
      const answer = authProblem(error);
      throw answer.problem.status >= 500 && isUnreachable(error.name) ? answer : invalidToken();
    }
    const claims = data?.claims;
    if (claims?.role !== 'authenticated' || !isUuid(claims.sub)) throw invalidToken();
    c.set('caller', {
      id: claims.sub,
      email: claims.email || null,
      token,
      client: callerClient(config, token),
    });
    await next();
  };
}

function invalidToken() {
  return problem('token_invalid', 'The token is not valid or has expired.');
}

/** Auth did not answer: that says nothing about the token. */
function isUnreachable(errorName: string): boolean {
  return errorName === 'AuthRetryableFetchError';
}
