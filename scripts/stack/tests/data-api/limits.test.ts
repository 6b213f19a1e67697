import postgres from 'postgres';
import { expect, test } from 'vitest';
import { readRequest } from '../../src/data-api/api-request.ts';
import { RefusedError } from '../../src/data-api/refusals.ts';
import { readSettings } from '../../src/data-api/settings.ts';
import { readOutcome, statementSql } from '../../src/data-api/statement.ts';
import { target } from '../answers/asking.ts';

const mebibyte = 1024 * 1024;
const caller = { role: 'anon', claims: { role: 'anon' } } as const;

const refusal = (work: () => unknown) =>
  Promise.resolve()
    .then(work)
    .then(
      () => null,
      (error: unknown) => (error instanceof RefusedError ? error.refusal : error),
    );

/** A request with a body of so many MiB, and how many of them were read. */
function send(mebibytes: number, headers: Record<string, string> = {}) {
  const counted = { read: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (counted.read === mebibytes) return controller.close();
        counted.read++;
        controller.enqueue(new Uint8Array(mebibyte));
      },
    },
    { highWaterMark: 0 },
  );
  const settings = readSettings({ schemas: ['public'], extraSearchPath: [], maxRows: 1000 }, new Map());
  const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
  const request = new Request('http://127.0.0.1/rest/v1/stock', init);
  return { counted, read: () => readRequest(request, caller, settings) };
}

test('refuses a body that announces more than 20 MiB, and reads none of it', async () => {
  const { counted, read } = send(1000, { 'content-length': String(1000 * mebibyte) });
  expect(await refusal(read)).toMatchObject({ status: 413, code: '54000' });
  expect(counted.read).toBe(0);
});

test('stops reading a body without a length at 20 MiB', async () => {
  const { counted, read } = send(1000);
  expect(await refusal(read)).toMatchObject({ status: 413, code: '54000' });
  expect(counted.read).toBe(21);
});

test('reads a body of 20 MiB', async () => {
  const { body } = await send(20).read();
  expect(body.byteLength).toBe(20 * mebibyte);
});

test('refuses an answer of more than 50 MiB, and does not fetch it', async () => {
  const sql = postgres(target.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const format = { contentType: 'application/json', shape: 'array', stripNulls: false } as const;
    const answer = async (bytes: number) => {
      const rows = `select repeat('x', ${bytes}) as text`;
      const text = statementSql({ withs: [], rows }, { format, wanted: true });
      return readOutcome(await sql.unsafe(text).values());
    };
    expect((await answer(50 * mebibyte - 100)).body).toHaveLength(
      50 * mebibyte - 100 + '[{"text":""}]'.length,
    );
    expect(await refusal(() => answer(50 * mebibyte))).toMatchObject({ status: 400, code: '54000' });
  } finally {
    await sql.end();
  }
});
