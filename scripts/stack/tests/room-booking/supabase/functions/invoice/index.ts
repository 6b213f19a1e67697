import { createClient } from '@supabase/supabase-js';
import { euros } from 'shared/money.ts';
import { z } from 'zod';

const Input = z.object({ team: z.string().min(1) });

/** What a team owes, as far as the caller may see it. */
Deno.serve(async (request) => {
  const input = Input.safeParse(await request.json().catch(() => null));
  if (!input.success) return Response.json({ issues: input.error.issues.length }, { status: 400 });
  const client = createClient(Deno.env.get('SUPABASE_URL') ?? '', Deno.env.get('SUPABASE_ANON_KEY') ?? '', {
    global: { headers: { authorization: request.headers.get('authorization') ?? '' } },
  });
  const { data, error } = await client
    .schema('reports')
    .from('costs')
    .select('cost')
    .eq('team', input.data.team);
  if (error) return Response.json({ error: error.message }, { status: 500 });
  const total = data.reduce((sum, { cost }) => sum + cost, 0);
  return Response.json({ team: input.data.team, total: euros(total) });
});
