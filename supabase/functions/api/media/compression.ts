import { streamOf } from '../http/streams.ts';

/** Compressed data as it is in PNG (with zlib's header) and in ZIP (without). */
export type Compression = 'deflate' | 'deflate-raw';

/** What compressed data holds, or null where it is damaged or holds more than `limit` bytes. */
export async function inflate(
  bytes: Uint8Array<ArrayBuffer>,
  limit: number,
  compression: Compression,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for await (const piece of streamOf(bytes).pipeThrough(new DecompressionStream(compression))) {
      length += piece.length;
      // A few bytes can hold gigabytes: leaving the loop ends the stream.
      if (length > limit) return null;
      pieces.push(piece);
    }
  } catch {
    return null;
  }
  return await new Blob(pieces).bytes();
}

/** Bytes, compressed with zlib's header. */
export async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(streamOf(bytes).pipeThrough(new CompressionStream('deflate'))).bytes();
}
