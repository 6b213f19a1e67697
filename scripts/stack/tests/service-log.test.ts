import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openServiceLog, report } from '../src/service-log.ts';

let folder = '';
let close: () => void;
let printed: string[] = [];
const logged = () => fs.readFileSync(path.join(folder, 'services.log'), 'utf8');

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'service-log-'));
  close = openServiceLog(path.join(folder, 'services.log'));
  printed = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
});

afterEach(() => {
  vi.restoreAllMocks();
  close();
  fs.rmSync(folder, { recursive: true });
});

describe('a report', () => {
  it('of a service is printed and logged under its name', async () => {
    report('storage', 'GET /object/a:', new Error('the disk is broken'));
    expect(printed.join('')).toMatch(/^storage: GET \/object\/a: Error: the disk is broken\n {4}at /);
    await expect.poll(logged).toMatch(/^\d{4}-\S+Z error storage GET \/object\/a: Error: the disk is broken/);
  });

  it('of the stack is printed without a name', async () => {
    report('stack', 'The database is back');
    expect(printed).toEqual(['The database is back\n']);
    await expect.poll(logged).toContain(' error stack The database is back\n');
  });

  it('of the studio is only logged', async () => {
    report('studio', new Error('relation "nothing" does not exist'));
    await expect.poll(logged).toContain(' error studio Error: relation "nothing" does not exist');
    expect(printed).toEqual([]);
  });
});
