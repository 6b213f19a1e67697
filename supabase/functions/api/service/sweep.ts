import type { Config } from '../config.ts';
import { inBackground } from '../http/background.ts';
import { secretClient } from '../http/clients.ts';
import { databaseProblem } from '../http/database.ts';
import { inspectUpload, mediaBucket, rejectUpload } from '../media/inspection.ts';

/** Objects that are removed in one go: Storage takes a thousand names, and a hundred come back soon. */
const REMOVALS_AT_ONCE = 100;

/** Files that are looked into in one go: their lease is five minutes, and each may be 50 MB. */
const INSPECTIONS_AT_ONCE = 20;

/** After this nothing new is begun: a function lives for 150 seconds. */
const PATIENCE_MS = 60_000;

/** What a sweep has done. */
export interface Swept {
  /** Objects that are gone from Storage. */
  removed: number;
  /** Files of posts that were looked into, whatever came of it. */
  inspected: number;
  /** Those of them that were not what they claimed to be. */
  rejected: number;
}

/** Removes what nothing shows any more, and looks into files that nobody has looked into. Safe at once with itself. */
export async function sweep(config: Config): Promise<Swept> {
  const until = performance.now() + PATIENCE_MS;
  const removed = await removeQueued(config, until);
  return { removed, ...(await inspectClaimed(config, until)) };
}

/** Removes queued objects through Storage, which takes the bytes with the row. */
async function removeQueued(config: Config, until: number): Promise<number> {
  const client = secretClient(config, null);
  let removed = 0;
  while (performance.now() < until) {
    const { data: queued, error } = await client.rpc('sweep_take', { max: REMOVALS_AT_ONCE });
    if (error) throw databaseProblem(error);
    for (const [bucket, objects] of Map.groupBy(queued, ({ bucket_id }) => bucket_id)) {
      const names = objects.map(({ name }) => name);
      const removal = await client.storage.from(bucket).remove(names);
      if (removal.error) {
        // The lease ends, and the next sweep tries again.
        console.error(`Objects of ${bucket} were not removed:`, removal.error.message);
        continue;
      }
      // What Storage did not find is gone as well: the database asks its own tables.
      const done = await client.rpc('sweep_done', { bucket_id: bucket, names });
      if (done.error) throw databaseProblem(done.error);
      removed += removal.data.length;
    }
    if (queued.length < REMOVALS_AT_ONCE) break;
  }
  return removed;
}

/** Looks into files that came to posts past this function, by clients that speak to the database themselves. */
async function inspectClaimed(config: Config, until: number): Promise<Omit<Swept, 'removed'>> {
  const client = secretClient(config, null);
  const counts = { inspected: 0, rejected: 0 };
  while (performance.now() < until) {
    const { data: files, error } = await client.rpc('uninspected_media', { max: INSPECTIONS_AT_ONCE });
    if (error) throw databaseProblem(error);
    for (const { path } of files) {
      if (performance.now() >= until) break;
      try {
        const { state } = await inspectUpload(config, path);
        // A post that shows an object which is gone.
        if (state === 'missing') await rejectUpload(config, path);
        counts.inspected += 1;
        if (state !== 'inspected') counts.rejected += 1;
      } catch (error) {
        // One that cannot be read must not keep the others waiting: its lease ends, and it comes last.
        console.error(`${mediaBucket}/${path} was not looked into:`, error);
      }
    }
    if (files.length < INSPECTIONS_AT_ONCE) break;
  }
  return counts;
}

let removing = false;
let removeAgain = false;

/** Removes in the background what a request has just queued; requests at the same time share one go. */
export function removeSoon(config: Config): void {
  removeAgain = true;
  if (removing) return;
  removing = true;
  inBackground('Removing files', async () => {
    try {
      while (removeAgain) {
        removeAgain = false;
        await removeQueued(config, performance.now() + PATIENCE_MS);
      }
    } finally {
      removing = false;
    }
  });
}
