import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { toStorageError } from '../../src/storage/storage-error.ts';
import { addressesOf, type Command, copyProject, removeProjects, run } from '../running.ts';
import { begin, offsetOf, patch, tus, uploadWithClient } from './tus.ts';

let project: string;
let stack: Command | null = null;
let port = '0';
let url: string;
let databaseUrl: string;
let headers: Record<string, string>;
let files: ReturnType<SupabaseClient['storage']['from']>;

async function start(): Promise<void> {
  stack = run(project, 'start', '--port', port, '--db-port', '0', '--mail-port', '0', '--studio-port', '0');
  await stack.ready;
  const status = addressesOf(project);
  ({ url, databaseUrl } = status);
  port = new URL(url).port;
  headers = { authorization: `Bearer ${status.secretKey}` };
  const client = createClient(url, status.secretKey, { auth: { persistSession: false } });
  await client.storage.createBucket('files', { public: true });
  files = client.storage.from('files');
}

async function end(signal: NodeJS.Signals): Promise<void> {
  stack?.child.kill(signal);
  await stack?.ended;
  stack = null;
}

const objects = () => path.join(project, '.stack', 'objects');
const records = () => path.join(objects(), 'resumable');
const fileOf = (version: string) => path.join(objects(), version.slice(0, 2), version);
const endpoint = () => `${url}/storage/v1/upload/resumable`;
const target = (name: string) => ({ url: endpoint(), headers, bucket: 'files', name });
const idOf = (location: string) =>
  Buffer.from(path.basename(location), 'base64url').toString().split('/').at(-1) ?? '';

beforeAll(async () => {
  project = copyProject();
  await start();
});
afterAll(async () => {
  await end('SIGTERM');
  await removeProjects([project]);
});

/** The versions on the disk, and those expected by the rows and the unfinished uploads. */
async function compare(): Promise<{ names: Map<string, string>; onDisk: string[]; expected: string[] }> {
  const sql = postgres(databaseUrl, { max: 1 });
  const rows = await sql<{ name: string; version: string; tag: string; size: number }[]>`
    select name, version, metadata ->> 'eTag' as tag, (metadata ->> 'size')::int as size from storage.objects
  `;
  await sql.end();
  for (const { version, tag, size } of rows) {
    const bytes = fs.readFileSync(fileOf(version));
    expect([bytes.length, `"${createHash('md5').update(bytes).digest('hex')}"`]).toEqual([size, tag]);
  }
  const onDisk = fs
    .readdirSync(objects(), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath !== records())
    .map((entry) => entry.name);
  const resumable = fs.existsSync(records()) ? fs.readdirSync(records()) : [];
  const mayGoOn = resumable
    .map((name) => name.replace('.json', ''))
    .filter((id) => fs.existsSync(fileOf(id)));
  const expected = [...new Set([...rows.map(({ version }) => version), ...mayGoOn])];
  return {
    names: new Map(rows.map(({ name, tag }) => [name, tag])),
    onDisk: onDisk.sort(),
    expected: expected.sort(),
  };
}

