import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { password } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';
import { browserArguments, findBrowser } from './browser/find-browser.ts';
import { type ServedPage, servePage } from './browser/serve-page.ts';
import { newSdkPerson } from './sdk-people.ts';

const executablePath = findBrowser();
if (!executablePath) {
  console.warn('Skipped: no Chromium, Chrome or Edge is installed. CHROMIUM_PATH can name one.');
}

describe.skipIf(!executablePath)('in a browser, on a page of another origin', () => {
  let served: ServedPage;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    served = await servePage();
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: browserArguments });
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  test('registers, signs in, posts a file of an <input>, and shows it', async () => {
    const [ben, cleo] = await Promise.all([newSdkPerson(), newSdkPerson()]);
    const username = `web_${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
    await page.goto(served.url);
    expect(new URL(served.url).origin).not.toBe(new URL(settings.url).origin);

    const registered = await page.evaluate(
      async ({ url, publishableKey, ...person }) => {
        window.noctra = window.createNoctra(url, publishableKey);
        const { data, error } = await window.noctra.auth.register(person);
        return { id: data?.session?.user.id, code: error?.code };
      },
      {
        url: settings.url,
        publishableKey: settings.publishableKey,
        username,
        email: `${username}@example.com`,
        password,
      },
    );
    expect(registered).toEqual({ id: expect.any(String), code: undefined });

    const signedIn = await page.evaluate(
      async (credentials) => {
        await window.noctra.auth.signOut();
        const refused = await window.noctra.auth.signIn({ ...credentials, password: 'not the password' });
        const { data, error } = await window.noctra.auth.signIn(credentials);
        return { refused: refused.error?.code, id: data?.session.user.id, code: error?.code };
      },
      { username, password },
    );
    expect(signedIn).toEqual({ refused: 'invalid_credentials', id: registered.id, code: undefined });

    // supabase-js restores the session from localStorage.
    await page.reload();
    await page.setInputFiles('input', fileURLToPath(new URL('../kit/media/photo.jpg', import.meta.url)));
    const posted = await page.evaluate(
      async ({ url, publishableKey, mentions }) => {
        window.noctra = window.createNoctra(url, publishableKey);
        const input = document.querySelector('input');
        const { data, error } = await window.noctra.posts.create({
          caption: 'From a browser',
          media: [...(input?.files ?? [])],
          tags: ['web'],
          mentions,
          is_public: false,
        });
        return { post: data, code: error?.code, message: error?.message };
      },
      { url: settings.url, publishableKey: settings.publishableKey, mentions: [ben.username, cleo.username] },
    );
    expect(posted).toMatchObject({
      code: undefined,
      post: {
        owner: { id: registered.id, username },
        tags: [{ name: 'web' }],
        media: [{ mime_type: 'image/jpeg' }],
      },
    });
    expect(posted.post?.mentions).toHaveLength(2);

    const shown = await page.evaluate(async (id) => {
      const { data } = await window.noctra.posts.list();
      const post = data?.find((candidate) => candidate.id === id);
      const image = document.querySelector('img');
      if (!image || !post?.media[0]?.url) return null;
      image.src = post.media[0].url;
      await image.decode();
      return { width: image.naturalWidth, height: image.naturalHeight };
    }, posted.post?.id);
    expect(shown).toEqual({ width: 640, height: 480 });
    expect(complaints).toEqual([]);
  }, 60_000);

  test('reports the progress of an upload, and aborts one', async () => {
    const { email, password } = await newSdkPerson();
    await page.goto(served.url);
    // Two megabytes take two seconds: the page hears what has left.
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    const slow = { latency: 0, downloadThroughput: -1, uploadThroughput: 1024 * 1024, offline: false };
    await session.send('Network.emulateNetworkConditions', slow);
    const size = 2 * 1024 * 1024;

    const told = await page.evaluate(
      async ({ url, publishableKey, size, ...person }) => {
        const noctra = window.createNoctra(url, publishableKey);
        await noctra.supabase.auth.signInWithPassword(person);
        window.noctra = noctra;
        const file = new File([new Uint8Array(size)], 'large.mp4', { type: 'video/mp4' });
        const loaded: number[] = [];
        const { data, error } = await noctra.media.upload(file, {
          on_progress: (progress) => void loaded.push(progress.loaded),
        });
        return { path: data?.path, code: error?.code, loaded };
      },
      { url: settings.url, publishableKey: settings.publishableKey, size, email, password },
    );
    expect(told).toMatchObject({
      code: undefined,
      path: expect.stringMatching(/^[0-9a-f-]{36}\/[0-9a-f-]{36}$/),
    });
    expect(told.loaded.length).toBeGreaterThan(5);
    expect(told.loaded).toEqual([...new Set(told.loaded)].sort((a, b) => a - b));
    expect(told.loaded.at(-1)).toBe(size);
    expect(told.loaded.filter((bytes) => bytes < size / 2).length).toBeGreaterThan(1);

    const stopped = await page.evaluate(async (size) => {
      const controller = new AbortController();
      const file = new File([new Uint8Array(size)], 'large.mp4', { type: 'video/mp4' });
      const loaded: number[] = [];
      const { error } = await window.noctra.posts.create({
        caption: 'Never mind',
        media: [file],
        signal: controller.signal,
        on_progress: (progress) => {
          loaded.push(progress.loaded);
          if (progress.loaded > size / 4) controller.abort();
        },
      });
      return { code: error?.code, most: Math.max(...loaded) };
    }, size);
    expect(stopped.code).toBe('aborted');
    expect(stopped.most).toBeLessThan(size);
    await session.detach();
    expect(complaints).toEqual([]);
  }, 60_000);

  test('restores the session that supabase-js has stored', async () => {
    const { id, email, password } = await newSdkPerson();
    await page.goto(served.url);
    await page.evaluate(
      ({ url, publishableKey, ...person }) =>
        window.createNoctra(url, publishableKey).supabase.auth.signInWithPassword(person),
      { url: settings.url, publishableKey: settings.publishableKey, email, password },
    );
    await page.reload();
    const restored = await page.evaluate(
      async ({ url, publishableKey }) => {
        const { data } = await window.createNoctra(url, publishableKey).profiles.me();
        return data?.id;
      },
      { url: settings.url, publishableKey: settings.publishableKey },
    );
    expect(restored).toBe(id);
  }, 60_000);
});
