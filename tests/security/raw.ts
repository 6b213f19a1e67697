import http from 'node:http';
import https from 'node:https';
import type { Person } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';

/** An answer with its text. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** A request of a hostile client. */
export interface RawCall {
  method?: string;
  /** Sent as JSON. */
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string>;
}

/** Sends a request with the publishable key, and with a user's token or without one. */
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

/** Sends a path unchanged: `fetch` would resolve `..` and `%2e%2e`. */
export function sendPathAsIs(
  person: Person,
  path: string,
  {
    method = 'GET',
    body,
    headers = {},
  }: { method?: string; body?: string; headers?: Record<string, string | string[]> },
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
