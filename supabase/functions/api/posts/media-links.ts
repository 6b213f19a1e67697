import type { Config } from '../config.ts';
import type { AppContext } from '../http/context.ts';
import { storageProblem } from '../http/problem.ts';
import { publicStorageUrl } from '../http/urls.ts';
import { postMedia } from '../media/inspect.ts';

/** The lifetime of a link to a private file: long enough to read a page of posts, too short to be shared. */
const SIGNED_URL_SECONDS = 3600;

/** A link is reused while it works for at least this long: browsers and CDNs cache by link. */
const LEAST_REST_SECONDS = 1800;

/** The most links that are kept: half a kilobyte each. */
const MOST_KEPT = 20_000;

interface KeptLink {
  signedUrl: string;
  goodUntil: number;
}

const kept = new Map<string, KeptLink>();

/**
 * Links to files by path; a file that is gone has none. Links that are not kept yet are signed in one request as the
 * caller: Storage signs only what the caller may see. A link does not depend on the caller, so others get it as well:
 * row-level security has let each of them read the row with the path, and Storage's policy requires no more.
 *
 * @param paths Names of objects in the bucket of posts' files, from rows that the caller was given.
 */
export async function mediaLinks(
  c: AppContext,
  config: Config,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const now = Date.now();
  const links = new Map<string, string>();
  const unknown: string[] = [];
  for (const path of paths) {
    const link = kept.get(path);
    if (link && link.goodUntil > now) links.set(path, link.signedUrl);
    else unknown.push(path);
  }
  if (unknown.length > 0) {
    const bucket = c.var.caller.client.storage.from(postMedia.bucket);
    const { data, error } = await bucket.createSignedUrls(unknown, SIGNED_URL_SECONDS);
    if (error) throw storageProblem(error);
    if (kept.size + unknown.length > MOST_KEPT) kept.clear();
    for (const { path, signedUrl } of data) {
      if (!path || !signedUrl) continue;
      kept.set(path, { signedUrl, goodUntil: now + (SIGNED_URL_SECONDS - LEAST_REST_SECONDS) * 1000 });
      links.set(path, signedUrl);
    }
  }
  for (const [path, signedUrl] of links)
    links.set(path, publicStorageUrl(config, c.req.raw.headers, signedUrl));
  return links;
}
