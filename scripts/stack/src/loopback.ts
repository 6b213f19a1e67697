/** What a browser calls this machine. */
const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Whether a request for a page without a password comes from another site: from a page of another origin, or by a
 * host name of somebody else's that leads here.
 */
export function isFromElsewhere(request: Request): boolean {
  const url = new URL(request.url);
  const origin = request.headers.get('origin');
  return !loopbackNames.has(url.hostname) || (origin !== null && origin !== url.origin);
}
