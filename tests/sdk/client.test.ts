import { createClient } from '@supabase/supabase-js';
import { describe, expect, test } from 'vitest';
import { createNoctra } from '../../sdk/src/index.ts';
import { photo } from '../kit/files.ts';
import { dataOf } from '../kit/results.ts';
import { settings } from '../kit/settings.ts';
import { newSdkPerson } from './sdk-people.ts';

/** Signs a user in to a supabase-js client that notes its requests, each with the app's own header. */
async function openClient() {
  const { id, email, password } = await newSdkPerson();
  const requests: string[] = [];
  const supabase = createClient(settings.url, settings.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: {
      headers: { 'X-App': 'mine' },
      fetch: (input, init) => {
        const request = new Request(input, init);
        requests.push(`${request.method} ${new URL(request.url).pathname} ${request.headers.get('x-app')}`);
        return fetch(request);
      },
    },
  });
  await supabase.auth.signInWithPassword({ email, password });
  requests.length = 0;
  return { id, supabase, requests };
}

describe('a supabase-js client that is passed in', () => {
  test('brings its session', async () => {
    const { id, supabase } = await openClient();
    const noctra = createNoctra(settings.url, settings.publishableKey, { supabase });
    expect(noctra.supabase).toBe(supabase);
    expect(dataOf(await noctra.profiles.me()).id).toBe(id);
  });

  test('brings its fetch and its headers to every request', async () => {
    const { supabase, requests } = await openClient();
    const noctra = createNoctra(settings.url, settings.publishableKey, { supabase });
    const on_progress = () => {};
    const post = dataOf(await noctra.posts.create({ caption: 'Mine', media: [photo()], on_progress }));
    dataOf(await noctra.posts.get(post.id));
    dataOf(await noctra.profiles.update({ bio: 'Mine' }));
    dataOf(await noctra.posts.remove(post.id));
    // The uploads are removed while the next call runs.
    expect(requests.map((request) => request.replace(/\/[0-9a-f-]{36}/g, '/…')).sort()).toEqual(
      [
        'POST /storage/v1/object/uploads/…/… mine',
        'POST /functions/v1/api/posts/ mine',
        'DELETE /functions/v1/api/uploads/ mine',
        'GET /rest/v1/rpc/get_post mine',
        'POST /storage/v1/object/sign/post-media mine',
        'PATCH /functions/v1/api/userprofiles/me/ mine',
        'DELETE /functions/v1/api/posts/…/ mine',
      ].sort(),
    );
  });

  test('brings them to the requests to a replica', async () => {
    const { supabase, requests } = await openClient();
    const read_url = settings.url.replace('127.0.0.1', 'localhost');
    const noctra = createNoctra(settings.url, settings.publishableKey, { supabase, read_url });
    dataOf(await noctra.posts.list({ owner: 'me' }));
    expect(requests).toEqual(['GET /rest/v1/rpc/list_posts mine']);
  });
});
