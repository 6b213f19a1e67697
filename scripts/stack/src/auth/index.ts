import type { Caller } from '../caller.ts';
import { StackError } from '../errors.ts';
import type { Keys } from '../keys.ts';
import type { Mail } from '../mailbox.ts';
import { openPool } from '../postgres/pool.ts';
import type { Project } from '../project.ts';
import { report } from '../service-log.ts';
import { authorize, callback, health, jwks, openIdConfiguration, settings } from './about.ts';
import { createUser, deleteUser, listUsers, readUserById, updateUserById } from './admin.ts';
import { generateLink, inviteUser } from './admin-links.ts';
import { AuthError, errorResponse, invalid, unavailable, unexpected } from './auth-error.ts';
import {
  enrollFactor,
  findFactor,
  findFactorOfUser,
  linkIdentity,
  listFactors,
  singleSignOn,
  unlinkIdentity,
} from './disabled.ts';
import { parseDuration } from './durations.ts';
import type { Context, Endpoint } from './endpoint.ts';
import { createHooks } from './hooks.ts';
import { clientAddress, createLimits } from './limits.ts';
import { createMails } from './mails.ts';
import { createPasswords } from './passwords.ts';
import { reauthenticate, recover, resend } from './recovery.ts';
import { createRedirects } from './redirects.ts';
import { createSessions } from './sessions.ts';
import { giveToken } from './sign-in.ts';
import { sendMagicLink, sendOtp, signUp } from './sign-up.ts';
import { readTemplates } from './templates.ts';
import { changeUser, readUser, signOut } from './user.ts';
import { followLink, verifyCode } from './verify.ts';

/** What Auth needs. */
export interface AuthOptions {
  /** The database, as the role `supabase_auth_admin`, which owns the tables of schema auth and nothing else. */
  url: string;
  /** The gateway's origin: the issuer of tokens, and the host of links in mails. */
  origin: string;
  keys: Keys;
  config: Project['config']['auth'];
  /** The project's folder: templates of mails are named relative to it. */
  root: string;
  send(mail: Mail): void;
}

/** Auth (`/auth/v1`). */
export interface Auth {
  /** Answers a request; `address` is the client's IP address. */
  fetch(request: Request, caller: Caller, address: string | null): Promise<Response>;
  /** Endpoints that need no key: the public keys and the links in mails. */
  isPublic(path: string): boolean;
  close(): Promise<void>;
}

const prefix = '/auth/v1';
const publicPaths = new Set([
  '/verify',
  '/callback',
  '/authorize',
  '/.well-known/jwks.json',
  '/.well-known/openid-configuration',
]);

/** Starts Auth: a service over the schema auth that answers as Supabase Auth does, by the project's config.toml. */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { config, keys, origin } = options;
  const database = openPool(options.url, 8);
  const passwords = createPasswords(config);
  const close = async () => {
    await Promise.all([passwords.close(), database.end({ timeout: 5 })]);
  };
  try {
    const url = `${origin}${prefix}`;
    const hooks = createHooks(config.hook, database);
    const limits = createLimits(config, mailFrequency(config.email.max_frequency));
    const mailSettings = {
      url,
      codeLength: config.email.otp_length,
      doubleConfirmChanges: config.email.double_confirm_changes,
      limits,
      templates: readTemplates(config.email, config.site_url, options.root),
      notices: new Set(
        Object.entries(config.email.notification).flatMap(([name, { enabled }]) => (enabled ? [name] : [])),
      ),
    };
    const context: Omit<Context, 'mails'> = {
      config,
      database,
      url,
      hooks,
      limits,
      passwords,
      redirects: createRedirects(config.site_url, config.additional_redirect_urls),
      sessions: createSessions({ database, keys, config, hooks, issuer: config.jwt_issuer ?? url }),
    };
    const routes = routesOf(keys);

    return {
      isPublic: (path) => publicPaths.has(path.slice(prefix.length)),
      close,
      async fetch(request, caller, address) {
        try {
          const url = new URL(request.url);
          const found = findEndpoint(routes, request);
          if (found instanceof Response) return found;
          if (url.searchParams.toString().includes('%00')) throw invalid('Text must not contain U+0000');
          const call = {
            request,
            url,
            caller,
            address: clientAddress(request, address, keys),
          };
          const written: Mail[] = [];
          const mails = createMails({ ...mailSettings, send: (mail) => void written.push(mail) });
          const answer = await found({ ...context, mails }, call);
          // Only now are the transactions that store the codes committed.
          for (const mail of written) options.send(mail);
          return answer;
        } catch (error) {
          const away = unavailable(error);
          if (away) return errorResponse(away, request);
          if (error instanceof AuthError) return errorResponse(error, request);
          report('auth', `${request.method} ${new URL(request.url).pathname}:`, error);
          return errorResponse(
            unexpected('Unexpected failure, please check server logs for more information'),
            request,
          );
        }
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Routes = Record<string, Record<string, Endpoint>>;

function routesOf(keys: Keys): Routes {
  return {
    '/signup': { POST: signUp },
    '/token': { POST: giveToken },
    '/otp': { POST: sendOtp },
    '/magiclink': { POST: sendMagicLink },
    '/recover': { POST: recover },
    '/resend': { POST: resend },
    '/verify': { POST: verifyCode, GET: followLink },
    '/reauthenticate': { GET: reauthenticate },
    '/user': { GET: readUser, PUT: changeUser },
    '/user/identities/authorize': { GET: linkIdentity },
    '/user/identities/*': { DELETE: unlinkIdentity },
    '/factors': { POST: enrollFactor },
    '/factors/*': { DELETE: findFactor },
    '/factors/*/verify': { POST: findFactor },
    '/factors/*/challenge': { POST: findFactor },
    '/sso': { POST: singleSignOn },
    '/logout': { POST: signOut },
    '/invite': { POST: inviteUser },
    '/admin/generate_link': { POST: generateLink },
    '/admin/users': { GET: listUsers, POST: createUser },
    '/admin/users/*': { GET: readUserById, PUT: updateUserById, DELETE: deleteUser },
    '/admin/users/*/factors': { GET: listFactors },
    '/admin/users/*/factors/*': { DELETE: findFactorOfUser, PUT: findFactorOfUser },
    '/health': { GET: health },
    '/settings': { GET: settings },
    '/authorize': { GET: authorize },
    '/callback': { GET: callback, POST: callback },
    '/.well-known/jwks.json': { GET: jwks(keys) },
    '/.well-known/openid-configuration': { GET: openIdConfiguration },
  };
}

/** The endpoint of a request, or the answer of Supabase Auth's router to an unknown one. */
function findEndpoint(routes: Routes, request: Request): Endpoint | Response {
  const path = new URL(request.url).pathname.slice(prefix.length).replace(/(?<=.)\/$/, '');
  const pattern = path
    .replace(/^(\/admin\/users\/|\/user\/identities\/|\/factors\/)[^/]+/, '$1*')
    .replace(/^(\/admin\/users\/\*\/factors\/)[^/]+$/, '$1*');
  const known = [path, pattern].find((name) => Object.hasOwn(routes, name));
  const methods = known && routes[known];
  if (!methods) return new Response('404 page not found\n', { status: 404 });
  const endpoint = methods[request.method];
  return endpoint ?? new Response(null, { status: 405, headers: { allow: Object.keys(methods).join(', ') } });
}

function mailFrequency(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== null) return milliseconds;
  throw new StackError(
    `max_frequency = "${text}" is not a duration.`,
    'Write it like 1s or 1m in supabase/config.toml, under [auth.email].',
  );
}
