import { z } from '@hono/zod-openapi';
import { limits } from '../limits.ts';

/** A new password. */
export const password = z
  .string('A password is required.')
  .refine(
    (text) => [...text].length >= limits.password_min,
    `A password has at least ${limits.password_min} characters.`,
  )
  .refine(
    (text) => new TextEncoder().encode(text).length <= limits.password_max_bytes,
    `A password has at most ${limits.password_max_bytes} bytes.`,
  )
  .openapi({
    format: 'password',
    minLength: limits.password_min,
    description: `At most ${limits.password_max_bytes} bytes of UTF-8.`,
  });
