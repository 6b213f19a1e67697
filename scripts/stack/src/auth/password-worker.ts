import { parentPort } from 'node:worker_threads';
import bcrypt from 'bcryptjs';

/** What is asked of the worker: a hash of the password, or whether it is the one of `hash`. */
export interface PasswordTask {
  id: number;
  password: string;
  hash?: string;
}

/** The cost that Supabase Auth uses: about a tenth of a second. */
const cost = 10;

parentPort?.on('message', async ({ id, password, hash }: PasswordTask) => {
  try {
    // The same algorithm under the name that Supabase writes; PostgreSQL's pgcrypto knows no other.
    const result =
      hash === undefined
        ? (await bcrypt.hash(password, cost)).replace(/^\$2b\$/, '$2a$')
        : await bcrypt.compare(password, hash);
    parentPort?.postMessage({ id, result });
  } catch {
    // What is stored is no bcrypt hash, so that no password is the right one.
    parentPort?.postMessage({ id, result: false });
  }
});
