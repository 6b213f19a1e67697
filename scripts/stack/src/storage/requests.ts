import { z } from 'zod';
import { boundedBytes } from '../bounded-bytes.ts';
import { invalidRequest, noContent, StorageError } from './storage-error.ts';

const mostJsonBytes = 1024 * 1024;
// The connection is closed after this much of a refused body.
const mostDiscardedBytes = 256 * 1024 * 1024;

/** The chunks of a request's body. Leaving a loop over them does not end the body: a later loop goes on. */
export function bodyChunks(request: Request): AsyncIterable<Uint8Array> {
  const reader = request.body?.getReader();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        try {
          const { done, value } = (await reader?.read()) ?? { done: true };
          return done || !value ? { done: true, value: undefined } : { done: false, value };
        } catch {
          throw noContent('Request stream closed before upload could complete');
        }
      },
    }),
  };
}

/** The chunks of a body as a stream, which reads only what its consumer reads. */
export function bodyStream(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await source.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Reads and drops the rest of a body. A client that is still sending when the connection closes sees a network error
 * in place of the answer.
 */
export async function discard(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > mostDiscardedBytes) return;
    }
  } catch {
    // The client has gone already.
  }
}

/** The JSON body of a request, checked against a schema. Throws the answer to the client. */
export async function jsonBody<T extends z.ZodType>(
  body: AsyncIterable<Uint8Array>,
  schema: T,
): Promise<z.infer<T>> {
  const bytes = await boundedBytes(body, mostJsonBytes);
  if (!bytes) {
    throw new StorageError({
      status: 413,
      code: 'InvalidRequest',
      error: 'FastifyError',
      message: 'Request body is too large',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalidRequest(
      "Body is not valid JSON but content-type is set to 'application/json'",
      'FastifyError',
    );
  }
  return checked('body', value, schema);
}

/** The query of a request, checked against a schema. Throws the answer to the client. */
export function queryOf<T extends z.ZodType>(request: Request, schema: T): z.infer<T> {
  return checked('querystring', Object.fromEntries(new URL(request.url).searchParams), schema);
}

function checked<T extends z.ZodType>(where: string, value: unknown, schema: T): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = (issue?.path ?? []).map(String);
  const absent = issue?.code === 'invalid_type' && issue.input === undefined && path.length > 0;
  throw invalidRequest(
    absent
      ? `${where} must have required property '${path.at(-1)}'`
      : `${[where, ...path].join('/')} ${issue?.message ?? 'is not valid'}`,
  );
}

/** Text as PostgreSQL can store it. */
export const text = z.string().refine((value) => !value.includes('\0'), 'must not contain NUL');
