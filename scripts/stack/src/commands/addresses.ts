import type { Keys } from '../keys.ts';
import type { Run } from '../run.ts';

/** Prints the addresses of a stack that a person can open, and what clients need: URLs and keys. */
export function printAddresses(run: Run, keys: Keys): void {
  const rows = [
    ...Object.entries(run.pages),
    ['Studio', run.studioUrl ?? 'off'],
    ['Mailbox', run.mailboxUrl],
    ['Project URL', run.url],
    ['Publishable key', keys.publishableKey],
    ['Secret key', keys.secretKey],
    ['Database', run.databaseUrl],
  ];
  for (const [name = '', value = ''] of rows) console.log(`${name.padStart(16)}: ${value}`);
}
