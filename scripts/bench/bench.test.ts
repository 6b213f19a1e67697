import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report } from './report.ts';

const execute = promisify(execFile);
const program = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));
const data = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));

let report: Report;
// The figures depend on the machine. The tests check that the benchmark runs and that all ways return the same rows.
beforeAll(async () => {
  const areas = ['--only', 'pages,lists,writes,reactions,extraction,sign-in,sdk'];
  const size = ['--posts', '2000', '--people', '20000', '--rounds', '1', '--data', data];
  await execute(process.execPath, [program('main.ts'), ...size, ...areas]);
  report = JSON.parse(fs.readFileSync(path.join(data, 'report.json'), 'utf8'));
}, 400_000);
afterAll(() => fs.rmSync(data, { recursive: true, force: true }));

it('the benchmark measures each area of --only', () => {
  const areas = new Set(report.figures.map(({ area }) => area));
  expect([...areas]).toEqual([
    'Pages, as SQL',
    'Home feed, as SQL',
    'Lists, as SQL',
    "Pages above a run of one person's private posts, as SQL",
    'Making a post, as SQL',
    'Likes and follows, as SQL',
    'Extraction',
    'Sign-in',
    'The SDK, without supabase-js',
  ]);
  for (const { name, value } of report.figures) expect(value.median, name).not.toBeNaN();
});

it('the report has the query plan of each page', () => {
  expect(Object.keys(report.plans)).toContain('newest');
  for (const plan of Object.values(report.plans)) expect(plan).toMatch(/actual time=.*\n.*Buffers: /);
});

it('the plot is an HTML page with SVG and without scripts', async () => {
  await execute(process.execPath, [program('plot.ts'), path.join(data, 'report.json')]);
  const page = fs.readFileSync(path.join(data, 'report.html'), 'utf8');
  expect(page).toContain('<svg');
  expect(page).not.toContain('<script');
});
