import fs from 'node:fs';
import path from 'node:path';
import { until } from 'embedded-supabase/testing';
import { expect } from 'vitest';
import type { Noctra } from './fault-stack.ts';
import { captionOf, publish, type Try, tagsOf } from './load.ts';

/** The longest time that an answer may take. */
const longestAnswerMs = 20_000;

/** Expects each refusal to be timely and to say when to retry. `cut` also allows missing answers. */
export function expectClearRefusals(tries: readonly Try[], { cut = false } = {}): void {
  for (const { draft, refusal, took } of tries) {
    expect(took, `${draft.way} took ${took} ms`).toBeLessThan(longestAnswerMs);
    if (!refusal || (cut && refusal.status === 0)) continue;
    const said = `${draft.way} was refused with ${JSON.stringify(refusal)}`;
    expect([503, 504, 507], said).toContain(refusal.status);
    if (refusal.status === 503) expect(refusal.retryAfter, said).toMatch(/^\d+$/);
    // AuthRetryableFetchError comes from auth-js, which reads the session before the SDK sends a request.
    if (draft.way !== 'data api')
      expect(refusal.code, said).toMatch(
        /^(service_unavailable|SERVICE_UNAVAILABLE|AuthRetryableFetchError)$/,
      );
  }
}

/** Publishes the refused and some of the acknowledged drafts again: each draft becomes one post. */
export async function retry(noctra: Noctra, tries: readonly Try[]): Promise<void> {
  for (const { draft, id } of tries.filter((made, place) => made.refusal || place % 10 === 0)) {
    const { id: now, refusal } = await publish(noctra, draft);
    expect(refusal, draft.way).toBeUndefined();
    if (id) expect(now).toBe(id);
  }
}

/** Expects every post to be complete and unique, and every acknowledged post to exist. */
export async function expectWhole(noctra: Noctra, tries: readonly Try[]): Promise<void> {
  const drafts = new Map(tries.map(({ draft }) => [captionOf(draft), draft]));
  const rows = await noctra.sql<
    { id: string; caption: string; owner_id: string; tags: string[]; mentions: string[]; paths: string[] }[]
  >`
    select posts.id, posts.caption, posts.owner_id,
      array(select tag from public.post_tags where post_id = posts.id) tags,
      array(select profile_id::text from public.post_mentions where post_id = posts.id) mentions,
      array(select path from public.post_media where post_id = posts.id) paths
    from public.posts
  `;
  const ids = new Set(rows.map(({ id }) => id));
  expect(tries.filter(({ id }) => id && !ids.has(id))).toEqual([]);
  expect(rows.length).toBe(new Set(rows.map(({ caption }) => caption)).size);
  for (const row of rows) {
    const draft = drafts.get(row.caption);
    if (!draft) throw new Error(`No draft has the caption "${row.caption}"`);
    expect(row.owner_id).toBe(draft.author.id);
    expect(row.tags.sort()).toEqual(tagsOf(draft).sort());
    expect(row.mentions.sort()).toEqual(draft.mentioned.map(({ id }) => id).sort());
    expect(row.paths).toHaveLength(1);
    const { data, error } = await noctra.admin.storage.from('post-media').download(row.paths[0] ?? '');
    expect(error, `${draft.way}: ${row.paths}`).toBeNull();
    expect(
      Buffer.compare(Buffer.from((await data?.arrayBuffer()) ?? new ArrayBuffer()), draft.picture),
      draft.way,
    ).toBe(0);
  }
}

/** Expects, after a day and a sweep, each object to belong to a post and each file on the disk to an object. */
export async function expectSwept(noctra: Noctra): Promise<void> {
  const { sql } = noctra;
  await sql`update private.unused_files set remove_at = now() - interval '1 second'`;
  await sql`update storage.objects set created_at = now() - interval '2 days' where bucket_id = 'uploads'`;
  await until(async () => {
    const { data, error } = await noctra.admin.functions.invoke('api/sweep', { method: 'POST' });
    expect(error, JSON.stringify(data)).toBeNull();
    return (await sql`select from private.unused_files`).length === 0;
  }, 'no unused file is left');
  const objects = await sql<{ name: string; version: string }[]>`
    select name, version from storage.objects order by name
  `;
  const claimed = await sql<{ path: string }[]>`select path from public.post_media order by path`;
  expect(objects.map(({ name }) => name)).toEqual(claimed.map((media) => media.path));

  // Storage removes bytes without a row when it starts, and every hour.
  await noctra.stop();
  await noctra.start();
  expect(filesBelow(path.join(noctra.state, 'objects')).sort()).toEqual(
    objects.map(({ version }) => version).sort(),
  );
}

/** The names of all files below a folder. */
export function filesBelow(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .flatMap((entry) => (entry.isFile() ? [entry.name] : []));
}
