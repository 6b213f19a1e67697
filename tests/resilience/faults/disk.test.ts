import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { until } from 'embedded-supabase/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Noctra, startNoctra } from './fault-stack.ts';
import { newDraft, publish, startLoad } from './load.ts';
import { makeOwnDisk, type OwnDisk } from './own-disk.ts';
import { expectClearRefusals, expectWhole, retry } from './whole.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const MiB = 1024 * 1024;
let disk: OwnDisk;
let noctra: Noctra;
beforeAll(async () => {
  disk = makeOwnDisk(640);
  noctra = await startNoctra(path.join(disk.folder, 'state'), disk.prefix);
});
afterAll(async () => {
  await noctra?.remove();
  disk?.remove();
});

const tries: ReturnType<typeof startLoad>['tries'] = [];
const ballast = () => path.join(disk.seen(noctra.command.child.pid ?? 0), 'ballast');
const free = () => {
  const { bavail, bsize } = fs.statfsSync(path.dirname(ballast()));
  return bavail * bsize;
};

/** Fills the disk until this many bytes are left; with 0, until writes fail. */
function fillUpTo(left: number): void {
  const file = fs.openSync(ballast(), 'a');
  const piece = Buffer.alloc(MiB / 4, 1);
  try {
    while (free() > left) fs.writeSync(file, piece);
    for (;;) {
      if (left > 0) return;
      fs.writeSync(file, piece);
    }
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    fs.closeSync(file);
  }
}

/** Expects reads by the Data API, Storage and the function to work. */
async function expectReadable(): Promise<void> {
  const { people, admin, url } = noctra;
  const posts = await admin.from('posts').select('id, post_media(path)').limit(1).single();
  expect(posts.error).toBeNull();
  const file = await admin.storage.from('post-media').download(posts.data?.post_media[0]?.path ?? '');
  expect(file.error).toBeNull();
  const list = await fetch(`${url}/functions/v1/api/posts/`, {
    headers: { authorization: `Bearer ${people[0]?.token}` },
  });
  expect(list.status).toBe(200);
}

describe('when the disk becomes full under load', () => {
  it('Noctra refuses files first and still accepts posts without files', async () => {
    const load = startLoad(noctra);
    await load.acknowledged(3);
    fillUpTo(110 * MiB);
    await load.refused();
    await load.stop();
    tries.push(...load.tries);
    expectClearRefusals(load.tries);
    const upload = await publish(noctra, { ...newDraft(noctra), way: 'data api' });
    expect(upload.refusal?.status).toBe(507);
    const response = await fetch(`${noctra.url}/functions/v1/api/posts/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${noctra.people[0]?.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ caption: 'Without a file' }),
    });
    expect(response.status).toBe(201);
    const { id } = (await response.json()) as { id: string };
    expect((await noctra.admin.from('posts').delete().eq('id', id)).error).toBeNull();
    await expectReadable();
  });

  it('Noctra serves reads, refuses writes with 503, and accepts writes again after space is freed', async () => {
    fs.rmSync(ballast(), { force: true });
    const load = startLoad(noctra);
    await load.acknowledged(3);
    fillUpTo(0);
    await load.refused();
    const owner_id = noctra.people[0]?.id ?? '';
    const write = () => noctra.admin.from('profiles').update({ bio: randomUUID() }).eq('id', owner_id);
    // PostgreSQL's own message would mean that it tried to write.
    const isReadOnly = async () => (await write()).error?.message.includes('takes no writes') === true;
    await until(isReadOnly, 'the database takes no writes');
    expect(await write()).toMatchObject({ status: 503, error: { code: '53100' } });
    await load.stop();
    tries.push(...load.tries);
    expectClearRefusals(load.tries);
    await expectReadable();
    expect(noctra.command.child.exitCode).toBeNull();

    fs.rmSync(ballast());
    await until(async () => !(await write()).error, 'the database takes writes again');
    await retry(noctra, tries);
    await expectWhole(noctra, tries);
  });
});
