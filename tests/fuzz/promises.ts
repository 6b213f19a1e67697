import fs from 'node:fs';
import { type Document, createChecker } from '../api/openapi.ts';
import { secretWord } from './people.ts';
import type { FuzzRequest } from './requests.ts';
import type { FuzzAnswer } from './send.ts';

const listOfErrors = fs.readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const codes = new Set([...listOfErrors.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code));

/** Tells what is wrong with an answer of the function: an empty text where it keeps every promise. */
export function createJudge(document: Document, owners: readonly string[]): (request: FuzzRequest, answer: FuzzAnswer) => string {
  const check = createChecker(document);

  return (request, { status, headers, text }) => {
    if (status >= 500) return `It answered ${status}: ${text.slice(0, 500)}`;
    // Those who may see it are the only ones who ask with their own tokens, which no request has.
    if (text.includes(secretWord) && !owners.some((token) => request.headers.some(([, value]) => value.includes(token))))
      return `It gave away what is for its owner alone: ${text.slice(0, 500)}`;
    const path = pathInFunction(request.path);
    // Another service's, or what is no HTTP: the server's own refusal.
    if (path === null) return '';
    const contentType = headers['content-type'] ?? '';
    if (request.method === 'OPTIONS') return status === 204 || status === 404 ? '' : `OPTIONS answered ${status}`;
    if (request.method === 'HEAD') return text === '' ? '' : 'HEAD was answered with a body.';
    try {
      const json = /[/+]json$/.test(contentType) ? JSON.parse(text) : text;
      check({ method: request.method, path, status, contentType, json });
      if (status < 400) return '';
      if (contentType !== 'application/problem+json') return `An error came as "${contentType}": ${text.slice(0, 500)}`;
      if (json.status !== status) return `The problem says ${json.status}, the answer ${status}.`;
      return codes.has(json.code) ? '' : `docs/errors.md has no code ${json.code}.`;
    } catch (error) {
      return error instanceof Error ? error.message.slice(0, 2_000) : String(error);
    }
  };
}

/** What the function sees of a path, dots resolved as servers do; null where it does not come there. */
function pathInFunction(path: string): string | null {
  // Two slashes at the start are a host to URL.
  const { pathname } = new URL(`http://127.0.0.1${path}`);
  return /^(?:\/functions\/v1)?\/api(\/.*)?$/.exec(pathname)?.[1] ?? null;
}
