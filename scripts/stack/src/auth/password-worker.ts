import { parentPort } from 'node:worker_threads';
import bcrypt from 'bcryptjs';

/** A task for the worker: to hash a password, or to compare it with `hash`. */
export interface PasswordTask {
  id: number;
  password: string;
  hash?: string;
}

/** The cost that Supabase Auth uses: about a tenth of a second. */
const cost = 10;

parentPort?.on('message', async ({ id, password, hash }: PasswordTask) => {
  try {
    // The same algorithm under the name that Supabase writes and pgcrypto reads.
    const result =
      hash === undefined
        ? (await bcrypt.hash(password, cost)).replace(/^\$2b\$/, '$2a$')
        : await bcrypt.compare(password, hash);
    parentPort?.postMessage({ id, result });
  } catch {
    // The stored text is not a bcrypt hash, so no password matches.
    parentPort?.postMessage({ id, result: false });
  }
});
