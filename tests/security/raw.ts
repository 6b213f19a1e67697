import http from 'node:http';
import https from 'node:https';
import postgres from 'postgres';
import { eventually, type Person } from '../api/client.ts';
import { settings } from '../settings.ts';

/** An answer as it came over the wire. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** What a hostile client sends: anything. */
export interface RawCall {
  method?: string;
  /** Sent as JSON. */
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string>;
}

/** Sends a request with the publishable key and a person's token, or without one. */
export async function send(
  person: Pick<Person, 'token'> | null,
  path: string,
  { method, json, body, headers }: RawCall = {},
): Promise<RawAnswer> {
  const payload = json === undefined ? body : JSON.stringify(json);
  const response = await fetch(settings.url + path, {
    method: method ?? (payload === undefined ? 'GET' : 'POST'),
    headers: {
      apikey: settings.publishableKey,
      ...(person ? { authorization: `Bearer ${person.token}` } : {}),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { body: payload }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Sends a request to the Data API. */
export function rest(
  person: Pick<Person, 'token'> | null,
  path: string,
  call: RawCall = {},
): Promise<RawAnswer> {
  return send(person, `/rest/v1/${path}`, call);
}

/** Sends a path as it stands: `fetch` resolves `..` and `%2e%2e` before anybody is asked. */
export function sendPathAsIs(
  person: Person,
  path: string,
  {
    method = 'GET',
    body,
    headers = {},
  }: { method?: string; body?: string; headers?: Record<string, string> },
): Promise<{ status: number; text: string }> {
  const { protocol, hostname, port } = new URL(settings.url);
  const { request } = protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ protocol, hostname, port, path, method },
        headers: { apikey: settings.publishableKey, authorization: `Bearer ${person.token}`, ...headers },
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (part: string) => {
          text += part;
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The database as the dashboard has it. */
export const database: postgres.Sql = postgres(settings.databaseUrl, {
  max: 4,
  idle_timeout: 1,
  onnotice: () => {},
});

/** A connection of its own, in which a test may hold a transaction open. End it. */
export function connect(): postgres.Sql {
  return postgres(settings.databaseUrl, { max: 1, onnotice: () => {} });
}

/** Makes the transaction that the connection is in a person's, as the Data API does. */
export async function actAs(sql: postgres.Sql, { id }: Pick<Person, 'id'>): Promise<void> {
  await sql`
    select set_config('role', 'authenticated', true),
      set_config('request.jwt.claims', ${JSON.stringify({ sub: id, role: 'authenticated' })}, true)`;
}

/** Waits until the transaction with this `application_name` waits for somebody else's lock. */
export async function untilBlocked(applicationName: string): Promise<void> {
  await eventually(async () => {
    const waiting = await database`
      select from pg_stat_activity where application_name = ${applicationName} and wait_event_type = 'Lock'`;
    if (waiting.length !== 1) throw new Error(`${applicationName} does not wait`);
  });
}

/** Every row and every object that is a person's, as text: what must be the same after an attack. */
export async function belongings({ id }: Pick<Person, 'id'>): Promise<string> {
  const rows = await database`
    select to_jsonb(profiles) as row from public.profiles where id = ${id}
    union all select to_jsonb(private_profiles) from public.private_profiles where id = ${id}
    union all select to_jsonb(posts) from public.posts where owner_id = ${id}
    union all select to_jsonb(post_media) from public.post_media where starts_with(path, ${id}::text)
    union all
    select to_jsonb(post_tags) from public.post_tags
    where post_id in (select posts.id from public.posts where owner_id = ${id})
    union all
    select to_jsonb(post_mentions) from public.post_mentions
    where post_id in (select posts.id from public.posts where owner_id = ${id})
    union all
    select jsonb_build_object('bucket', bucket_id, 'name', name, 'version', version, 'metadata', metadata)
    from storage.objects where starts_with(name, ${id}::text)
    union all select to_jsonb(queued) from private.storage_removals as queued where starts_with(name, ${id}::text)
    union all
    select jsonb_build_object('email', email, 'data', raw_user_meta_data, 'password', encrypted_password)
    from auth.users where users.id = ${id}`;
  return rows
    .map(({ row }) => JSON.stringify(row))
    .sort()
    .join('\n');
}
