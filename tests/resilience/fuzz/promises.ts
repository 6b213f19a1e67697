import { problemCodes } from '../../../supabase/functions/api/http/errors.ts';
import { createChecker, type Document } from '../../kit/openapi.ts';
import { secretWord } from './fuzz-cast.ts';
import type { FuzzRequest } from './requests.ts';
import type { FuzzAnswer } from './send.ts';

/** Returns what is wrong with an answer, or ''. */
export type Judge = (request: FuzzRequest, answer: FuzzAnswer) => string;

const codes = new Set<string>(problemCodes);

/** Checks the rules for answers of every service: no 5xx and no private text. */
function commonDefect({ status, text }: FuzzAnswer): string {
  if (status >= 500) return `It answered ${status}: ${text.slice(0, 500)}`;
  return text.includes(secretWord) ? `It showed private data of another user: ${text.slice(0, 500)}` : '';
}

/** Checks the answers of the function against its OpenAPI document and the list of error codes. */
export function judgeByDocument(document: Document): Judge {
  const check = createChecker(document);

  return (request, answer) => {
    const { status, headers, text } = answer;
    const found = commonDefect(answer);
    if (found) return found;
    const { path, isPlain } = pathInFunction(request);
    if (path === null) return '';
    // The server refuses an invalid address before the function sees a request.
    if (!isPlain && status === 400 && text === '') return '';
    const contentType = headers['content-type'] ?? '';
    if (request.method === 'OPTIONS') return status === 204 ? '' : `OPTIONS answered ${status}.`;
    if (request.method === 'HEAD') return text === '' ? '' : 'The answer to HEAD has a body.';
    try {
      const json = /[/+]json$/.test(contentType) ? JSON.parse(text) : text;
      if (status >= 400) {
        if (contentType !== 'application/problem+json')
          return `The content type of a ${status} is "${contentType}": ${text}`;
        if (json.status !== status) return `The problem says ${json.status}, the answer ${status}.`;
        if (!codes.has(json.code)) return `The list of errors has no code ${json.code}.`;
        // Servers resolve dots and slashes of an address differently.
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
 * The path that the function sees, with dots resolved; null if the path is not the function's. A plain path needs no
 * normalisation.
 */
function pathInFunction({ path, headers }: FuzzRequest): { path: string | null; isPlain: boolean } {
  const { pathname: written } = new URL(`http://127.0.0.1${path}`);
  // An escaped letter means the letter.
  const pathname = written.replaceAll(/%(4[1-9a-f]|5[\da]|6[1-9a-f]|7[\da])/gi, decodeURIComponent);
  const isPlain =
    written === path.split('?')[0] &&
    !/[^\x21-\x7e]|[\\<>"^`{|}]|\/\//.test(path) &&
    !headers.some(([name]) => name === 'host');
  return { path: /^(?:\/functions\/v1)?\/api(\/.*)?$/.exec(pathname)?.[1] ?? null, isPlain };
}

/** Checks the answers of the Data API: its errors have a code and a message. */
export const judgeDataApi: Judge = ({ method }, answer) => {
  const { status, headers, text } = answer;
  // PostgREST answers 500 to a request beyond a limit of PostgreSQL, such as an array of seven dimensions.
  if (status === 500 && /^\{"code":"54/.test(text)) return '';
  const found = commonDefect(answer);
  if (found || status < 400 || method === 'HEAD' || text === '') return found;
  if (!/json/.test(headers['content-type'] ?? ''))
    return `The content type of a ${status} is "${headers['content-type']}": ${text}`;
  const { code, message } = JSON.parse(text);
  // The gateway's own messages have no code.
  return typeof message === 'string' && (typeof code === 'string' || status === 401 || status === 404)
    ? ''
    : `A ${status} has no code or no message: ${text}`;
};
