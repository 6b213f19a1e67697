/** All bytes together, or null as soon as there are more than `most`. Of a request, the HTTP server discards the rest. */
export async function boundedBytes(
  chunks: AsyncIterable<Uint8Array> | null,
  most: number,
): Promise<Buffer | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks ?? []) {
    size += chunk.length;
    if (size > most) return null;
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}
