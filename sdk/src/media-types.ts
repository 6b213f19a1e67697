import { refusal } from './errors.ts';

/**
 * The accepted types by file extension, under every name that clients and systems send; the first one is stored.
 * What follows it shares its beginning.
 */
const mediaTypes: Record<string, string> = {
  jpg: 'image/jpeg jpg pjpeg',
  png: 'image/png x-png apng',
  gif: 'image/gif',
  mp4: 'video/mp4 x-m4v',
  mov: 'video/quicktime x-quicktime',
  avi: 'video/x-msvideo vnd.avi avi msvideo',
  mp3: 'audio/mpeg mp3 x-mp3 x-mpeg',
  wav: 'audio/wav x-wav wave vnd.wave x-pn-wav',
  pdf: 'application/pdf x-pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
};

/** How a file is stored. */
export interface MediaType {
  extension: string;
  mime_type: string;
}

/** The type of a file: what it says of itself, or else (some systems know no type for a name) its name's ending. */
export function mediaTypeOf(file: Blob): MediaType {
  const named = file.type.split(';')[0]?.trim().toLowerCase() ?? '';
  const ending = (file as Partial<File>).name?.split('.').pop()?.toLowerCase();
  const isUnnamed = named === '' || named === 'application/octet-stream';
  for (const [extension, names] of Object.entries(mediaTypes)) {
    const [kind, ...subtypes] = names.split(/[/ ]/);
    const isIt = isUnnamed
      ? extension === (ending === 'jpeg' ? 'jpg' : ending)
      : subtypes.some((subtype) => named === `${kind}/${subtype}`);
    if (isIt) return { extension, mime_type: `${kind}/${subtypes[0]}` };
  }
  const message = `Files of type ${named || ending || 'unknown'} are not accepted.`;
  throw refusal('media_type_unsupported', 415, message, 'media');
}
