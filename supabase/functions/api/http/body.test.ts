import { describe, expect, test, vi } from 'vitest';
import { finishBody, isFile, MAX_FORM_BYTES, readBody, textOf } from './body.ts';
import { newReservation, PATIENCE_MS } from './memory.ts';
import { ProblemError } from './problem.ts';
import { bytesOf, MAX_IDLE_MS } from './streams.ts';

const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  new Request('http://localhost', { method: 'POST', body, headers });
const codeOf = (reading: Promise<unknown>) =>
  reading.then(
    () => 'read',
    (error: unknown) => (error instanceof ProblemError ? error.problem.code : error),
  );
const partsOf = async (form: FormData) => {
  const body = await readBody(post(form), { files: true });
  return body.kind === 'form' ? body.parts : [];
};

describe('readBody', () => {
  test('reads JSON, a multipart form and a urlencoded form', async () => {
    const form = new FormData();
    form.append('name', 'ü');
    const json = await readBody(post('{"name":"ü"}', { 'content-type': 'application/json' }));
    expect(json).toEqual({ kind: 'json', value: { name: 'ü' } });
    for (const body of [form, new URLSearchParams({ name: 'ü' })]) {
      const read = await readBody(post(body));
      expect(read.kind === 'form' && read.parts.map((part) => [part.name, textOf(part)])).toEqual([
        ['name', 'ü'],
      ]);
    }
  });

  test('puts indexed fields in their order, under their common name', async () => {
    const form = new FormData();
    for (const [name, value] of [
      ['tags[10]', 'c'],
      ['caption', 'x'],
      ['tags[0]', 'a'],
      ['tags[2]', 'b'],
      ['media[]', 'd'],
    ] as const) {
      form.append(name, value);
    }
    expect((await partsOf(form)).map((part) => [part.name, textOf(part)])).toEqual([
      ['tags', 'a'],
      ['tags', 'b'],
      ['tags', 'c'],
      ['caption', 'x'],
      ['media', 'd'],
    ]);
  });

  test('leaves out file fields in which nothing was chosen, and keeps empty texts and empty files', async () => {
    const form = new FormData();
    form.append('media', new File([], ''));
    form.append('media', new File([], 'empty.jpg'));
    form.append('caption', '');
    expect((await partsOf(form)).map(({ name, filename }) => [name, filename])).toEqual([
      ['media', 'empty.jpg'],
      ['caption', null],
    ]);
  });

  test('reads a text that was sent as a file', async () => {
    const form = new FormData();
    form.append('caption', new Blob(['Sent as a file']));
    const [part] = await partsOf(form);
    expect(part && [isFile(part), textOf(part)]).toEqual([true, 'Sent as a file']);
  });

  test.each<[code: string, body: BodyInit, headers: Record<string, string>]>([
    ['content_encoding_unsupported', 'x', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    ['content_type_unsupported', 'x', { 'content-type': 'text/plain' }],
    ['malformed_json', '[]', { 'content-type': 'application/json' }],
    ['malformed_multipart', 'x', { 'content-type': 'multipart/form-data' }],
    ['request_too_large', 'x'.repeat(1024 * 1024 + 1), { 'content-type': 'application/json' }],
    ['invalid_encoding', Uint8Array.of(0xff), { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('answers %s', async (code, body, headers) => {
    expect(await codeOf(readBody(post(body, headers)))).toBe(code);
  });

  test('reads a form with files of a megabyte at most where the endpoint takes none', async () => {
    const form = new FormData();
    form.append('media', new File([new Uint8Array(1024 * 1024)], 'a'));
    expect(await codeOf(readBody(post(form)))).toBe('request_too_large');
    const request = post(form);
    expect(await codeOf(readBody(request, { files: true }))).toBe('read');
    await finishBody(request);
  });
});

/** A stream of zeros that counts what was asked of it. */
function zeros(length: number, piece = 1024 * 1024): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = length;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      controller.enqueue(new Uint8Array(Math.min(piece, left)));
      left -= Math.min(piece, left);
    },
  });
}

describe('bytesOf', () => {
  const read = (
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    announced: number,
    limit = MAX_FORM_BYTES,
  ) => {
    const grown: number[] = [];
    const reservation = { reserve: async (size: number) => void grown.push(size), release: () => {} };
    return bytesOf(stream, { limit, announced, reservation, timeoutMs: 1000 }).then((bytes) => ({
      bytes,
      grown,
    }));
  };

  test('takes memory as bytes arrive, whatever length was announced', async () => {
    const few = await read(zeros(5), MAX_FORM_BYTES);
    expect(few.bytes?.buffer.byteLength).toBeLessThan(100_000);
    const many = await read(zeros(10_000_000), MAX_FORM_BYTES);
    expect(many.bytes).toHaveLength(10_000_000);
    expect(many.grown.at(-1)).toBeLessThanOrEqual(4 * 10_000_000);
  });

  test('ends with exactly the length that was announced', async () => {
    const { bytes, grown } = await read(zeros(50 * 1024 * 1024), 50 * 1024 * 1024);
    expect(bytes).toHaveLength(50 * 1024 * 1024);
    expect(grown.at(-1)).toBe(50 * 1024 * 1024);
  });

  test('reads more than was announced, up to the limit', async () => {
    expect((await read(zeros(3_000_000), 10)).bytes).toHaveLength(3_000_000);
    expect((await read(zeros(3_000_000), 10, 2_999_999)).bytes).toBeNull();
    expect((await read(zeros(3_000_000), Number.NaN, 3_000_000)).bytes).toHaveLength(3_000_000);
  });

  test('gives up on a stream that stalls, long before its deadline', async () => {
    vi.useFakeTimers();
    const stalled = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(new Uint8Array(2_000_000)),
    });
    const reservation = newReservation();
    const reading = { limit: MAX_FORM_BYTES, announced: 0, reservation, timeoutMs: 10 * MAX_IDLE_MS };
    const outcome = expect(bytesOf(stalled, reading)).rejects.toThrow('too long');
    await vi.advanceTimersByTimeAsync(MAX_IDLE_MS);
    await outcome;
    reservation.release();
    vi.useRealTimers();
  });

  test('gives up on a stream that does not end in time', async () => {
    await expect(read(new ReadableStream({ pull: () => new Promise(() => {}) }), 10)).rejects.toThrow(
      'too long',
    );
  });
});

