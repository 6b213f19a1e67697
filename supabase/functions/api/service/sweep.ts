import type { Config } from '../config.ts';
import { inBackground } from '../http/background.ts';
import { secretClient } from '../http/clients.ts';
import type { NoctraClient } from '../http/context.ts';
import { dataOf } from '../http/database.ts';

/** Objects that are removed in one go: Storage takes a thousand names, and a hundred come back soon. */
const REMOVALS_AT_ONCE = 100;

/** No new batch begins after this: a function lives for 150 seconds. */
const PATIENCE_MS = 60_000;

/** Of which the other jobs have this much, so that files are removed in every sweep. */
const FORGETTING_MS = 20_000;

/** Forgets what is expired and removes unused files; gives the number of removed objects. Several may run at once. */
export async function sweep(config: Config): Promise<number> {
  const client = secretClient(config, null);
  const until = performance.now() + PATIENCE_MS;
  await forget(client, performance.now() + FORGETTING_MS);
  return await removeFiles(client, until);
}

/** Runs the jobs that work in the database alone. A job that fails stops no other one. */
async function forget(client: NoctraClient, until: number): Promise<void> {
  for (const job of ['enqueue_uploads', 'forget_expired'] as const) {
    try {
      while (performance.now() < until) if (!(await dataOf(client.rpc(job)))) break;
    } catch (error) {
      console.error(`The sweep's ${job} failed:`, error);
    }
  }
}

async function removeFiles(client: NoctraClient, until: number): Promise<number> {
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

/** Removes due files in the background after a request. Concurrent requests share one removal. */
export function removeSoon(config: Config): void {
  sweepAgain = true;
  if (isSweeping) return;
  isSweeping = true;
  inBackground('Removing files', async () => {
    try {
      while (sweepAgain) {
        sweepAgain = false;
        await removeFiles(secretClient(config, null), performance.now() + PATIENCE_MS);
      }
    } finally {
      isSweeping = false;
    }
  });
}
