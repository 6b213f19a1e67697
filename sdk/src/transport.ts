import { type Context, fromResponse, requireCaller } from './calls.ts';
import { unanswered } from './errors.ts';

/** About as much as a socket takes at once. */
const chunkBytes = 64 * 1024;

/**
 * Uploads a file to a path of Storage. supabase-js can neither abort an upload nor report its progress.
 *
 * With a listener, browsers use XMLHttpRequest, and servers a stream that counts what `fetch` takes. A service worker
 * has neither, nor has a browser with a `fetch` of the app: there a file counts when it has arrived.
 *
 * @param onSent Hears how many bytes have left.
 */
export async function sendFile(
  context: Context,
  path: string,
  file: Blob,
  signal: AbortSignal | undefined,
  onSent: ((bytes: number) => void) | undefined,
): Promise<void> {
  const { url, key, global } = context;
  const address = `${url}/storage/v1/object/${path}`;
  // Asked for at each try: the token may be a new one.
  const { token } = await requireCaller(context);
  signal?.throwIfAborted();
  const headers = new Headers({ apikey: key, authorization: `Bearer ${token}` });
  for (const [name, value] of Object.entries(global.headers ?? {})) headers.set(name, value);
  headers.set('content-type', file.type || 'application/octet-stream');
  const init: RequestInit & { duplex?: string } = {
    method: 'POST',
    headers,
    body: file,
    signal: signal ?? null,
  };
  // Called as a plain function: browsers refuse `fetch` as a method of another object.
  let send = global.fetch ?? fetch;
  if (onSent) {
    if ('XMLHttpRequest' in globalThis) {
      if (!global.fetch) send = () => sendByXhr(address, headers, file, signal, onSent);
    } else if (!('ServiceWorkerGlobalScope' in globalThis)) {
      init.body = countedStream(file, onSent);
      init.duplex = 'half';
      // A stream without a length is sent in chunks, and Storage learns the size only at the end.
      headers.set('content-length', String(file.size));
    }
  }
  const response = await send(address, init).catch((cause: unknown) => {
    throw unanswered('network_error', cause);
  });
  if (!response.ok) throw await fromResponse(response);
}

/** A file's bytes, read when they are wanted. A chunk has left when the next one is asked for. */
function countedStream(file: Blob, onSent: (bytes: number) => void): ReadableStream<Uint8Array> {
  let sent = 0;
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      if (sent >= file.size) return controller.close();
      onSent(sent);
      controller.enqueue(new Uint8Array(await file.slice(sent, sent + chunkBytes).arrayBuffer()));
      sent += chunkBytes;
    },
  };
  // Nothing is read ahead.
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** As `fetch`, with progress. */
function sendByXhr(
  address: string,
  headers: Headers,
  file: Blob,
  signal: AbortSignal | undefined,
  onSent: (bytes: number) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open('POST', address);
    headers.forEach((value, name) => {
      request.setRequestHeader(name, value);
    });
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onload = () => {
      const { status, responseText } = request;
      const headers = { 'retry-after': request.getResponseHeader('retry-after') ?? '' };
      resolve(new Response(responseText, { status, headers }));
    };
    request.onerror = () => reject(new TypeError('No answer.'));
    request.onabort = () => reject(signal?.reason);
    request.onloadend = () => signal?.removeEventListener('abort', stop);
    signal?.addEventListener('abort', stop);
    request.send(file);
  });
}
