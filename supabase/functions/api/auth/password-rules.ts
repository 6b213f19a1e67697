import { z } from '@hono/zod-openapi';
import { limits } from '../limits.ts';

/** Auth hashes with bcrypt, which takes no more. */
export const PASSWORD_MAX_BYTES = 72;

/** A password that is to be set. */
export const password = z
  .string('A password is required.')
  .refine(
    (text) => [...text].length >= limits.password_min,
    `A password has at least ${limits.password_min} characters.`,
  )
  .refine(
    (text) => new TextEncoder().encode(text).length <= PASSWORD_MAX_BYTES,
    `A password has at most ${PASSWORD_MAX_BYTES} bytes.`,
  )
  .openapi({
    format: 'password',
    minLength: limits.password_min,
    description: `At most ${PASSWORD_MAX_BYTES} bytes of UTF-8.`,
  });
