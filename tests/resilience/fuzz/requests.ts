import fc from 'fast-check';
import { bodyOf } from './bodies.ts';
import type { OpenApi, Operation, Parameter } from './document.ts';
import { type Body, headerText } from './multipart.ts';
import { encode, longestHeader, oddHeaders, oddMethods, oddPart, pathFaults } from './odd.ts';
import type { Generators } from './schemas.ts';
import { asText, hostileText } from './values.ts';

/** A header as sent. */
export type Header = [name: string, value: string];

/** A request to send. */
export interface FuzzRequest {
  /** The operationId of the endpoint. */
  operation: string;
  method: string;
  /** The path as sent, not normalised. */
  path: string;
  headers: Header[];
  body: Buffer | null;
  /** The connection is cut after this share of the body. */
  cutAfter: number | null;
}

/** The headers that authenticate each kind of caller. */
export interface Callers {
  /** For operations that require a token. */
  people: Header[][];
  /** For operations that end a session or an account. */
  leavers: Header[][];
  /** For operations of moderators. */
  moderators: Header[][];
  /** For operations that require the secret key. */
  servers: Header[][];
  /** Invalid tokens and keys. */
  strangers: Header[][];
}

/** `badness`: how many parts of ten break the document's rules; `weight`: how many requests of ten have this badness. */
const moods = [
  { badness: 0, weight: 3 },
  { badness: 1, weight: 5 },
  { badness: 5, weight: 2 },
];

/** Generates the requests of every operation of the document, by its name. */
export function requestsOf(
  document: OpenApi,
  generators: Generators,
  callers: Callers,
): Map<string, fc.Arbitrary<FuzzRequest>> {
  const all = Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const moody = moods.map(({ badness, weight }) => ({
        weight,
        arbitrary: requestOf(method.toUpperCase(), template, operation, generators, callers, badness),
      }));
      return [operation.operationId, fc.oneof(...moody)] as const;
    }),
  );
  return new Map(all);
}

