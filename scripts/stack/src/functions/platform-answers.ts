import type { ServerResponse } from 'node:http';

/** An answer that comes from the platform and not from a function: its status and the JSON of its body. */
export interface Answer {
  status: number;
  body: { code: string; message: string; msg?: string };
  headers?: Record<string, string>;
}

/**
 * The platform's answers when a function cannot answer. Statuses and codes: Supabase, Edge Functions, Status codes;
 * messages: the CLI's `functions serve`.
 */
export const answers = {
  notFound: { status: 404, body: { code: 'NOT_FOUND', message: 'Requested function was not found' } },
  bootError: {
    status: 503,
    body: { code: 'BOOT_ERROR', message: 'Worker failed to boot (please check logs)' },
    headers: { 'retry-after': '5' },
  },
  restarting: {
    status: 503,
    body: { code: 'SERVICE_UNAVAILABLE', message: 'The function is being restarted' },
    headers: { 'retry-after': '1' },
  },
  workerError: {
    status: 500,
    body: { code: 'WORKER_ERROR', message: 'Function exited due to an error (please check logs)' },
  },
  badResponse: {
    status: 502,
    body: { code: 'BAD_GATEWAY', message: 'The function closed the connection without a valid response' },
  },
  workerLimit: {
    status: 546,
    body: {
      code: 'WORKER_LIMIT',
      message: 'Worker failed to respond due to a resource limit (please check logs)',
    },
  },
} as const satisfies Record<string, Answer>;

/** The answer to a request that waited longer than `limitMs` for the beginning of an answer. */
export function idleTimeout(limitMs: number): Answer {
  const message = `Request idle timeout limit (${limitMs / 1000}s) reached`;
  return { status: 504, body: { code: 'IDLE_TIMEOUT', message } };
}

/** Why a token is refused, by the codes of the CLI's `functions serve`. */
export function unauthorized(code: string, message: string): Answer {
  return {
    status: 401,
    body: { code, message, msg: message },
    headers: { 'sb-error-code': code, 'access-control-expose-headers': 'sb-error-code' },
  };
}

/** Sends an answer of the platform, if nothing has been sent yet; cuts the connection if an answer had begun. */
export function send(outgoing: ServerResponse, answer: Answer): void {
  if (outgoing.headersSent) {
    outgoing.destroy();
    return;
  }
  const body = JSON.stringify(answer.body);
  outgoing.writeHead(answer.status, {
    // Browsers show a page the reason only if it may read it.
    'access-control-allow-origin': '*',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...answer.headers,
  });
  outgoing.end(body);
}
