/** `exif:GPSLatitude="52,31N"`, under whatever prefix the schema has in this file. */
const attribute = /\s[\w.-]+:GPS\w*\s*=\s*(?:"[^"]*"|'[^']*')/g;
/** `<exif:GPSLatitude>52,31N</exif:GPSLatitude>` or an empty element. */
const element = /<([\w.-]+:GPS\w*)[^<>]*(?:\/>|>[^<]*<\/\1\s*>)/g;

/**
 * Writes spaces over every GPS property of an XMP packet, in place: a packet keeps its length, and a reader skips white
 * space. The packet may lie in pieces, as long ones do in a JPEG. Says whether there was one.
 */
export function removeXmpPosition(pieces: readonly Uint8Array[]): boolean {
  // One character a byte, so that a place in the text is the place in the bytes.
  const text = pieces.map((piece) => new TextDecoder('latin1').decode(piece)).join('');
  const found = [...text.matchAll(attribute), ...text.matchAll(element)];
  for (const { index, 0: property } of found) {
    let start = 0;
    for (const piece of pieces) {
      piece.fill(0x20, Math.max(index - start, 0), Math.max(index + property.length - start, 0));
      start += piece.length;
    }
  }
  return found.length > 0;
}
