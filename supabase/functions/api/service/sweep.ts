import type { Config } from '../config.ts';
import { inBackground } from '../http/background.ts';
import { secretClient } from '../http/clients.ts';
import type { NoctraClient } from '../http/context.ts';
import { dataOf } from '../http/database.ts';

/** Objects that are removed in one go: Storage takes a thousand names, and a hundred come back soon. */
const REMOVALS_AT_ONCE = 100;

/** No new batch begins after this: a function lives for 150 seconds. */
const PATIENCE_MS = 60_000;

/** Removes unused files; gives the number of removed objects. Several sweeps may run at the same time. */
export async function sweep(config: Config): Promise<number> {
  const client = secretClient(config, null);
  const until = performance.now() + PATIENCE_MS;
  let removed = 0;
  while (performance.now() < until) {
    const due = await dataOf(client.rpc('take_removals', { max: REMOVALS_AT_ONCE }));
    for (const [bucket, objects] of Map.groupBy(due, ({ bucket_id }) => bucket_id)) {
      const names = objects.map(({ name }) => name);
      removed += await removeObjects(client, bucket, names);
      // Objects that Storage did not find are gone as well: the database checks its own tables.
      await dataOf(client.rpc('finish_removals', { bucket_id: bucket, names }));
    }
    if (due.length < REMOVALS_AT_ONCE) break;
  }
  return removed;
}

/** Removes objects through Storage, which takes the bytes with the row. */
async function removeObjects(client: NoctraClient, bucket: string, names: string[]): Promise<number> {
  const { data, error } = await client.storage.from(bucket).remove(names);
  if (data) return data.length;
  if (names.length === 1) {
    // take_removals returns it again, after a longer time each time.
    console.error(`${bucket}/${names[0]} was not removed:`, error.message);
    return 0;
  }
  // One object that cannot be removed must not block the others.
  let removed = 0;
  for (const name of names) removed += await removeObjects(client, bucket, [name]);
  return removed;
}

let isSweeping = false;
let sweepAgain = false;

/** Removes due files in the background after a request. Concurrent requests share one sweep. */
export function removeSoon(config: Config): void {
  sweepAgain = true;
  if (isSweeping) return;
  isSweeping = true;
  inBackground('Removing files', async () => {
    try {
      while (sweepAgain) {
        sweepAgain = false;
        await sweep(config);
      }
    } finally {
      isSweeping = false;
    }
  });
}