describe('newReservation', () => {
  const mebibytes = 1024 * 1024;

  test('lets large bodies wait for each other, and small ones pass', async () => {
    const [first, second, small] = [newReservation(), newReservation(), newReservation()];
    await first.reserve(80 * mebibytes, 80 * mebibytes);
    let started = false;
    const waiting = second.reserve(80 * mebibytes, 80 * mebibytes).then(() => {
      started = true;
    });
    await small.reserve(mebibytes, mebibytes);
    expect(started).toBe(false);
    first.release();
    await waiting;
    second.release();
  });

  test('lets large bodies that arrive at the same time through, one after the other', async () => {
    const length = 70 * mebibytes;
    const read = async () => {
      const reservation = newReservation();
      const reading = { limit: MAX_FORM_BYTES, announced: length, reservation, timeoutMs: 10_000 };
      const bytes = await bytesOf(zeros(length, 8 * mebibytes), reading);
      reservation.release();
      return bytes?.length;
    };
    expect(await Promise.all([read(), read(), read()])).toEqual([length, length, length]);
  });

  test('answers 503 to a body that waits for too long, and goes on with the next', async () => {
    vi.useFakeTimers();
    const [first, second, third] = [newReservation(), newReservation(), newReservation()];
    await first.reserve(80 * mebibytes, 80 * mebibytes);
    const refused = codeOf(second.reserve(80 * mebibytes, 80 * mebibytes));
    const next = third.reserve(10 * mebibytes, 10 * mebibytes);
    await vi.advanceTimersByTimeAsync(PATIENCE_MS);
    expect(await refused).toBe('service_busy');
    await next;
    first.release();
    third.release();
    vi.useRealTimers();
  });
});

describe('a body that stalls', () => {
  const stalling = () =>
    new Request('http://localhost', {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(2_000_000)) }),
      duplex: 'half',
    } as RequestInit);

  test('frees its memory for others', async () => {
    vi.useFakeTimers();
    const request = stalling();
    const outcome = codeOf(readBody(request, { files: true }));
    await vi.advanceTimersByTimeAsync(0);
    const next = newReservation();
    const reserved = codeOf(next.reserve(80 * 1024 * 1024, 80 * 1024 * 1024));
    await vi.advanceTimersByTimeAsync(MAX_IDLE_MS);
    expect(await outcome).toBe('body_incomplete');
    await finishBody(request);
    expect(await reserved).toBe('read');
    next.release();
    vi.useRealTimers();
  });

  test('that was refused unread ends the request', async () => {
    vi.useFakeTimers();
    const ended = finishBody(stalling());
    await vi.advanceTimersByTimeAsync(MAX_IDLE_MS);
    await ended;
    vi.useRealTimers();
  });
});
