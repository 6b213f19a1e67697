import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { StackError } from '../errors.ts';
import type { Project } from '../project.ts';
import { report } from '../service-log.ts';
import { AuthError, unexpected } from './auth-error.ts';
import { type Body, isRecord } from './body.ts';
import { createHttpHook } from './http-hook.ts';
import type { Db, NewUser } from './user-rows.ts';

type HookConfigs = Project['config']['auth']['hook'];

/**
 * The functions and servers of a project that Auth calls, by `[auth.hook.*]` in config.toml. The hooks that send mails and
 * SMS and the hook of MFA are not called.
 */
export interface Hooks {
  /**
   * Asks whether a user may be created, and throws the refusal that goes to the client. Asked for sign-ups, magic
   * links, invitations and links for new users, and not for users whom an admin creates.
   */
  beforeUserCreated(user: NewUser, address: string | null): Promise<void>;
  /** The claims of an access token as the project wants them; `method` says how the session began, or `token_refresh`. */
  customAccessToken(db: Db, userId: string, claims: Body, method: string): Promise<Body>;
  /** Reports an attempt with a password. Throws when the hook rejects it, even for the right password. */
  passwordVerification(
    userId: string,
    valid: boolean,
    address: string | null,
    signOut: () => Promise<void>,
  ): Promise<void>;
}

/** Supabase's time limit for a hook in the database. */
const timeout = '2s';

/** Go's zero time: a row that is not inserted yet has no times. */
const never = '0001-01-01T00:00:00Z';

/** Reads the enabled hooks. A hook that cannot be called here is a StackError. */
export function createHooks(configs: HookConfigs, database: Sql): Hooks {
  const beforeUserCreated = createHook(configs, 'before_user_created', database);
  const customAccessToken = createHook(configs, 'custom_access_token', database);
  const passwordVerification = createHook(configs, 'password_verification_attempt', database);

  return {
    async beforeUserCreated(user, address) {
      if (!beforeUserCreated) return;
      const event = {
        metadata: metadata('before-user-created', address),
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
      await beforeUserCreated(event);
    },
    async customAccessToken(db, userId, claims, method) {
      if (!customAccessToken) return claims;
      const event = {
        metadata: metadata('customize-access-token', null),
        user_id: userId,
        claims,
        authentication_method: method,
      };
      const answer = await customAccessToken(event, db);
      if (!isRecord(answer.claims)) throw unexpected('output claims field is missing');
      checkClaims(answer.claims);
      return answer.claims;
    },
    async passwordVerification(userId, valid, address, signOut) {
      if (!passwordVerification) return;
      const event = { metadata: metadata('password-verification', address), user_id: userId, valid };
      const answer = await passwordVerification(event);
      if (answer.decision !== 'reject') return;
      if (answer.should_logout_user === true) await signOut();
      const message = answer.message || 'Further password verification attempts will be rejected.';
      throw new AuthError(400, 'invalid_credentials', String(message));
    },
  };
}

/** Calls a hook with an event, in a transaction where there is one. Answers its result, or throws the refusal in it. */
type Hook = (event: object, db?: Db) => Promise<Body>;

function createHook(configs: HookConfigs, name: keyof HookConfigs, database: Sql): Hook | null {
  const { enabled, uri = '', secrets = '' } = configs[name];
  if (!enabled) return null;
  const call = /^https?:\/\//i.test(uri)
    ? createHttpHook(name, uri, secrets)
    : createDatabaseHook(name, uri, database);
  return async (event, db) => {
    const answer = await call(event, db);
    if (!isRecord(answer)) return {};
    throwRefusal(answer.error);
    return answer;
  };
}

function createDatabaseHook(
  name: string,
  uri: string,
  database: Sql,
): (event: object, db?: Db) => Promise<unknown> {
  const [, schema, called] = /^pg-functions:\/\/postgres\/(\w+)\/(\w+)$/.exec(uri) ?? [];
  if (!schema || !called) {
    throw new StackError(
      `The hook ${name} names "${uri}", which this stack cannot call.`,
      'Name a database function in supabase/config.toml, pg-functions://postgres/<schema>/<function>, or an https address.',
    );
  }
  const call = async (db: Db, event: object): Promise<unknown> => {
    await db`select set_config('statement_timeout', ${timeout}, true)`;
    const [row] =
      await db`select ${db(schema)}.${db(called)}(${JSON.stringify(event)}::text::jsonb) as answer`;
    await db`select set_config('statement_timeout', '0', true)`;
    return row?.answer;
  };
  return async (event, db) => {
    try {
      return await (db ? call(db, event) : database.begin((own) => call(own, event)));
    } catch (error) {
      report('auth', `The hook ${uri} failed:`, error);
      throw unexpected(`Error running hook URI: ${uri}`, error);
    }
  };
}

/** `{"error": {"http_code": …, "message": …}}` is a refusal; without a message, Supabase Auth ignores it. */
function throwRefusal(refusal: unknown): void {
  if (!isRecord(refusal) || typeof refusal.message !== 'string' || refusal.message === '') return;
  const status = Number(refusal.http_code);
  const known = Number.isInteger(status) && status >= 400 && status < 600 ? status : 500;
  throw new AuthError(known, known === 500 ? 'unexpected_failure' : 'unknown', refusal.message);
}

/** The claims that every access token must have, and their types. */
const requiredClaims = {
  aud: ['string', 'array'],
  exp: ['number'],
  iat: ['number'],
  sub: ['string'],
  email: ['string'],
  phone: ['string'],
  role: ['string'],
  aal: ['string'],
  session_id: ['string'],
  is_anonymous: ['boolean'],
};

function checkClaims(claims: Body): void {
  const problems: string[] = [];
  for (const [name, types] of Object.entries(requiredClaims)) {
    const value = claims[name];
    if (value === undefined || value === null) problems.push(`- (root): ${name} is required\n`);
    else if (!types.includes(Array.isArray(value) ? 'array' : typeof value))
      problems.push(`- ${name}: Invalid type. Expected: ${types.join('/')}\n`);
  }
  if (problems.length > 0)
    throw unexpected(`output claims do not conform to the expected schema: \n${problems.join('')}`);
}

function metadata(name: string, address: string | null) {
  return { uuid: randomUUID(), time: new Date().toISOString(), name, ip_address: address ?? '' };
}