describe('a process that is killed at any moment', () => {
  it('leaves rows with their bytes, no bytes without a row, and all acknowledged writes', async () => {
    const acknowledged = new Map<string, string>();
    for (let round = 0; round < 5; round++) {
      let killed = false;
      /** Stores, replaces, copies, moves and removes without a pause. */
      const work = async (worker: number) => {
        for (let step = 0; !killed; step++) {
          const name = `${round}/${worker}/${step}`;
          const bytes = randomBytes(randomInt(1, 1_500_000));
          const body = step % 2 ? new Blob([bytes]) : bytes;
          const { error } = await files.upload(name, body);
          if (!error) acknowledged.set(name, `"${createHash('md5').update(bytes).digest('hex')}"`);
          await files.upload(`shared/${worker % 2}`, bytes, { upsert: true });
          await files.copy(name, `${name}-copy`);
          await files.move(`${name}-copy`, `${name}-moved`);
          if (step % 3) await files.remove([`${name}-moved`]);
          await uploadWithClient(target(`${name}-resumable`), bytes, { chunkSize: 400_000 }).catch(() => {});
        }
      };
      const before = acknowledged.size;
      const working = Promise.all([0, 1, 2, 3].map(work));
      await expect.poll(() => acknowledged.size, { interval: 10 }).toBeGreaterThan(before + 1);
      await sleep(randomInt(1500));
      await end('SIGKILL');
      killed = true;
      await working;
      await start();
      const { names, onDisk, expected } = await compare();
      expect(onDisk).toEqual(expected);
      expect(Object.fromEntries(names)).toMatchObject(Object.fromEntries(acknowledged));
    }
    expect(acknowledged.size).toBeGreaterThan(5);
  }, 180_000);

  it('continues a resumable upload after a restart', async () => {
    const bytes = randomBytes(9_000_000);
    const location = (await begin(target('resumed'), bytes.length)).headers.get('location') ?? '';
    await patch(location, headers, 0, bytes.subarray(0, 4_000_000));
    const part = patch(location, headers, 4_000_000, bytes.subarray(4_000_000)).catch(() => null);
    await end('SIGKILL');
    await part;
    await start();
    const offset = await offsetOf(location, headers);
    expect(offset).toBeGreaterThanOrEqual(4_000_000);
    await uploadWithClient(target('resumed'), bytes, { uploadUrl: location });
    expect(bytes.equals(Buffer.from(await (await fetch(publicUrl('resumed'))).arrayBuffer()))).toBe(true);
  });

  it('completes an upload after a restart when only its row was missing', async () => {
    const location = (await begin(target('rowless'), 10)).headers.get('location') ?? '';
    await patch(location, headers, 0, Buffer.from('hello'));
    await end('SIGKILL');
    fs.appendFileSync(fileOf(idOf(location)), 'world');
    await start();
    expect((await fetch(publicUrl('rowless'))).status).toBe(400);
    expect(await offsetOf(location, headers)).toBe(10);
    expect(await (await fetch(publicUrl('rowless'))).text()).toBe('helloworld');
  });

  const publicUrl = (name: string) => `${url}/storage/v1/object/public/files/${name}`;
});

describe('a start of Storage', () => {
  it('removes resumable uploads that began more than a day ago', async () => {
    const [old, young] = await Promise.all([begin(target('old'), 10), begin(target('young'), 10)]);
    const [oldUrl, youngUrl] = [old, young].map((answer) => answer.headers.get('location') ?? '');
    for (const location of [oldUrl, youngUrl]) await patch(location ?? '', headers, 0, Buffer.from('hello'));
    await end('SIGTERM');
    const id = idOf(oldUrl ?? '');
    const file = path.join(records(), `${id}.json`);
    const record = JSON.parse(fs.readFileSync(file, 'utf8'));
    const createdAt = new Date(Date.now() - 25 * 60 * 60 * 1000).toISOString();
    fs.writeFileSync(file, JSON.stringify({ ...record, createdAt }));
    await start();
    expect((await tus(oldUrl ?? '', 'HEAD', headers)).status).toBe(404);
    expect([fs.existsSync(file), fs.existsSync(fileOf(id))]).toEqual([false, false]);
    expect(await offsetOf(youngUrl ?? '', headers)).toBe(5);
  });

  it('removes bytes without an object, and nothing else', async () => {
    await files.upload('kept', 'kept');
    const before = await compare();
    await end('SIGTERM');
    const orphan = randomUUID();
    fs.mkdirSync(path.dirname(fileOf(orphan)), { recursive: true });
    fs.writeFileSync(fileOf(orphan), 'orphan');
    await start();
    const after = await compare();
    expect(after.onDisk).toEqual(before.onDisk);
    expect(after.names.has('kept')).toBe(true);
  });
});

describe('without the optional package sharp', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('serves everything but image transformations, which name the missing package', async () => {
    const hook =
      'import { registerHooks } from "node:module"; registerHooks({ resolve(name, context, next) {' +
      ' if (name === "sharp") throw new Error("not installed"); return next(name, context); } });';
    await end('SIGTERM');
    vi.stubEnv('NODE_OPTIONS', `--import=data:text/javascript,${encodeURIComponent(hook)}`);
    await start();
    await files.upload('picture.png', 'any bytes', { contentType: 'image/png', upsert: true });
    const answer = await fetch(`${url}/storage/v1/render/image/public/files/picture.png?width=10`);
    expect(answer.status).toBe(501);
    expect(await answer.json()).toMatchObject({
      statusCode: '501',
      code: 'FeatureNotEnabled',
      message: expect.stringContaining('sharp'),
    });
  });
});

describe('a full disk', () => {
  it.each(['ENOSPC', '53100'])('is answered with 507: %s', (code) => {
    const error = Object.assign(new Error('no space'), { code });
    expect(toStorageError(error)).toMatchObject({ status: 507, code: 'InsufficientStorage' });
  });
});
