/** What Noctra calls a file, for clients that choose a player by it. */
export type MediaKind = 'image' | 'video' | 'audio' | 'document';

/** One of the accepted types, as it is stored. */
export interface MediaType {
  mimeType: string;
  extension: string;
  kind: MediaKind;
  /** Other names under which clients and operating systems know it. */
  aliases: readonly string[];
}

/** The accepted types, by file name extension. */
export const mediaTypes = {
  jpg: { mimeType: 'image/jpeg', extension: 'jpg', kind: 'image', aliases: ['image/jpg', 'image/pjpeg'] },
  // An animated PNG is a PNG to every client.
  png: { mimeType: 'image/png', extension: 'png', kind: 'image', aliases: ['image/x-png', 'image/apng'] },
  gif: { mimeType: 'image/gif', extension: 'gif', kind: 'image', aliases: [] },
  webp: { mimeType: 'image/webp', extension: 'webp', kind: 'image', aliases: [] },
  avif: { mimeType: 'image/avif', extension: 'avif', kind: 'image', aliases: ['image/avif-sequence'] },
  heic: {
    mimeType: 'image/heic',
    extension: 'heic',
    kind: 'image',
    aliases: ['image/heif', 'image/heic-sequence', 'image/heif-sequence'],
  },
  // M4V is an MP4 file under Apple's name, 3GP and 3G2 are MP4 files as phones write them.
  mp4: {
    mimeType: 'video/mp4',
    extension: 'mp4',
    kind: 'video',
    aliases: ['video/x-m4v', 'video/3gpp', 'video/3gpp2'],
  },
  mov: { mimeType: 'video/quicktime', extension: 'mov', kind: 'video', aliases: ['video/x-quicktime'] },
  avi: {
    mimeType: 'video/x-msvideo',
    extension: 'avi',
    kind: 'video',
    aliases: ['video/vnd.avi', 'video/avi', 'video/msvideo'],
  },
  webm: { mimeType: 'video/webm', extension: 'webm', kind: 'video', aliases: [] },
  mp3: {
    mimeType: 'audio/mpeg',
    extension: 'mp3',
    kind: 'audio',
    aliases: ['audio/mp3', 'audio/x-mp3', 'audio/x-mpeg'],
  },
  wav: {
    mimeType: 'audio/wav',
    extension: 'wav',
    kind: 'audio',
    aliases: ['audio/x-wav', 'audio/wave', 'audio/vnd.wave', 'audio/x-pn-wav'],
  },
  // MP4 and WebM without a picture have names of their own.
  m4a: {
    mimeType: 'audio/mp4',
    extension: 'm4a',
    kind: 'audio',
    aliases: ['audio/x-m4a', 'audio/m4a', 'audio/x-m4b', 'audio/3gpp', 'audio/3gpp2'],
  },
  weba: { mimeType: 'audio/webm', extension: 'weba', kind: 'audio', aliases: [] },
  ogg: {
    mimeType: 'audio/ogg',
    extension: 'ogg',
    kind: 'audio',
    aliases: ['application/ogg', 'audio/opus', 'audio/vorbis', 'audio/x-opus+ogg', 'audio/x-vorbis+ogg'],
  },
  pdf: {
    mimeType: 'application/pdf',
    extension: 'pdf',
    kind: 'document',
    aliases: ['application/x-pdf'],
  },
  docx: {
    mimeType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    extension: 'docx',
    kind: 'document',
    aliases: [],
  },
} as const satisfies Record<string, MediaType>;

/** The accepted type that a content type names, or undefined. */
export function declaredType(contentType: string): MediaType | undefined {
  const name = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return Object.values<MediaType>(mediaTypes).find(
    ({ mimeType, aliases }) => mimeType === name || aliases.includes(name),
  );
}

/** The accepted types in words, of one kind or all: "jpg, png or gif". */
export function acceptedTypes(kind?: MediaKind): string {
  const types = Object.values<MediaType>(mediaTypes).filter((type) => !kind || type.kind === kind);
  const names = types.map(({ extension }) => extension);
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
