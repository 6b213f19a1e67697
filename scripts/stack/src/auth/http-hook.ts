import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { boundedBytes } from '../bounded-bytes.ts';
import { StackError } from '../errors.ts';
import { report } from '../service-log.ts';
import { AuthError, unexpected } from './auth-error.ts';

// Numbers and answers of Supabase Auth: internal/hooks/hookshttp of github.com/supabase/auth.
const usualTimes = { timeoutMs: 5_000, pauseMs: 2_000 };
const mostTries = 3;
const mostBytes = 200 * 1024;

/** Names under which a hook on this machine may be called without TLS; the last one is a container's name for it. */
const localNames = new Set(['localhost', '127.0.0.1', '[::1]', 'host.docker.internal']);

/**
 * A hook that is a server: each event is posted to it, signed as https://www.standardwebhooks.com has it. An event that
 * does not arrive is sent again, until the time is over. Returns the JSON of the answer, or undefined where it has none.
 */
export function createHttpHook(
  name: string,
  uri: string,
  secrets: string,
  { timeoutMs, pauseMs } = usualTimes,
): (event: object) => Promise<unknown> {
  const url = new URL(uri);
  if (url.protocol === 'http:' && !localNames.has(url.hostname)) {
    throw new StackError(
      `The hook ${name} would send unencrypted events to ${url.hostname}.`,
      'Give it an https address in supabase/config.toml.',
    );
  }
  if (url.hostname === 'host.docker.internal') url.hostname = '127.0.0.1';
  const signers = secrets.split('|').map((secret) => {
    if (/^v1,whsec_[A-Za-z0-9+/=]{32,88}$/.test(secret)) return new Webhook(secret.slice('v1,'.length));
    throw new StackError(
      `The hook ${name} has no secret that signs its events.`,
      'Write secrets = "v1,whsec_<base64, 32 to 88 characters>" in supabase/config.toml.',
    );
  });

  function post(body: string, signal: AbortSignal): Promise<Response> {
    const id = randomUUID();
    const now = new Date();
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signers.map((signer) => signer.sign(id, now, body)).join(', '),
    };
    return fetch(url, { method: 'POST', headers, body, signal });
  }

  async function deliver(body: string, signal: AbortSignal): Promise<Response> {
    for (let tries = 1; tries <= mostTries; tries++) {
      try {
        const response = await post(body, signal);
        if (![429, 503].includes(response.status) || !response.headers.has('retry-after')) return response;
        await response.body?.cancel();
      } catch (error) {
        if (tries === mostTries) throw error;
        await delay(pauseMs, undefined, { signal });
      }
    }
    throw unexpected('Service currently unavailable due to hook');
  }

  return async (event) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await readAnswer(await deliver(JSON.stringify(event), signal));
    } catch (error) {
      report('auth', `The hook ${name} failed:`, error);
      if (error instanceof AuthError) throw error;
      const [code, message] = signal.aborted
        ? [
            'hook_timeout',
            `Failed to reach hook within maximum time of ${(timeoutMs / 1000).toFixed(6)} seconds`,
          ]
        : ['hook_timeout_after_retry', 'Failed to reach hook after maximum retries'];
      throw new AuthError(422, code, message);
    }
  };
}

const refusals: Record<number, string> = {
  400: 'Invalid payload sent to hook',
  401: 'Hook requires authorization token',
  429: 'Service currently unavailable due to hook',
  503: 'Service currently unavailable due to hook',
};

async function readAnswer({ status, headers, body }: Response): Promise<unknown> {
  if (status === 204) return undefined;
  if (status !== 200 && status !== 202) {
    await body?.cancel();
    throw unexpected(refusals[status] ?? `Unexpected status code returned from hook: ${status}`);
  }
  const type = headers.get('content-type');
  if (type?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    await body?.cancel();
    const why = type
      ? `Invalid JSON response. Received content-type: ${type}`
      : 'Invalid Content-Type: Missing Content-Type header';
    throw new AuthError(400, 'hook_payload_invalid_content_type', why);
  }
  const bytes = await boundedBytes(body, mostBytes);
  if (!bytes) {
    const message = `Payload size exceeded size limit of ${mostBytes} bytes`;
    throw new AuthError(422, 'hook_payload_over_size_limit', message);
  }
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw unexpected('Error unmarshaling JSON output.', error);
  }
}
