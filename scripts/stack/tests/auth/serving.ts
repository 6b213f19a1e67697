import fs from 'node:fs';
import path from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll } from 'vitest';
import type { Mail } from '../../src/mailbox.ts';
import { addressesOf, copyProject, removeProjects, run } from '../running.ts';

/** A password that all rules in these tests accept. */
export const password = 'Correct-horse-8-battery';

/** A new address. */
export const newEmail = () => `auth-${crypto.randomUUID()}@example.com`;

/** A stack that serves the small project with settings of its own. */
export interface Served {
  url: string;
  publishableKey: string;
  secretKey: string;
  mailboxUrl: string;
  project: string;
  database: Sql;
  /** A client without a session. Clients of the PKCE flow keep their verifiers until the code is exchanged. */
  client(flow?: 'implicit' | 'pkce'): SupabaseClient;
  admin: SupabaseClient['auth']['admin'];
  /** The mails to an address, in the order they were sent. */
  mailsTo(email: string): Promise<Mail[]>;
  /** Sends a request that supabase-js would not send. */
  send(
    method: string,
    path: string,
    body?: BodyInit | null,
    headers?: Record<string, string>,
  ): Promise<Answer>;
}

/** An answer with its body, JSON or not. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** Serves the project for the tests around, with `config` at the end of its config.toml and more files in `supabase/`. */
export function serve(config: string, files: Record<string, string> = {}): Served {
  const served = {} as Served;

  beforeAll(async () => {
    const project = copyProject();
    fs.appendFileSync(path.join(project, 'supabase/config.toml'), `\n${config}\n`);
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(project, 'supabase', name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
    }
    served.project = project;
    await run(project, 'start', '--port', '0').ready;
    const status = addressesOf(project);
    const { url, publishableKey, secretKey, mailboxUrl } = status;
    const auth = { persistSession: false, autoRefreshToken: false };
    Object.assign(served, {
      url,
      publishableKey,
      secretKey,
      mailboxUrl,
      database: postgres(status.databaseUrl, { max: 1, onnotice: () => {} }),
      client: (flow = 'implicit') => {
        const kept = new Map<string, string>();
        const storage = {
          getItem: (key: string) => kept.get(key) ?? null,
          setItem: (key: string, value: string) => void kept.set(key, value),
          removeItem: (key: string) => void kept.delete(key),
        };
        return createClient(url, publishableKey, {
          auth: flow === 'pkce' ? { ...auth, flowType: 'pkce', persistSession: true, storage } : auth,
        });
      },
      admin: createClient(url, secretKey, { auth }).auth.admin,
      async mailsTo(email: string) {
        const mails = (await (await fetch(`${mailboxUrl}/messages.json`)).json()) as Mail[];
        return mails.filter(({ to }) => to === email).toReversed();
      },
      async send(method, path, body = null, headers = {}) {
        const response = await fetch(`${url}/auth/v1${path}`, {
          method,
          redirect: 'manual',
          headers: { apikey: publishableKey, 'content-type': 'application/json', ...headers },
          body,
        });
        const text = await response.text();
        const isJson = response.headers.get('content-type')?.includes('json');
        return {
          status: response.status,
          headers: response.headers,
          body: isJson && text ? JSON.parse(text) : {},
        };
      },
    } satisfies Omit<Served, 'project'>);
  });

  afterAll(async () => {
    await served.database?.end();
    await removeProjects([served.project]);
  });

  return served;
}

/** Templates with a code for these kinds of mail, which the default ones lack, to serve with `codeFile`. */
export const codeTemplates = (...kinds: string[]) =>
  kinds
    .map((kind) => `[auth.email.template.${kind}]\ncontent_path = "./supabase/templates/code.html"\n`)
    .join('\n');
export const codeFile = {
  'templates/code.html': '<a href="{{ .ConfirmationURL }}">Continue</a> or enter {{ .Token }}',
};

/** The link in a mail. */
export function linkIn({ link, text }: Mail): string {
  if (!link) throw new Error(`no link in: ${text}`);
  return link;
}

/** The code in a mail. */
export function codeIn({ code, text }: Mail): string {
  if (!code) throw new Error(`no code in: ${text}`);
  return code;
}

/** Limits that no test reaches by chance. */
export const wideLimits = `
[auth.rate_limit]
sign_in_sign_ups = 100000
token_verifications = 100000
token_refresh = 100000
anonymous_users = 100000
`;

/** The address that a link leads to, with its query and fragment. */
export async function follow(link: string) {
  const response = await fetch(link, { redirect: 'manual' });
  const location = response.headers.get('location') ?? '';
  const url = new URL(location);
  return {
    status: response.status,
    location,
    page: `${url.protocol}//${url.host}${url.pathname}`,
    query: url.searchParams,
    fragment: new URLSearchParams(url.hash.slice(1)),
  };
}

/** The last mail of a list. */
export function newest(mails: Mail[]): Mail {
  const mail = mails.at(-1);
  if (!mail) throw new Error('no mail was sent');
  return mail;
}
