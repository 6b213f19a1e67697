import type { Context } from './context.ts';
import { networkError } from './errors.ts';
import { type Answer, answerOf, fetchAnswer } from './requests.ts';

/** One file on its way to Storage. */
export interface Transfer {
  url: string;
  headers: Record<string, string>;
  file: Blob;
  signal?: AbortSignal | undefined;
  /** Hears how many bytes have left. */
  onSent?: ((bytes: number) => void) | undefined;
}

/** As much as a socket takes at once: what is read ahead of it would count as sent. */
const pieceBytes = 64 * 1024;

/**
 * Sends a file. Browsers tell of an upload's progress through XMLHttpRequest only, and there it is used where
 * somebody listens; servers count what their `fetch` draws from a stream. A service worker has neither, nor has
 * a `fetch` of the app's own in a browser: there a file counts when it has arrived.
 */
export async function transfer(context: Context, { file, onSent, ...request }: Transfer): Promise<Answer> {
  const { url, headers, signal } = request;
  const hasXhr = 'XMLHttpRequest' in globalThis;
  if (onSent && hasXhr && !context.hasOwnFetch) return sendByXhr({ ...request, file, onSent });
  const init = { method: 'POST', headers, signal: signal ?? null };
  if (!onSent || hasXhr || 'ServiceWorkerGlobalScope' in globalThis) {
    return fetchAnswer(context, url, { ...init, body: file });
  }
  // Without its length a stream is sent in chunks, and Storage learns the size of a file only at its end.
  init.headers = { ...headers, 'content-length': String(file.size) };
  const streamed = { body: countedStream(file, onSent), duplex: 'half' };
  return fetchAnswer(context, url, { ...init, ...streamed });
}

/** A file's bytes, read when they are wanted. A piece has left when the next one is asked for. */
function countedStream(file: Blob, onSent: (bytes: number) => void): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        onSent(at);
        if (at >= file.size) return controller.close();
        const piece = new Uint8Array(await file.slice(at, at + pieceBytes).arrayBuffer());
        at += piece.length;
        controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
}

function sendByXhr({ url, headers, file, signal, onSent }: Transfer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open('POST', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => onSent?.(loaded);
    request.onload = () =>
      resolve(answerOf(request.status, request.responseText, request.getResponseHeader('retry-after')));
    request.onerror = () => reject(networkError(undefined));
    request.onabort = () => reject(signal?.reason);
    request.onloadend = () => signal?.removeEventListener('abort', stop);
    signal?.addEventListener('abort', stop);
    request.send(file);
  });
}
