import { z } from '@hono/zod-openapi';

/** Answer of POST /sweep/. */
export const SweepAnswer = z
  .object({
    removed: z.int().openapi({ description: 'Objects that are gone from Storage.' }),
  })
  .openapi('Sweep');

/** State of the function and of what it depends on. */
export const HealthAnswer = z
  .object({
    status: z.enum(['ok', 'degraded']),
    dependencies: z.record(z.string(), z.enum(['ok', 'unavailable'])),
  })
  .openapi('Health');
