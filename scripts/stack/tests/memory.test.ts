import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addressesOf, copyProject, removeProjects, run } from './running.ts';

const megabyte = 1024 * 1024;

describe('the stack', () => {
  let project = '';
  let file = '';
  let status: ReturnType<typeof addressesOf>;

  beforeAll(async () => {
    project = copyProject();
    file = path.join(project, 'memory');
    vi.stubEnv('STACK_MEMORY_FILE', file);
    vi.stubEnv('NODE_OPTIONS', `--import=${new URL('./record-memory.ts', import.meta.url)}`);
    const command = run(project, 'start', '--port', '0');
    vi.unstubAllEnvs();
    await command.ready;
    status = addressesOf(project);
  });

  afterAll(async () => {
    await removeProjects([project]);
  });

  /** The peak memory of the process so far. */
  async function most(): Promise<number> {
    const before = fs.statSync(file).mtimeMs;
    await expect.poll(() => fs.statSync(file).mtimeMs, { interval: 10 }).toBeGreaterThan(before);
    return Number(fs.readFileSync(file, 'utf8'));
  }

  it('does not keep uploads and downloads in memory', async () => {
    const { storage } = createClient(status.url, status.secretKey, { auth: { persistSession: false } });
    await storage.createBucket('files');
    const files = storage.from('files');
    const contentType = 'application/octet-stream';
    // The first one loads what every upload and download needs.
    await files.upload('small', Buffer.alloc(megabyte), { contentType });
    await files.download('small');
    const before = await most();
    const large = Buffer.alloc(40 * megabyte, 5);
    const thereAndBack = async () => {
      const name = randomUUID();
      expect((await files.upload(name, large, { contentType })).error).toBeNull();
      expect((await files.download(name)).data?.size).toBe(large.length);
    };
    await Promise.all(Array.from({ length: 5 }, thereAndBack));
    // Garbage takes as much as one to three files, however many there are. Whole files would take five.
    expect((await most()) - before).toBeLessThan(4 * large.length);
  });
});