function requestOf(
  method: string,
  template: string,
  operation: Operation,
  generators: Generators,
  callers: Callers,
  badness: number,
): fc.Arbitrary<FuzzRequest> {
  const either = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>, share = badness) =>
    fc.oneof({ weight: 10 - share, arbitrary: good }, { weight: share, arbitrary: bad });
  const parameters = operation.parameters ?? [];
  const value = (parameter: Parameter) => {
    const { schema = {} } = parameter;
    const name = meaningOf(parameter, template, generators);
    const text = (known: unknown) => encode(asText(known));
    return either(
      generators.valid(schema, name).map(text),
      fc.oneof(generators.near(schema, name).map(text), oddPart),
    );
  };

  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const names = new Set(inPath.map(({ name }) => name));
  for (const [, name = ''] of template.matchAll(/\{(\w+)\}/g))
    if (!names.has(name))
      throw new Error(`${operation.operationId}: the document does not describe {${name}}.`);
  const pathname = fc
    .tuple(
      fc.constantFrom('/functions/v1/api', '/api'),
      fc.tuple(...inPath.map(value)),
      fc.constantFrom('', '/'),
    )
    .map(([base, values, slash]) => {
      const filled = inPath.reduce(
        (path, { name }, at) => path.replace(`{${name}}`, () => values[at] ?? ''),
        template,
      );
      return base + filled + slash;
    });
  const path = either(
    pathname,
    fc.tuple(pathname, fc.constantFrom(...pathFaults)).map(([good, fault]) => fault(good)),
    Math.ceil(badness / 3),
  );

  const inQuery = parameters.filter((parameter) => parameter.in === 'query');
  const query = fc
    .tuple(
      ...inQuery.map((parameter) => fc.option(value(parameter), { freq: 2 })),
      either(
        fc.constant(''),
        fc.tuple(oddPart, oddPart).map((pair) => pair.join('=')),
        Math.ceil(badness / 3),
      ),
      either(fc.constant(1), fc.constant(2), Math.ceil(badness / 3)),
    )
    .map((values) => {
      const times = values.pop() as number;
      const odd = values.pop() as string;
      const pairs = inQuery.flatMap(({ name }, at) => (values[at] == null ? [] : [`${name}=${values[at]}`]));
      const text = [...Array(times).fill(pairs).flat(), odd].filter(Boolean).join('&');
      return text ? `?${text}` : '';
    });

  const inHeader = parameters.filter((parameter) => parameter.in === 'header');
  const documented = fc.tuple(
    ...inHeader.map((parameter) =>
      fc.option(
        either(
          generators.valid(parameter.schema ?? {}, parameter.name),
          generators.near(parameter.schema ?? {}, parameter.name),
        ),
      ),
    ),
  );
  const isLeaving = ['deleteAccount', 'signOut'].includes(operation.operationId);
  const isModeration = ['listReports', 'editReport'].includes(operation.operationId);
  const people = isLeaving ? callers.leavers : isModeration ? callers.moderators : callers.people;
  const right = operation.security.some((scheme) => 'secretKey' in scheme)
    ? callers.servers
    : operation.security.length > 0
      ? people
      : [[], ...people];
  const wrong = [[], ...people, ...callers.strangers, [...(people[0] ?? []), ...(people[1] ?? [])]];
  const caller = either(fc.constantFrom(...right), fc.constantFrom(...wrong));
  const headers = fc.array(oddHeaders, { maxLength: badness });

  const content = operation.requestBody?.content;
  const noBody = fc.constant<Body | null>(null);
  const anyBody = fc.oneof(
    hostileText.map((text): Body => ({ contentType: 'application/json', bytes: Buffer.from(text) })),
    hostileText.map((text): Body => ({ contentType: null, bytes: Buffer.from(text) })),
  );
  const body = content
    ? either<Body | null>(
        bodyOf(content, generators, badness),
        fc.oneof(noBody, anyBody),
        Math.ceil(badness / 4),
      )
    : either<Body | null>(noBody, anyBody, Math.ceil(badness / 3));

  return fc
    .record({
      method: either(fc.constant(method), fc.constantFrom(...oddMethods), Math.ceil(badness / 3)),
      path,
      query,
      documented,
      caller,
      headers,
      body,
      cutAfter: either<number | null>(
        fc.constant(null),
        fc.double({ min: 0, max: 1, noNaN: true }),
        Math.ceil(badness / 5),
      ),
    })
    .map(({ documented, caller, headers, body, path, query, cutAfter, method }) => ({
      method: method === 'DELETE' && !isLeaving && isOwnAccount(path) ? 'GET' : method,
      operation: operation.operationId,
      path: sendable(path + query),
      headers: [
        ...caller,
        ...inHeader.flatMap(({ name }, at): Header[] =>
          documented[at] == null ? [] : [[name, headerText(asText(documented[at])).slice(0, longestHeader)]],
        ),
        ...(body?.contentType == null
          ? []
          : [['content-type', body.contentType.slice(0, longestHeader)] as Header]),
        ...headers,
      ],
      body: body?.bytes ?? null,
      cutAfter: body ? cutAfter : null,
    }));
}

/** The name of meaningful values for a parameter: with the part of the path before or after it where these differ. */
function meaningOf({ name, in: place }: Parameter, template: string, { knows }: Generators): string {
  if (place !== 'path') return name;
  const [, before, after] = new RegExp(`([\\w-]+)/\\{${name}\\}(?:/([\\w-]+))?`).exec(template) ?? [];
  return [`${before}/${name}`, `${name}/${after}`].find(knows) ?? name;
}

/** Whether a server that resolves dots and escapes finds the caller's account: a deletion would end the run. */
function isOwnAccount(path: string): boolean {
  const { pathname } = new URL(`http://127.0.0.1${path}`);
  return /\/userprofiles\/+me\/*$/i.test(pathname.replaceAll(/%[2-7][\da-f]/gi, decodeURIComponent));
}

/** Removes what a client cannot send in a request line. Deno accepts 64 kB for the line and all headers. */
function sendable(path: string): string {
  return path.replaceAll(/[^\x21-\x7e]/g, '').slice(0, 20_000);
}
