import type { Config } from '../config.ts';

/** The function's path under a project's origin. The embedded gateway's shorter `/api` leads to it as well. */
export const functionPath = '/functions/v1/api';

/**
 * The origin by which the client reaches the project. Links are absolute, since clients pass them to image and video
 * players that know no base URL. A public address in the configuration goes first. In the embedded and the Docker stack
 * only the gateway knows the name that the client used (127.0.0.1, a LAN address, an emulator's 10.0.2.2), and sends it
 * in X-Forwarded-*. A client that forges the header misleads only itself: no answer is shared.
 */
export function publicOrigin(config: Config, headers: Headers): string {
  if (config.publicUrl) return config.publicUrl;
  const host = headers.get('x-forwarded-host')?.split(',', 1)[0]?.trim() ?? '';
  if (!/^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/.test(host)) return config.url;
  const proto = headers.get('x-forwarded-proto')?.split(',', 1)[0]?.trim() === 'https' ? 'https' : 'http';
  const port = headers.get('x-forwarded-port')?.split(',', 1)[0]?.trim() ?? '';
  const hasPort =
    /:\d+$/.test(host) || !/^\d{1,5}$/.test(port) || port === (proto === 'https' ? '443' : '80');
  return `${proto}://${host}${hasPort ? '' : `:${port}`}`;
}

/** A URL that Storage signed, under the origin by which the client reaches the project. */
export function publicStorageUrl(config: Config, headers: Headers, signedUrl: string): string {
  return publicOrigin(config, headers) + signedUrl.slice(config.url.length);
}

/** Path and query of a request's URL, without `new URL`: a Host header can make it invalid. */
export function splitUrl(url: string): { path: string; query: string } {
  const [, path = '', query = ''] = /^\w+:\/\/[^/?]*([^?]*)\??(.*)$/s.exec(url) ?? [];
  return { path, query };
}
