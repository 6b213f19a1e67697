import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { authError } from './errors.ts';

interface HookConfig {
  readonly enabled: boolean;
  readonly uri?: string | undefined;
}

/** Asks the hook about a sign-up: null lets it through, else the answer that goes to the client. */
export type Hook = (body: string, address: string | null) => Promise<Response | null>;

/**
 * The "Before User Created" hook of `config.toml`, a function in the database: Supabase Auth calls it with what is
 * known of the user to be, and refuses the sign-up with the error it returns. Lite has no hooks.
 */
export function createHook(config: HookConfig, database: Sql): Hook {
  const target = /^pg-functions:\/\/postgres\/(\w+)\/(\w+)$/.exec(config.enabled ? (config.uri ?? '') : '');
  const [, schema, name] = target ?? [];
  if (!schema || !name) return async () => null;

  return async (body, address) => {
    const input = parse(body);
    // What is no proper sign-up is refused by Auth itself, with its own words.
    if (typeof input?.email !== 'string') return null;
    const now = new Date().toISOString();
    const event = {
      metadata: { uuid: randomUUID(), time: now, name: 'before-user-created', ip_address: address ?? '' },
      user: {
        id: randomUUID(),
        aud: 'authenticated',
        role: '',
        email: input.email.toLowerCase(),
        phone: '',
        app_metadata: { provider: 'email', providers: ['email'] },
        user_metadata: isRecord(input.data) ? input.data : {},
        identities: [],
        created_at: now,
        updated_at: now,
        is_anonymous: false,
      },
    };
    let answer: unknown;
    try {
      const [row] =
        await database`select ${database(schema)}.${database(name)}(${JSON.stringify(event)}::text::jsonb) as answer`;
      answer = row?.answer;
    } catch (error) {
      console.error(`The hook ${schema}.${name} failed: ${error instanceof Error ? error.message : error}`);
      return authError(500, 'unexpected_failure', 'Error running hook URI');
    }
    const refusal = isRecord(answer) && isRecord(answer.error) ? answer.error : null;
    if (!refusal) return null;
    const status = Number(refusal.http_code) || 500;
    return Response.json(
      { code: status, error_code: 'unexpected_failure', msg: String(refusal.message ?? '') },
      { status },
    );
  };
}

function parse(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
