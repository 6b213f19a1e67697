import http from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressesOf, copyProject, removeProjects, run } from './running.ts';

describe('the studio', () => {
  let project = '';
  let studio = '';
  let databaseUrl = '';

  beforeAll(async () => {
    project = copyProject();
    await run(project, 'start', '--port', '0').ready;
    const status = addressesOf(project);
    studio = status.studioUrl ?? '';
    databaseUrl = status.databaseUrl;
  });

  afterAll(async () => {
    await removeProjects([project]);
  });

  it('serves its page and all scripts of it from this machine', async () => {
    const page = await (await fetch(studio)).text();
    const scripts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) {
      expect(script).not.toMatch(/^(https?:)?\/\//);
      expect((await fetch(new URL(script, studio))).status).toBe(200);
    }
  });

  it('shows the rows of a table', async () => {
    const response = await fetch(`${studio}/rest/v1/notes?select=*`);
    expect([response.status, await response.json()]).toEqual([200, []]);
  });

  it('refuses pages of other origins and foreign host names', async () => {
    const fromElsewhere = await fetch(`${studio}/rest/v1/notes`, {
      headers: { origin: 'https://example.com' },
    });
    expect(fromElsewhere.status).toBe(403);
    expect((await get(studio, 'example.com')).status).toBe(403);
  });

  it('does not reveal the password of the database', async () => {
    const info = await (await fetch(`${studio}/_system/info`)).text();
    expect(info).not.toContain(new URL(databaseUrl).password);
  });

  it('serves no other file of the machine', async () => {
    for (const path of [
      '/static/../package.json',
      '/static/%2e%2e/%2e%2e/package.json',
      '/static/assets/../../index.js',
    ]) {
      const { body } = await get(studio, '127.0.0.1', path);
      expect(body).not.toContain('@supabase/lite');
    }
  });
});

/** A request with a host name and a path that fetch would normalize. */
function get(
  url: string,
  host: string,
  path = '/rest/v1/notes',
): Promise<{ status: number | undefined; body: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = http.get(
      { hostname, port, path, headers: { host: `${host}:${port}` } },
      async (response) => {
        resolve({ status: response.statusCode, body: await text(response) });
      },
    );
    request.on('error', reject);
  });
}
