/** How much of a file is copied at a time on its way. */
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

/**
 * Reads a stream into memory: all of it, or null where it holds more than `limit`; then, too, it is read to its end.
 * The length, where it is known, saves growing, and so a second copy of a large file.
 */
export async function bytesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  limit: number,
  knownLength = 0,
): Promise<Uint8Array<ArrayBuffer> | null> {
  let bytes = new Uint8Array(knownLength > 0 && knownLength <= limit ? knownLength : 64 * 1024);
  let length = 0;
  for await (const chunk of stream ?? []) {
    const end = length + chunk.length;
    if (end <= limit && knownLength <= limit) {
      if (end > bytes.length) bytes = grown(bytes, Math.min(limit, Math.max(end, bytes.length * 2)));
      bytes.set(chunk, length);
    }
    length = end;
  }
  return length > limit ? null : bytes.subarray(0, length);
}

function grown(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(size);
  larger.set(bytes);
  return larger;
}
