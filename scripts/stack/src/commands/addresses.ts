import type { Keys } from '../keys.ts';
import type { Run } from '../run.ts';

/** Prints a stack's addresses, its keys, and a request to try: the Data API's description by default. */
export function printAddresses(run: Run, keys: Keys, tryPath?: string): void {
  const rows = [
    ['API', run.url],
    ['Database', run.databaseUrl],
    ['Studio', run.studioUrl ?? 'off'],
    ['Mailbox', run.mailboxUrl],
    ['Publishable key', keys.publishableKey],
    ['Secret key', keys.secretKey],
  ] as const;
  for (const [name, value] of rows) console.log(`${name.padStart(16)}: ${value}`);
  // Only the secret key may read the description.
  const key = tryPath === undefined ? keys.secretKey : keys.publishableKey;
  console.log(`\nTry it:\n  curl '${run.url}${tryPath ?? '/rest/v1/'}' -H 'apikey: ${key}'`);
}
