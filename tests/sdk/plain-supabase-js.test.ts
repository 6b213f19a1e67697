import { createClient } from '@supabase/supabase-js';
import { describe, expect, test } from 'vitest';
import type { Database } from '../../sdk/src/index.ts';
import { fixtureBytes, load, photo } from '../kit/files.ts';
import { settings } from '../kit/settings.ts';
import { newSdkPerson } from './noctra.ts';

describe('supabase-js alone, without the SDK', () => {
  test('signs in, uploads a photo, makes the post and reads it back', async () => {
    const [ann, ben, cleo] = await Promise.all([newSdkPerson(), newSdkPerson(), newSdkPerson()]);
    const supabase = createClient<Database>(settings.url, settings.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    const signedIn = await supabase.auth.signInWithPassword({ email: ann.email, password: ann.password });
    expect(signedIn.error).toBeNull();

    const path = `${ann.id}/${crypto.randomUUID()}.jpg`;
    const uploaded = await supabase.storage.from('post-media').upload(path, photo());
    expect(uploaded.error).toBeNull();

    const made = await supabase.rpc('create_post', {
      caption: 'Sunset by the sea',
      media: [path],
      tags: ['summer'],
      mentions: [ben.username, cleo.username],
    });
    expect(made.error).toBeNull();
    expect(made.data).toMatchObject({ owner_id: ann.id, caption: 'Sunset by the sea', is_public: true });

    const read = await supabase
      .from('posts')
      .select(
        'id, caption, tags(name), mentions:profiles!post_mentions(username), media:post_media(path, mime_type, size)',
      )
      .order('id', { ascending: false })
      .eq('owner_id', ann.id);
    expect(read.error).toBeNull();
    expect(read.data).toEqual([
      {
        id: made.data?.id,
        caption: 'Sunset by the sea',
        tags: [{ name: 'summer' }],
        mentions: expect.arrayContaining([{ username: ben.username }, { username: cleo.username }]),
        media: [{ path, mime_type: 'image/jpeg', size: fixtureBytes('photo.jpg').length }],
      },
    ]);

    const downloaded = await supabase.storage.from('post-media').download(path);
    expect(new Uint8Array((await downloaded.data?.arrayBuffer()) ?? [])).toEqual(fixtureBytes('photo.jpg'));

    // Others see a file once its bytes were looked into: the functions do that before, the sweep for the rest.
    const bens = () => ben.noctra.supabase.storage.from('post-media').createSignedUrl(path, 60);
    expect((await bens()).data).toBeNull();
    const headers = { apikey: settings.secretKey };
    await fetch(`${settings.url}/functions/v1/api/sweep/`, { method: 'POST', headers });
    expect(await load((await bens()).data?.signedUrl)).toEqual(fixtureBytes('photo.jpg'));
  });

  test('meets the same rules: the error of the RPC carries the code', async () => {
    const { noctra } = await newSdkPerson();
    const { data, error, status } = await noctra.supabase.rpc('create_post', { caption: '   ' });
    expect(data).toBeNull();
    expect(status).toBe(422);
    expect(error).toMatchObject({ code: 'PT422', hint: 'caption_invalid', details: 'caption' });
  });
});
