import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, password } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';
import { browserArguments, findBrowser } from './browser/find-browser.ts';

const root = fileURLToPath(new URL('../../sdk/example', import.meta.url));
const photo = fileURLToPath(new URL('../kit/media/photo.jpg', import.meta.url));
const picture = fileURLToPath(new URL('../kit/media/picture.webp', import.meta.url));

const executablePath = findBrowser();
if (!executablePath) {
  console.warn('Skipped: no Chromium, Chrome or Edge is installed. CHROMIUM_PATH can name one.');
}

describe.skipIf(!executablePath)('the example app', () => {
  let folder: string;
  let server: PreviewServer;
  let browser: Browser;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'noctra-example-'));
    const variables = { VITE_NOCTRA_URL: settings.url, VITE_NOCTRA_PUBLISHABLE_KEY: settings.publishableKey };
    const define = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [`import.meta.env.${name}`, JSON.stringify(value)]),
    );
    await build({ root, define, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
    server = await preview({
      root,
      logLevel: 'error',
      build: { outDir: folder },
      preview: { port: 0, host: '127.0.0.1' },
    });
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: browserArguments });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  afterEach(() => expect(complaints.splice(0)).toEqual([]));

  /** Opens the app in a browser of its own. */
  async function openPage(): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(server.resolvedUrls?.local[0] ?? '');
    return page;
  }

  /** Opens the app, and registers a user in it. */
  async function openAs(username: string): Promise<Page> {
    const page = await openPage();
    await register(page, username);
    return page;
  }

  async function register(page: Page, username: string): Promise<void> {
    await page.getByRole('button', { name: 'Make a new account' }).click();
    await page.getByLabel('User name').fill(username);
    await page.getByLabel('E-mail address').fill(`${username}@example.com`);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Register' }).click();
    await page.getByText('It is quiet here.').waitFor();
  }

  test('shows a like, a comment and a follow of one browser in the other, without a reload', async () => {
    const unique = crypto.randomUUID().slice(0, 8);
    const [ann, ben] = await Promise.all([openAs(`ann_${unique}`), openAs(`ben_${unique}`)]);

    await ann.getByRole('link', { name: 'New post' }).click();
    const caption = ann.getByLabel('Caption');
    await caption.pressSequentially(`At the quay${unique} with @ben_${unique.slice(0, 6)}`);
    await ann.getByRole('option', { name: `@ben_${unique}` }).waitFor();
    await caption.press('Enter');
    await caption.pressSequentially(`#sea_${unique}`);
    expect(await caption.inputValue()).toBe(`At the quay${unique} with @ben_${unique} #sea_${unique}`);
    await ann.getByLabel('Add pictures').setInputFiles([photo, picture]);
    await ann.getByLabel('Description of photo.jpg').fill('Two gulls over the sea');
    await ann.getByRole('button', { name: 'Publish' }).click();
    await ann.getByRole('img', { name: 'Two gulls over the sea' }).waitFor();
    await ann.getByText('Your post is published.').waitFor();
    const post = new URL(ann.url()).pathname;
    expect(await ann.getByRole('article').getByText('1 / 2').count()).toBe(1);
    await ann.getByRole('button', { name: 'Next' }).click();
    await ann.getByText('2 / 2').waitFor();

    // The mention is a notification, and leads to the post.
    await ben.getByRole('link', { name: 'Notifications 1 unread' }).click();
    await ben.getByRole('link', { name: 'Notifications', exact: true }).waitFor();
    await ben.getByRole('link', { name: `ann_${unique} mentioned you` }).click();
    await ben.getByRole('link', { name: `#sea_${unique}` }).waitFor();
    expect(new URL(ben.url()).pathname).toBe(post);

    await ben.getByRole('button', { name: 'Like, 0' }).click();
    await ann.getByRole('button', { name: 'Like, 1' }).waitFor();
    expect(await ann.getByRole('button', { name: 'Like, 1' }).getAttribute('aria-pressed')).toBe('false');

    await ben.getByLabel('Write a comment').fill('I remember the gulls!');
    await ben.getByRole('button', { name: 'Send' }).click();
    await ann.getByText('I remember the gulls!').first().waitFor();
    await ann.getByText(`Reply to ben_${unique}`).click();
    await ann.getByLabel(`Reply to ben_${unique}`).fill('So do I.');
    await ann.getByLabel(`Reply to ben_${unique}`).press('Tab');
    await ann.keyboard.press('Enter');
    await ben.getByText('1 reply').click();
    await ben.getByText('So do I.').first().waitFor();

    await ben
      .getByRole('link', { name: `ann_${unique}`, exact: true })
      .first()
      .click();
    await ben.getByRole('button', { name: `Follow ann_${unique}` }).click();
    await ben.getByText('1 follower', { exact: true }).waitFor();
    await ann.getByText(`ben_${unique} follows you`).waitFor();

    await ben.getByRole('link', { name: 'Search' }).click();
    await ben.getByRole('searchbox').fill(`ann_${unique}`);
    await ben.getByRole('searchbox').press('Enter');
    await ben
      .getByRole('listitem')
      .getByRole('link', { name: `ann_${unique}` })
      .waitFor();
    await ben.getByRole('searchbox').fill(`QUAY${unique}`);
    await ben.getByRole('searchbox').press('Enter');
    await ben.getByRole('article', { name: `Post by ann_${unique}` }).waitFor();
    await ben.getByRole('searchbox').fill(`#sea_${unique.slice(0, 6)}`);
    await ben.getByRole('searchbox').press('Enter');
    await ben.getByRole('link', { name: `#sea_${unique} 1 person` }).waitFor();

    await ben.getByRole('link', { name: 'Home' }).click();
    await ben.getByRole('article', { name: `Post by ann_${unique}` }).waitFor();
  }, 90_000);

  test('works by keyboard: the heading of a new page has the focus, and Back returns to where it was', async () => {
    const unique = crypto.randomUUID().slice(0, 8);
    const cleo = await openAs(`cleo_${unique}`);
    const focused = () => cleo.evaluate(() => document.activeElement?.textContent);
    await cleo.getByRole('link', { name: 'New post' }).press('Enter');
    await cleo.getByRole('heading', { level: 1, name: 'New post' }).waitFor();
    expect(await focused()).toBe('New post');
    await cleo.keyboard.press('Tab');
    await cleo.keyboard.type('By keyboard');
    for (let times = 0; times < 2; times++) await cleo.keyboard.press('Tab');
    await cleo.keyboard.press('Enter');
    await cleo.getByText('Your post is published.').waitFor();
    await cleo.getByRole('article', { name: `Post by cleo_${unique}` }).waitFor();
    expect(await focused()).toBe(`Post by cleo_${unique}`);

    await cleo.getByRole('link', { name: 'Profile' }).press('Enter');
    await cleo.getByRole('heading', { level: 1, name: `cleo_${unique}` }).waitFor();
    expect(await focused()).toBe(`cleo_${unique}`);
    await cleo.getByRole('button', { name: 'Back' }).press('Enter');
    await cleo.getByRole('article', { name: `Post by cleo_${unique}` }).waitFor();
    expect(await cleo.title()).toBe(`Post by cleo_${unique} · Noctra`);
  }, 60_000);

  test('reads on where the feed ends, and shows it as it was after Back', async () => {
    const { username, client } = await newPerson();
    for (let number = 1; number <= 22; number++)
      await client.rpc('create_post', { caption: `Number ${number}.` });
    const page = await openPage();
    await page.getByLabel('User name').fill(username);
    await page.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
    await page.getByText('Number 22.').waitFor();
    await page.getByText('Number 3.').scrollIntoViewIfNeeded();
    const oldest = page.getByRole('article').filter({ hasText: 'Number 1.' });
    await oldest.scrollIntoViewIfNeeded();
    const before = await page.evaluate(() => scrollY);
    await oldest.getByRole('link', { name: '0 comments' }).click();
    await page.getByText('No comments yet.').waitFor();
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await page.goBack();
    await oldest.waitFor();
    await expect.poll(() => page.evaluate(() => scrollY)).toBe(before);
  }, 60_000);

  test('shows nothing of a user who has signed out to the next one', async () => {
    const unique = crypto.randomUUID().slice(0, 8);
    const page = await openAs(`emil_${unique}`);
    await page.getByRole('link', { name: 'Profile' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Make a new account' }).waitFor();
    await page.goBack();
    await register(page, `fay_${unique}`);
    const profile = await page.getByRole('link', { name: 'Profile' }).getAttribute('href');
    expect(profile).toBe(`/people/fay_${unique}`);
  }, 60_000);

  test('tells a user what is wrong with a registration, and marks the field', async () => {
    const username = `dora_${crypto.randomUUID().slice(0, 8)}`;
    await openAs(username);
    const page = await openPage();
    await page.getByRole('button', { name: 'Make a new account' }).click();
    await page.getByLabel('User name').fill(username);
    await page.getByLabel('E-mail address').fill(`other_${username}@example.com`);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Register' }).click();
    await page.getByText('This user name is taken.').waitFor();
    expect(await page.getByLabel('User name').getAttribute('aria-invalid')).toBe('true');
  }, 60_000);
});
