import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserArguments, findBrowser } from '../sdk/browser/find-browser.ts';
import { settings } from '../settings.ts';
import { base, newUsername, openApiDocument } from './client.ts';

describe('the page to read and try the API', () => {
  test('is one file that runs nothing but its own script', async () => {
    const response = await fetch(`${base}/docs/`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; connect-src 'self'; /,
    );
    const html = await response.text();
    expect(html).toMatch(/^<!doctype html>/);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/ src=|<link rel="stylesheet"|@import|\son\w+="/);
  });
});

const executablePath = findBrowser();
if (!executablePath) {
  console.warn('Skipped: no Chromium, Chrome or Edge is installed. CHROMIUM_PATH can name one.');
}

describe.skipIf(!executablePath)('in a browser, the page', () => {
  let browser: Browser;
  const complaints: string[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: browserArguments });
  });
  afterAll(() => browser.close());

  async function open(path: string, width: number): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== 'data:' && origin !== settings.url) complaints.push(`asks ${origin}`);
    });
    await page.goto(settings.url + path);
    await page.locator('.endpoint').first().waitFor();
    return page;
  }

  test.each([
    ['a telephone', '/functions/v1/api/docs/', 360],
    [
      'a telephone, at the other address and without a slash',
      `${new URL(settings.apiUrl).pathname}/docs`,
      360,
    ],
    ['a desktop', '/functions/v1/api/docs/', 1280],
  ])('lists every endpoint on %s, and nothing sticks out', async (_, path, width) => {
    const page = await open(path, width);
    const { paths } = await openApiDocument;
    const endpoints = Object.values(paths).flatMap((methods) => Object.keys(methods));
    expect(await page.locator('.endpoint').count()).toBe(endpoints.length);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    await page.locator('#deletePost .try').waitFor();
    expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBe(width);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('registers somebody, takes the token, and publishes a post with a file', async () => {
    const page = await open('/functions/v1/api/docs/', 390);
    const endpoint = async (name: string) => {
      await page.locator(`#${name} > summary`).click();
      return page.locator(`#${name}`);
    };
    const username = newUsername();
    const register = await endpoint('register');
    const account = { username, email: `${username}@example.com`, password: 'longenough' };
    await register.getByLabel('Body').fill(JSON.stringify(account));
    await register.getByRole('button', { name: 'Send' }).click();
    await register.getByRole('button', { name: 'Use this token' }).click();

    const publish = await endpoint('publishPost');
    await publish.getByLabel('Body as').selectOption('multipart/form-data');
    await publish.getByLabel(/^caption/).fill('From the page');
    const photo = new URL('../fixtures/media/photo.jpg', import.meta.url).pathname;
    await publish.getByLabel(/^media/).setInputFiles(photo);
    await publish.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => publish.locator('.status').textContent()).toMatch(/^201 Created/);
    const [headers = '', body = ''] = await publish.locator('.output pre').allTextContents();
    expect(headers).toContain('location: /functions/v1/api/posts/');
    expect(JSON.parse(body)).toMatchObject({
      caption: 'From the page',
      owner: { username },
      media: [{ width: 640 }],
    });
    // The token is kept nowhere.
    expect(await page.evaluate('localStorage.length + sessionStorage.length + document.cookie.length')).toBe(
      0,
    );
    expect(complaints).toEqual([]);
    await page.close();
  });
});
