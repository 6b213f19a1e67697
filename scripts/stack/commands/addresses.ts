import type { Keys } from '../keys.ts';
import type { Run } from '../run.ts';

/** Prints where a stack's parts are, its keys, and a request to try first. */
export function printAddresses(run: Run, keys: Keys, tryPath = '/rest/v1/'): void {
  const rows = [
    ['API', run.url],
    ['Database', run.databaseUrl],
    ['Studio', run.studioUrl ?? 'off'],
    ['Mailbox', run.mailboxUrl],
    ['Publishable key', keys.publishableKey],
    ['Secret key', keys.secretKey],
  ] as const;
  for (const [name, value] of rows) console.log(`${name.padStart(16)}: ${value}`);
  console.log(`\nTry it:\n  curl '${run.url}${tryPath}' -H 'apikey: ${keys.publishableKey}'`);
}
