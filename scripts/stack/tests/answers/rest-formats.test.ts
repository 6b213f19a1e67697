import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, newName, openDatabase, raw, service, target } from './asking.ts';
import { titles, type Writing, write } from './writing.ts';

const sql = openDatabase();
let world: Writing;
beforeAll(async () => {
  world = await write();
});

/** The types of a project as `supabase gen types` writes them: `maxAffected` needs PostgREST 13. */
interface Database {
  __InternalSupabase: { PostgrestVersion: '13' };
  public: {
    Tables: {
      readings: {
        Row: { id: number; batch: string; value: number | null };
        Insert: { id?: number; batch?: string; value?: number | null };
        Update: { id?: number; batch?: string; value?: number | null };
        Relationships: [];
      };
    };
    Views: Record<never, never>;
    Functions: Record<never, never>;
  };
}

const articles = () => world.ann.client.from('articles');

describe('single', () => {
  test('answers one row as an object', async () => {
    const { data, error } = await articles().select('id').eq('id', world.first).single();
    expect([data, error]).toEqual([{ id: world.first }, null]);
  });

  test('refuses no row with 406', async () => {
    const { error, status } = await articles().select('id').eq('id', randomUUID()).single();
    expect(status).toBe(406);
    expect(error).toMatchObject({
      code: 'PGRST116',
      message: 'Cannot coerce the result to a single JSON object',
      details: 'The result contains 0 rows',
    });
  });

  test('refuses several rows with 406 and their number', async () => {
    const { error, status } = await articles().select('id').eq('author_id', world.ann.id).single();
    expect(status).toBe(406);
    expect(error).toMatchObject({ code: 'PGRST116', details: 'The result contains 3 rows' });
  });

  test('answers null for no row with maybeSingle, and refuses several', async () => {
    const none = await articles().select('id').eq('id', randomUUID()).maybeSingle();
    expect([none.data, none.error]).toEqual([null, null]);
    const one = await articles().select('id').eq('id', world.first).maybeSingle();
    expect([one.data, one.error]).toEqual([{ id: world.first }, null]);
    const many = await articles().select('id').eq('author_id', world.ann.id).maybeSingle();
    expect(many.error?.code).toBe('PGRST116');
  });
});

describe('formats', () => {
  test('answers CSV', async () => {
    const { data, error } = await articles().select('id, title').eq('id', world.third).csv();
    expect(error).toBeNull();
    expect(data?.trimEnd()).toBe(`id,title\n${world.third},"${titles[2]}"`);
  });

  test('leaves out null fields', async () => {
    const person = dataOf(
      await world.ann.client.from('people').select('id, bio').eq('id', world.ann.id).stripNulls().single(),
    );
    expect(person).toEqual({ id: world.ann.id });
  });

  test('answers the content type of JSON', async () => {
    const response = await raw('/rest/v1/articles?select=id');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  test('refuses a media type that it cannot produce', async () => {
    const response = await raw('/rest/v1/articles?select=id', { headers: { accept: 'image/png' } });
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({ code: 'PGRST107' });
  });

  // docs.postgrest.org, references/observability, "Execution plan": off unless switched on, which Supabase does not.
  test('refuses to show the plan of a query', async () => {
    const { error, status } = await articles().select('id').explain();
    expect([error?.code, status]).toEqual(['PGRST107', 406]);
  });

  test('answers with the type that the app declares', async () => {
    const row = dataOf(
      await articles()
        .select('id')
        .eq('id', world.first)
        .single()
        .overrideTypes<{ id: string }, { merge: false }>(),
    );
    expect(row.id.length).toBe(36);
  });
});

describe('preferences', () => {
  // docs.postgrest.org, references/transactions: db-tx-end is "commit" unless set, which ignores it.
  test('ignores a preference for rollback', async () => {
    const code = newName();
    dataOf(await service.from('stock').insert({ code }).select().rollback());
    expect(await sql`select id from public.stock where code = ${code}`).toHaveLength(1);
  });

  test('refuses and rolls back a change of more rows than max-affected', async () => {
    const batch = newName();
    const rows = [1, 2].map((value) => ({ batch, value }));
    const options = { auth: { persistSession: false } };
    const readings = () => createClient<Database>(target.url, target.secretKey, options).from('readings');
    dataOf(await readings().insert(rows).select());
    const { error, status } = await readings()
      .update({ value: 9 })
      .eq('batch', batch)
      .maxAffected(1)
      .select();
    expect([error?.code, status]).toEqual(['PGRST124', 400]);
    expect(await sql`select id from public.readings where batch = ${batch} and value = 9`).toHaveLength(0);
    const { error: allowed } = await readings().delete().eq('batch', batch).maxAffected(2);
    expect(allowed).toBeNull();
  });

  test('refuses an unknown preference with strict handling', async () => {
    const response = await raw('/rest/v1/articles?select=id', {
      headers: { prefer: 'handling=strict, anything' },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'PGRST122' });
  });
});

describe('clients', () => {
  test('throws an error with throwOnError', async () => {
    await expect(anonymous.from('nothing').select().throwOnError()).rejects.toMatchObject({
      code: 'PGRST205',
    });
  });

  test('aborts a request on a signal, and serves the next', async () => {
    const { error } = await anonymous.rpc('rest', { seconds: 1 }).abortSignal(AbortSignal.timeout(50));
    expect(error?.message).toMatch(/abort|timeout/i);
    expect(dataOf(await anonymous.rpc('greet', { name: 'Ann' }))).toBe('Hello, Ann');
  });

  test('shows the description of the API to the secret key', async () => {
    const response = await raw('/rest/v1/', { key: target.secretKey });
    expect(response.status).toBe(200);
    const description = await response.json();
    expect(description).toMatchObject({ swagger: '2.0' });
    expect(description.definitions.articles.properties).toHaveProperty('title');
    expect(description.paths).toHaveProperty('/rpc/greet');
  });
});
