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

/** The types of a project as `supabase gen types` writes them: PostgREST 13 is what allows `maxAffected`. */
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

  test('refuses none, and says so', async () => {
    const { error, status } = await articles().select('id').eq('id', randomUUID()).single();
    expect(status).toBe(406);
    expect(error).toMatchObject({
      code: 'PGRST116',
      message: 'Cannot coerce the result to a single JSON object',
      details: 'The result contains 0 rows',
    });
  });

  test('refuses several, and says how many', async () => {
    const { error, status } = await articles().select('id').eq('author_id', world.ann.id).single();
    expect(status).toBe(406);
    expect(error).toMatchObject({ code: 'PGRST116', details: 'The result contains 3 rows' });
  });

  test('may be none with maybeSingle, and not several', async () => {
    const none = await articles().select('id').eq('id', randomUUID()).maybeSingle();
    expect([none.data, none.error]).toEqual([null, null]);
    const one = await articles().select('id').eq('id', world.first).maybeSingle();
    expect([one.data, one.error]).toEqual([{ id: world.first }, null]);
    const many = await articles().select('id').eq('author_id', world.ann.id).maybeSingle();
    expect(many.error?.code).toBe('PGRST116');
  });
});

describe('an answer', () => {
  test('comes as CSV', async () => {
    const { data, error } = await articles().select('id, title').eq('id', world.third).csv();
    expect(error).toBeNull();
    expect(data?.trimEnd()).toBe(`id,title\n${world.third},"${titles[2]}"`);
  });

  test('comes without nulls', async () => {
    const person = dataOf(
      await world.ann.client.from('people').select('id, bio').eq('id', world.ann.id).stripNulls().single(),
    );
    expect(person).toEqual({ id: world.ann.id });
  });

  test('says that it is JSON', async () => {
    const response = await raw('/rest/v1/articles?select=id');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  test('in a form that there is not is refused', async () => {
    const response = await raw('/rest/v1/articles?select=id', { headers: { accept: 'image/png' } });
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({ code: 'PGRST107' });
  });

  // docs.postgrest.org, references/observability, "Execution plan": off unless switched on, which Supabase does not.
  test('is no plan', async () => {
    const { error, status } = await articles().select('id').explain();
    expect([error?.code, status]).toEqual(['PGRST107', 406]);
  });

  test('keeps the type that the app gives it', async () => {
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

describe('a preference', () => {
  // docs.postgrest.org, references/transactions: db-tx-end is "commit" unless set, which ignores it.
  test('for a rollback is ignored', async () => {
    const code = newName();
    dataOf(await service.from('stock').insert({ code }).select().rollback());
    expect(await sql`select id from public.stock where code = ${code}`).toHaveLength(1);
  });

  test('for a most number of rows refuses more, and undoes them', async () => {
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

  test('that is unknown is refused where handling is strict', async () => {
    const response = await raw('/rest/v1/articles?select=id', {
      headers: { prefer: 'handling=strict, anything' },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'PGRST122' });
  });
});

describe('a client', () => {
  test('throws where it is asked to', async () => {
    await expect(anonymous.from('nothing').select().throwOnError()).rejects.toMatchObject({
      code: 'PGRST205',
    });
  });

  test('gives up when it is told to, and goes on with the next request', async () => {
    const { error } = await anonymous.rpc('rest', { seconds: 1 }).abortSignal(AbortSignal.timeout(50));
    expect(error?.message).toMatch(/abort|timeout/i);
    expect(dataOf(await anonymous.rpc('greet', { name: 'Ann' }))).toBe('Hello, Ann');
  });

  test('reads the description of the API with the secret key', async () => {
    const response = await raw('/rest/v1/', { key: target.secretKey });
    expect(response.status).toBe(200);
    const description = await response.json();
    expect(description).toMatchObject({ swagger: '2.0' });
    expect(description.definitions.articles.properties).toHaveProperty('title');
    expect(description.paths).toHaveProperty('/rpc/greet');
  });
});
