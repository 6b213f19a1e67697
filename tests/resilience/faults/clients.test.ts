import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from 'embedded-supabase/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Noctra, startNoctra } from './fault-stack.ts';
import { newDraft, publish, startLoad, type Try } from './load.ts';
import { expectSwept, expectWhole, filesBelow } from './whole.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let noctra: Noctra;
beforeAll(async () => {
  noctra = await startNoctra();
});
afterAll(() => noctra?.remove());

const tries: Try[] = [];
/** The folder of Storage's records of unfinished resumable uploads. */
const records = () => path.join(noctra.state, 'objects', 'resumable');

/** Opens a raw connection, to write a request piece by piece. */
async function open(): Promise<net.Socket> {
  const { hostname, port } = new URL(noctra.url);
  const socket = net.connect({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

const head = (line: string, headers: Record<string, string | number>) =>
  `${line} HTTP/1.1\r\n${Object.entries({ host: 'localhost', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

const headersOf = (place: number) => ({
  apikey: noctra.publishableKey,
  authorization: `Bearer ${noctra.people[place]?.token}`,
});

/** Runs a fault while other clients publish. */
async function meanwhile(fault: () => Promise<void>): Promise<void> {
  const load = startLoad(noctra);
  await load.acknowledged(3);
  await fault();
  await load.acknowledged(3);
  await load.stop();
  tries.push(...load.tries);
  expect(load.tries.filter(({ refusal }) => refusal)).toEqual([]);
  await expectWhole(noctra, tries);
}

describe('under load', () => {
  it('serves a client that sends its body byte by byte, without delaying other clients', async () => {
    await meanwhile(async () => {
      const draft = newDraft(noctra);
      const body = JSON.stringify({ caption: `Slowly #${draft.name}` });
      const socket = await open();
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk));
      socket.write(
        head('POST /functions/v1/api/posts/', {
          ...headersOf(0),
          'content-type': 'application/json',
          'content-length': body.length,
          connection: 'close',
        }),
      );
      for (const byte of body) {
        socket.write(byte);
        await delay(20);
      }
      await until(() => /^HTTP\/1.1 201 /.test(answer), 'the slow post is published');
      socket.destroy();
      const { error } = await noctra.admin.from('posts').delete().eq('caption', `Slowly #${draft.name}`);
      expect(error).toBeNull();
    });
  });

  it('does not buffer whole answers for clients that do not read them', async () => {
    const bytes = 20 * 1024 * 1024;
    const name = `${noctra.people[0]?.id}/${randomUUID()}`;
    const bucket = noctra.admin.storage.from('uploads');
    expect(
      (await bucket.upload(name, new Blob([new Uint8Array(bytes)], { type: 'video/mp4' }))).error,
    ).toBeNull();
    const memory = () =>
      Number(
        /VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${noctra.command.child.pid}/status`, 'utf8'))?.[1],
      ) * 1024;
    await meanwhile(async () => {
      const before = process.platform === 'linux' ? memory() : 0;
      const sockets = await Promise.all(Array.from({ length: 20 }, open));
      for (const socket of sockets) {
        socket.pause();
        socket.write(head(`GET /storage/v1/object/authenticated/uploads/${name}`, headersOf(0)));
      }
      await publish(noctra, newDraft(noctra)).then((made) => tries.push(made));
      // All twenty answers would be 400 MiB.
      if (process.platform === 'linux') expect(memory() - before).toBeLessThan(8 * bytes);
      for (const socket of sockets) socket.destroy();
    });
    expect((await bucket.remove([name])).error).toBeNull();
  });

  it('removes the partial files of aborted uploads, of a resumable upload after a day', async () => {
    await meanwhile(async () => {
      const piece = Buffer.alloc(200_000, 'x');
      const { id } = noctra.people[1] ?? {};
      const form =
        '--b\r\nContent-Disposition: form-data; name="caption"\r\n\r\nCut off\r\n' +
        '--b\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n';
      const requests: [line: string, headers: Record<string, string | number>, start: string][] = [
        [
          'POST /functions/v1/api/posts/',
          { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 1_000_000 },
          form,
        ],
        [
          `POST /storage/v1/object/uploads/${id}/${randomUUID()}`,
          { 'content-type': 'image/png', 'content-length': 1_000_000 },
          '',
        ],
        [
          'POST /storage/v1/upload/resumable',
          {
            'tus-resumable': '1.0.0',
            'upload-length': 1_000_000,
            'content-length': 1_000_000,
            'content-type': 'application/offset+octet-stream',
            'upload-metadata': Object.entries({
              bucketName: 'uploads',
              objectName: `${id}/${randomUUID()}`,
              contentType: 'image/png',
            })
              .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
              .join(','),
          },
          '',
        ],
      ];
      for (const [line, headers, start] of requests) {
        const socket = await open();
        socket.write(head(line, { ...headersOf(1), ...headers }) + start);
        await new Promise((resolve) => socket.write(piece, resolve));
        if (line.includes('resumable'))
          await until(() => filesBelow(records()).length === 1, 'the resumable upload has begun');
        socket.destroy();
      }
    });
    const { data } = await noctra.admin.from('posts').select('id').eq('caption', 'Cut off');
    expect(data).toEqual([]);
    await until(async () => {
      const objects = await noctra.sql<{ version: string }[]>`select version from storage.objects`;
      const kept = new Set(objects.map(({ version }) => version));
      for (const record of filesBelow(records())) kept.add(path.parse(record).name).add(record);
      return filesBelow(path.join(noctra.state, 'objects')).every((name) => kept.has(name));
    }, 'no partial file is left');
    expect(noctra.command.child.exitCode).toBeNull();

    // Storage keeps a resumable upload for a day, because the client may continue it.
    const unfinished = filesBelow(records());
    expect(unfinished).toHaveLength(1);
    for (const name of unfinished) {
      const file = path.join(records(), name);
      const record = JSON.parse(fs.readFileSync(file, 'utf8')) as { createdAt: string };
      record.createdAt = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000).toISOString();
      fs.writeFileSync(file, JSON.stringify(record));
    }
    await expectSwept(noctra);
    await expectWhole(noctra, tries);
  });
});
