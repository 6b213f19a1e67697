import { z } from '@hono/zod-openapi';

export const timestamp = z.iso.datetime({ offset: true });

export const uuid = z.guid('An id is a UUID.').openapi({ format: 'uuid' });

/** The body of every error. */
export const ProblemAnswer = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().openapi({ description: 'Stable: branch on this.' }),
    errors: z.record(z.string(), z.array(z.string())).optional(),
  })
  .openapi('Problem');
