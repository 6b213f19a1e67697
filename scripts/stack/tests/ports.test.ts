import fs from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { close, freePort, holdPort, listen, portOf } from '../src/ports.ts';
import { startPostgres } from '../src/postgres/server.ts';

vi.mock('../src/ports.ts', async (original) => {
  const ports = await original<typeof import('../src/ports.ts')>();
  return { ...ports, freePort: vi.fn(ports.freePort) };
});

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

test('nobody can take a port between its choice and the start of its server', async () => {
  const held = await holdPort('api', 0);
  const port = portOf(held);
  await expect(holdPort('mailbox', port)).rejects.toThrow(`Port ${port}, for the mailbox, is taken`);
  await new Promise((resolve) => connect(port, '127.0.0.1').on('error', resolve).on('close', resolve));

  const server = await listen(async () => new Response('here'), held);
  undo.push(() => close(server));
  expect(portOf(server)).toBe(port);
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('here');
  await expect(holdPort('mailbox', port)).rejects.toThrow(`Port ${port}, for the mailbox, is taken`);
});

async function startDatabase(port: number) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stack-ports-'));
  undo.push(() => fs.rmSync(folder, { recursive: true, force: true }));
  const [dataDir, logFile] = [path.join(folder, 'postgres'), path.join(folder, 'postgres.log')];
  const server = await startPostgres({ dataDir, port, logFile, password: folder });
  undo.push(() => server.stop());
  return server;
}

test('a database takes another port when its own is taken before it starts', async () => {
  const first = await startDatabase(0);
  vi.mocked(freePort).mockResolvedValueOnce(first.port);
  const second = await startDatabase(0);
  expect(second.port).not.toBe(first.port);
  await expect(startDatabase(first.port)).rejects.toThrow(`Port ${first.port}, for the database, is taken`);
});
