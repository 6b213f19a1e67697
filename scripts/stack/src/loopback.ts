/** The names of this machine in a browser. */
const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Whether a request for a page without a password comes from another site: from a page of another origin, or by a
 * foreign host name that resolves to this machine (DNS rebinding).
 */
export function isFromElsewhere(request: Request): boolean {
  const url = new URL(request.url);
  const origin = request.headers.get('origin');
  return !loopbackNames.has(url.hostname) || (origin !== null && origin !== url.origin);
}
