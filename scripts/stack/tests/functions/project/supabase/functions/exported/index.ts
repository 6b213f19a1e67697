import { outside } from '../../../shared/outside.ts';

export default {
  fetch: () => Response.json({ outside, variables: Deno.env.toObject() }),
};
