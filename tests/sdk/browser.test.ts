import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settings } from '../settings.ts';
import { findBrowser } from './browser/find-browser.ts';
import { type ServedPage, servePage } from './browser/serve-page.ts';
import { registerPerson } from './people.ts';

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
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      // A sandbox needs rights that a container's root has not; the rest keeps the browser from calling home.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  test('registers, signs in, posts a file of an <input>, reads it back and shows it', async () => {
    const [ben, cleo] = await Promise.all([registerPerson(), registerPerson()]);
    const username = `web_${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
    const password = 'correct horse battery';
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

    // The session outlives the page: supabase-js restores it from localStorage.
    await page.reload();
    await page.setInputFiles('input', fileURLToPath(new URL('../fixtures/media/photo.jpg', import.meta.url)));
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
      const { data } = await window.noctra.posts.page();
      const post = data?.posts.find((candidate) => candidate.id === id);
      const image = document.querySelector('img');
      if (!image || !post?.media[0]?.url) return null;
      image.src = post.media[0].url;
      await image.decode();
      return { width: image.naturalWidth, height: image.naturalHeight };
    }, posted.post?.id);
    expect(shown).toEqual({ width: 640, height: 480 });
    expect(complaints).toEqual([]);
  }, 60_000);
});
