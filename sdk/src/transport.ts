import type { Context } from './context.ts';
import { unanswered } from './errors.ts';

/** An answer of the server, read to its end. */
export interface Answer {
  status: number;
  /** What the body says as JSON; null where it is something else. */
  body: unknown;
  /** Seconds that the server wants to be left alone for. */
  retry_after: number | undefined;
}

/** What is sent. */
export interface Message {
  method: string;
  headers: Record<string, string>;
  body: BodyInit | undefined;
  signal: AbortSignal | null;
}

/** As much as a socket takes at once. */
const pieceBytes = 64 * 1024;

/**
 * Asks, and reads the answer to its end: a connection that is cut while the answer arrives is no answer either.
 *
 * Browsers tell of a file's progress through XMLHttpRequest only, and there it is used where somebody listens;
 * servers count what their `fetch` draws from a stream. A service worker has neither, nor has a `fetch` of the app's
 * own in a browser: there a file counts when it has arrived.
 *
 * @param onSent Hears how many bytes of a file have left.
 */
export async function exchange(
  context: Context,
  url: string,
  message: Message,
  onSent?: (bytes: number) => void,
): Promise<Answer> {
  const { headers, body } = message;
  let streamed = {};
  if (onSent && body instanceof Blob) {
    const hasXhr = 'XMLHttpRequest' in globalThis;
    if (hasXhr && !context.options.global?.fetch) return sendByXhr(url, message, onSent);
    if (!hasXhr && !('ServiceWorkerGlobalScope' in globalThis)) {
      streamed = {
        // Made of an iterable, a stream reads nothing ahead.
        body: (ReadableStream as unknown as StreamMaker).from(pieces(body, onSent)),
        // Without its length a stream is sent in chunks, and Storage learns the size of a file only at its end.
        headers: { ...headers, 'content-length': String(body.size) },
        duplex: 'half',
      };
    }
  }
  try {
    const response = await context.fetch(url, { ...message, ...streamed } as RequestInit);
    return answerOf(response.status, await response.text(), response.headers.get('retry-after'));
  } catch (cause) {
    throw unanswered('network_error', cause);
  }
}

/** Servers have it; the types are those of browsers, of which not all do. */
interface StreamMaker {
  from(pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array>;
}

/** A file's bytes, read when they are wanted. A piece has left when the next one is asked for. */
async function* pieces(file: Blob, onSent: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += pieceBytes) {
    onSent(at);
    yield new Uint8Array(await file.slice(at, at + pieceBytes).arrayBuffer());
  }
}

function sendByXhr(
  url: string,
  { method, headers, body, signal }: Message,
  onSent: (bytes: number) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onload = () =>
      resolve(answerOf(request.status, request.responseText, request.getResponseHeader('retry-after')));
    request.onerror = () => reject(unanswered('network_error', 'No answer.'));
    request.onabort = () => reject(signal?.reason);
    request.onloadend = () => signal?.removeEventListener('abort', stop);
    signal?.addEventListener('abort', stop);
    request.send(body as Blob);
  });
}

function answerOf(status: number, text: string, retryAfter: string | null): Answer {
  return {
    status,
    body: parseJson(text),
    retry_after: retryAfter ? Number(retryAfter) : undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
