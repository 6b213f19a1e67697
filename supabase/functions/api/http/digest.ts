import { createHash } from 'node:crypto';

/** SHA-256 in hexadecimal digits. Not `crypto.subtle`, which copies what it is given: 50 MB out of a function's 256. */
export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}
