import fs from 'node:fs';
import { createChecker, type Document } from '../../kit/openapi.ts';
import { secretWord } from './people.ts';
import type { FuzzRequest } from './requests.ts';
import type { FuzzAnswer } from './send.ts';

/** Says what is wrong with an answer; '' if nothing is. */
export type Judge = (request: FuzzRequest, answer: FuzzAnswer) => string;

const listOfErrors = fs.readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const codes = new Set([...listOfErrors.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code));

/** What is wrong in an answer of any service. */
function worst({ status, text }: FuzzAnswer): string {
  if (status >= 500) return `It answered ${status}: ${text.slice(0, 500)}`;
  return text.includes(secretWord) ? `It gave away what is for its owner alone: ${text.slice(0, 500)}` : '';
}

/** Judges answers of the function by its OpenAPI document and the list of errors. */
export function judgeByDocument(document: Document): Judge {
  const check = createChecker(document);

  return (request, answer) => {
    const { status, headers, text } = answer;
    const found = worst(answer);
    if (found) return found;
    const { path, isPlain } = pathInFunction(request);
    if (path === null) return '';
    // The server refuses an invalid URL before there is a request.
    if (!isPlain && status === 400 && text === '') return '';
    const contentType = headers['content-type'] ?? '';
    if (request.method === 'OPTIONS') return status === 204 ? '' : `OPTIONS answered ${status}.`;
    if (request.method === 'HEAD') return text === '' ? '' : 'HEAD was answered with a body.';
    try {
      const json = /[/+]json$/.test(contentType) ? JSON.parse(text) : text;
      if (status >= 400) {
        if (contentType !== 'application/problem+json')
          return `A ${status} came as "${contentType}": ${text}`;
        if (json.status !== status) return `The problem says ${json.status}, the answer ${status}.`;
        if (!codes.has(json.code)) return `docs/errors.md has no code ${json.code}.`;
        // Servers differ in which dots and slashes of a path they resolve.
        if (!isPlain && (status === 404 || status === 405)) return '';
      }
      check({ method: request.method, path, status, contentType, json });
      return '';
    } catch (error) {
      return error instanceof Error ? error.message.slice(0, 2_000) : String(error);
    }
  };
}

/**
 * What the function sees of a request's path, dots resolved; null where it is none of the function's. Plain is one that
 * stands there as everybody writes it.
 */
function pathInFunction({ path, headers }: FuzzRequest): { path: string | null; isPlain: boolean } {
  const { pathname: written } = new URL(`http://127.0.0.1${path}`);
  // An escaped letter is the same letter.
  const pathname = written.replaceAll(/%(4[1-9a-f]|5[\da]|6[1-9a-f]|7[\da])/gi, decodeURIComponent);
  const isPlain =
    written === path.split('?')[0] &&
    !/[^\x21-\x7e]|[\\<>"^`{|}]|\/\//.test(path) &&
    !headers.some(([name]) => name === 'host');
  return { path: /^(?:\/functions\/v1)?\/api(\/.*)?$/.exec(pathname)?.[1] ?? null, isPlain };
}

/** Judges answers of the Data API: errors have a code and a message. */
export const judgeDataApi: Judge = ({ method }, answer) => {
  const { status, headers, text } = answer;
  // PostgREST's answer where a limit of PostgreSQL is exceeded, for example by six nested lists.
  if (status === 500 && /^\{"code":"54/.test(text)) return '';
  const found = worst(answer);
  if (found || status < 400 || method === 'HEAD' || text === '') return found;
  if (!/json/.test(headers['content-type'] ?? ''))
    return `A ${status} came as "${headers['content-type']}": ${text}`;
  const { code, message } = JSON.parse(text);
  // The gateway's messages have no code.
  return typeof message === 'string' && (typeof code === 'string' || status === 401 || status === 404)
    ? ''
    : `A ${status} says nothing: ${text}`;
};
