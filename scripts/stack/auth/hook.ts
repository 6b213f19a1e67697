import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { StackError } from '../errors.ts';
import { isRecord } from './body.ts';
import { AuthError, unexpected } from './errors.ts';
import type { NewUser } from './users.ts';

interface HookConfig {
  readonly enabled: boolean;
  readonly uri?: string | undefined;
}

/** Asks the project whether a user may be created, and throws the refusal that goes to the client. */
export type BeforeUserCreated = (user: NewUser, address: string | null) => Promise<void>;

/** Supabase gives a function in the database this long. */
const timeout = '2s';

/** A row that is not inserted yet has no times; this is how Supabase Auth's language writes that. */
const never = '0001-01-01T00:00:00Z';

/**
 * The "Before User Created" hook of config.toml, a function in the database. Supabase Auth calls it for sign-ups,
 * magic links, invitations and links for new users, and not for users whom an admin creates: it gets
 * `{metadata, user}`, and refuses with `{"error": {"http_code": …, "message": …}}`.
 */
export function createHook(config: HookConfig, database: Sql): BeforeUserCreated {
  if (!config.enabled) return async () => {};
  const uri = config.uri ?? '';
  const [, schema, name] = /^pg-functions:\/\/postgres\/(\w+)\/(\w+)$/.exec(uri) ?? [];
  if (!schema || !name) {
    throw new StackError(
      `The hook before_user_created names "${uri}", which this stack cannot call.`,
      'Name a database function in supabase/config.toml: pg-functions://postgres/<schema>/<function>.',
    );
  }

  return async (user, address) => {
    const event = {
      metadata: {
        uuid: randomUUID(),
        time: new Date().toISOString(),
        name: 'before-user-created',
        ip_address: address ?? '',
      },
      user: {
        id: user.id,
        aud: user.aud,
        role: '',
        email: user.email ?? '',
        phone: '',
        app_metadata: user.app_metadata,
        user_metadata: user.user_metadata,
        identities: [],
        created_at: never,
        updated_at: never,
        is_anonymous: user.is_anonymous,
      },
    };
    const answer = await call(event);
    const refusal = isRecord(answer) && isRecord(answer.error) ? answer.error : null;
    // Without a message Supabase Auth takes it for no error.
    if (!refusal || typeof refusal.message !== 'string' || refusal.message === '') return;
    const status = Number(refusal.http_code);
    const known = Number.isInteger(status) && status >= 400 && status < 600 ? status : 500;
    throw new AuthError(known, known === 500 ? 'unexpected_failure' : 'unknown', refusal.message);
  };

  async function call(event: object): Promise<unknown> {
    try {
      return await database.begin(async (db) => {
        await db`select set_config('statement_timeout', ${timeout}, true)`;
        const [row] = await db`
          select ${db(schema ?? '')}.${db(name ?? '')}(${JSON.stringify(event)}::text::jsonb) as answer
        `;
        return row?.answer;
      });
    } catch (error) {
      console.error(`The hook ${uri} failed:`, error);
      throw unexpected(`Error running hook URI: ${uri}`);
    }
  }
}
