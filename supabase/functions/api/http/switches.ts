import type { z } from '@hono/zod-openapi';
import type { NoctraClient } from './context.ts';
import { addEndpoint, type Endpoint } from './endpoint.ts';
import type { App } from './openapi.ts';

/** One of the two methods: without a schema, its answer has no body. */
interface Side<Params extends z.ZodObject> {
  name: string;
  summary: string;
  description?: string;
  answer?: { description: string; schema: z.ZodType };
  act: (client: NoctraClient, params: z.output<Params>) => PromiseLike<object | null | undefined>;
}

/** A state such as a like: PUT sets it, DELETE clears it. Both are idempotent. */
interface Switch<Params extends z.ZodObject>
  extends Pick<
    Endpoint<Params, z.ZodObject, z.ZodObject, z.ZodUndefined>,
    'path' | 'tag' | 'requireCaller' | 'params' | 'codes' | 'problems'
  > {
  put: Side<Params>;
  delete: Side<Params>;
}

/** Adds both methods of a switch to the application. */
export function addSwitch<Params extends z.ZodObject>(app: App, both: Switch<Params>): void {
  const { put, delete: clear, ...common } = both;
  for (const [method, { act, answer, ...side }] of [
    ['put', put],
    ['delete', clear],
  ] as const) {
    addEndpoint<Params>(app, {
      ...common,
      ...side,
      method,
      answers: answer ? { 200: answer } : { 204: { description: 'Done' } },
      handler: async (c, { params }) => {
        const body = await act(c.var.caller.client, params);
        return answer ? c.json(body, 200) : c.body(null, 204);
      },
    });
  }
}
