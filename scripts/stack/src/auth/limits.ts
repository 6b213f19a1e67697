import { isIP } from 'node:net';
import type { Keys } from '../keys.ts';
import type { Project } from '../project.ts';
import { sameText } from '../same-text.ts';
import { AuthError } from './auth-error.ts';

type AuthConfig = Project['config']['auth'];

/** What is counted, by the names of `[auth.rate_limit]` in config.toml. */
export type Limited = 'sign_in_sign_ups' | 'token_refresh' | 'token_verifications' | 'anonymous_users';

/** The rate limits of config.toml. */
export interface Limits {
  /** Counts one request of a client to an endpoint; 429 `over_request_rate_limit` when it makes too many. */
  count(limited: Limited, endpoint: string, address: string | null): void;
  /** Counts a mail; 429 `over_email_send_rate_limit` when too many were sent. */
  countMail(): void;
  /** Requires time between two mails of one kind to one user, by `[auth.email] max_frequency`. */
  spaceMails(lastSent: Date | null): void;
}

const fiveMinutes = 5 * 60_000;
const oneHour = 60 * 60_000;

/** Makes the limits of one project. */
export function createLimits(config: AuthConfig, maxFrequency: number): Limits {
  const { rate_limit: rates } = config;
  const buckets: Record<Limited, Bucket> = {
    sign_in_sign_ups: createBucket(rates.sign_in_sign_ups, fiveMinutes),
    token_refresh: createBucket(rates.token_refresh, fiveMinutes),
    token_verifications: createBucket(rates.token_verifications, fiveMinutes),
    anonymous_users: createBucket(rates.anonymous_users, oneHour),
  };
  const mails = createBucket(rates.email_sent, oneHour);
  // config.toml says of email_sent: "Requires auth.email.smtp to be enabled".
  const countsMails = config.email.smtp?.enabled ?? false;

  return {
    count(limited, endpoint, address) {
      if (!buckets[limited](`${endpoint} ${address ?? ''}`))
        throw new AuthError(429, 'over_request_rate_limit', 'Request rate limit reached');
    },
    countMail() {
      if (countsMails && !mails(''))
        throw new AuthError(429, 'over_email_send_rate_limit', 'email rate limit exceeded');
    },
    spaceMails(lastSent) {
      const left = lastSent ? lastSent.getTime() + maxFrequency - Date.now() : 0;
      if (left <= 0) return;
      throw new AuthError(
        429,
        'over_email_send_rate_limit',
        `For security purposes, you can only request this after ${Math.ceil(left / 1000)} seconds.`,
      );
    },
  };
}

/**
 * The address that a request is counted for. A server that calls for many clients names the client's address in
 * `Sb-Forwarded-For`; as on Supabase, that needs a secret key.
 */
export function clientAddress(request: Request, address: string | null, keys: Keys): string | null {
  const forwarded = request.headers.get('sb-forwarded-for')?.trim() ?? '';
  const key = request.headers.get('apikey') ?? '';
  return isIP(forwarded) && sameText(key, keys.secretKey) ? forwarded : address;
}

/** Takes one for a key; false when none is left. */
type Bucket = (key: string) => boolean;

/** A token bucket: `most` at once, refilled evenly over the window. */
function createBucket(most: number, window: number): Bucket {
  const left = new Map<string, { amount: number; at: number }>();
  return (key) => {
    const now = Date.now();
    const known = left.get(key) ?? { amount: most, at: now };
    const amount = Math.min(most, known.amount + ((now - known.at) / window) * most);
    left.set(key, { amount: amount >= 1 ? amount - 1 : amount, at: now });
    return amount >= 1;
  };
}
