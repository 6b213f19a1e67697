import { createClient } from '@supabase/supabase-js';
import { describe, expect, test } from 'vitest';
import type { Database } from '../../supabase/functions/api/database.types.ts';
import type { Caller } from '../../supabase/functions/api/http/context.ts';
import { postMedia } from '../../supabase/functions/api/media/inspection.ts';
import { type FormFile, storeFiles } from '../../supabase/functions/api/media/store-files.ts';
import { config } from '../kit/api.ts';
import { fixtureBytes } from '../kit/files.ts';
import { objectsOf } from '../kit/owned.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';

const file = (filename: string): FormFile => ({
  part: { name: 'media', filename, contentType: '', data: fixtureBytes(filename) },
  rules: postMedia,
});
const files = ['photo.jpg', 'picture.png', 'animation.gif', 'clip.mp4', 'tone.mp3', 'tone.wav'].map(file);

/** Somebody whose connection to Storage breaks in the middle of the uploads. */
function unluckyCaller(person: Person): Caller {
  const unlucky: typeof fetch = async (input, init) => {
    const isUpload = String(input).includes('/object/post-media/') && init?.method === 'POST';
    if (isUpload && String(input).endsWith('.mp4')) throw new TypeError('connection reset');
    return fetch(input, init);
  };
  const client = createClient<Database>(settings.url, settings.publishableKey, {
    accessToken: async () => person.token,
    global: { fetch: unlucky },
  });
  return { id: person.id, email: person.email, token: person.token, client };
}

describe('when one of several uploads breaks down', () => {
  const brokenDown = { problem: { status: 503, code: 'service_unavailable' } };

  test('what was stored is taken back', async () => {
    const person = await newPerson();
    await expect(storeFiles(config, unluckyCaller(person), files, null)).rejects.toMatchObject(brokenDown);
    expect(await objectsOf(person)).toEqual([]);
  });

  test('under an idempotency key what was stored waits for the next try, which names it the same', async () => {
    const person = await newPerson();
    const unlucky = unluckyCaller(person);
    await expect(storeFiles(config, unlucky, files, 'a key')).rejects.toMatchObject(brokenDown);
    const waiting = await objectsOf(person);
    expect(waiting.length).toBeGreaterThan(0);
    const withoutVideo = files.slice(0, 3);
    const stored = await storeFiles(config, unlucky, withoutVideo, 'a key');
    expect(stored.paths.filter((path) => waiting.includes(path))).toEqual(stored.paths);
  });
});
