import type { Config } from '../config.ts';
import type { AppContext } from '../http/context.ts';
import { storageProblem } from '../http/problem.ts';
import { publicStorageUrl } from '../http/urls.ts';
import { mediaBucket } from '../media/inspection.ts';

/** How long a link to a private file works: long enough to look at a page of posts, too short to be passed around. */
const SIGNED_URL_SECONDS = 3600;

/** A link is given out again while it works for as long as this: browsers and CDNs keep what they loaded by it. */
const LEAST_REST_SECONDS = 1800;

/** Links kept at once: half a kilobyte each. */
const MOST_KEPT = 20_000;

interface KeptLink {
  signedUrl: string;
  goodUntil: number;
}

const kept = new Map<string, KeptLink>();

/**
 * Links by path under which files load; a file that is gone has none. What is not known yet is signed in one request, as
 * the caller: Storage signs nothing that he may not see. A link says nothing of whom it was made for, so others get it,
 * too: the paths are those of rows that row-level security has let their caller read, and Storage's policy asks no more.
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
    const bucket = c.var.caller.client.storage.from(mediaBucket);
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
