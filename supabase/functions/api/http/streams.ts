import type { Reservation } from './memory.ts';

/** The bytes of a file that are copied at a time. */
const PIECE_BYTES = 256 * 1024;

/** Bytes as a stream: sent as they are, `fetch` would copy the whole file twice, out of a function's 256 MB. */
export function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + PIECE_BYTES));
      at += PIECE_BYTES;
    },
  });
}

/** The longest pause between two pieces. A client that stalls would keep the memory that others wait for. */
export const MAX_IDLE_MS = 10_000;

/** The settings for reading a stream into memory. */
interface Reading {
  /** The most bytes that are kept. */
  limit: number;
  /** The length that was announced, 0 if none. Memory is taken as bytes arrive, whatever it says. */
  announced: number;
  reservation: Reservation;
  /** Gives up after this. */
  timeoutMs: number;
}

/**
 * Reads a stream into memory; null where it holds more than `limit`. It is always read to its end: a connection that is
 * closed under a client that still writes shows as a network error, and the answer is lost.
 */
export async function bytesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  { limit, announced, reservation, timeoutMs }: Reading,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!stream) return new Uint8Array();
  const kept = growingBytes(announced > 0 ? Math.min(announced, limit) : limit, limit, reservation);
  let length = 0;
  let isTooLong = announced > limit;
  let failure: unknown = null;
  const reader = pieceReader(stream);
  let isLate = false;
  const stop = () => {
    isLate = true;
    void reader.cancel();
  };
  const next = async () => {
    const idle = setTimeout(stop, MAX_IDLE_MS);
    return reader.next().finally(() => clearTimeout(idle));
  };
  const timer = setTimeout(stop, timeoutMs);
  try {
    for (let piece = await next(); piece; piece = await next()) {
      length += piece.length;
      isTooLong ||= length > limit;
      if (isTooLong || failure) kept.drop();
      else await kept.add(piece).catch((reason: unknown) => (failure = reason));
    }
  } finally {
    clearTimeout(timer);
  }
  if (isLate) throw new Error('The stream took too long.');
  if (failure) throw failure;
  return isTooLong ? null : kept.bytes();
}

/** Memory grows by this factor as bytes arrive, from a thousandth of what is expected. */
const GROWTH = 4;
const FIRST_PART = 1 / GROWTH ** 5;

function growingBytes(expected: number, limit: number, reservation: Reservation) {
  let bytes = new Uint8Array(Math.ceil(expected * FIRST_PART));
  let length = 0;
  const grow = async (least: number) => {
    const most = least <= expected ? expected : limit;
    const size = Math.min(Math.max(least, bytes.length * GROWTH), most);
    await reservation.reserve(size, most);
    const larger = new Uint8Array(size);
    larger.set(bytes.subarray(0, length));
    bytes = larger;
  };
  return {
    async add(piece: Uint8Array) {
      if (length + piece.length > bytes.length) await grow(length + piece.length);
      bytes.set(piece, length);
      length += piece.length;
    },
    drop() {
      bytes = new Uint8Array();
      reservation.release();
    },
    bytes: () => bytes.subarray(0, length),
  };
}

/**
 * Reads a stream piece by piece; a piece is good until the next. Into one buffer where the stream can: Deno then needs
 * a third less CPU time and memory.
 */
function pieceReader(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let buffer = new ArrayBuffer(PIECE_BYTES);
  try {
    const reader = stream.getReader({ mode: 'byob' });
    const next = async () => {
      const { value } = await reader.read(new Uint8Array(buffer));
      if (value) buffer = value.buffer;
      return value?.length ? value : null;
    };
    return { next, cancel: () => reader.cancel() };
  } catch {
    const reader = stream.getReader();
    return { next: async () => (await reader.read()).value ?? null, cancel: () => reader.cancel() };
  }
}
