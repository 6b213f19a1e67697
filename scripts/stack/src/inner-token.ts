import { randomBytes } from 'node:crypto';

/** What Lite would sign tokens with: it lives as long as the process, and no token signed with it leaves it. */
export const innerSecret = randomBytes(32).toString('base64url');

/** Lite's own keys, known inside this process only. */
export const innerPublishableKey = `sb_publishable_${randomBytes(16).toString('base64url')}`;
export const innerSecretKey = `sb_secret_${randomBytes(16).toString('base64url')}`;
