import { NoctraError } from './errors.ts';

/** The accepted types by file extension; the first name of each is the one that is stored. */
const mediaTypes: Record<string, [string, ...string[]]> = {
  jpg: ['image/jpeg', 'image/jpg', 'image/pjpeg'],
  png: ['image/png'],
  gif: ['image/gif'],
  mp4: ['video/mp4'],
  mov: ['video/quicktime'],
  avi: ['video/x-msvideo', 'video/avi', 'video/msvideo'],
  mp3: ['audio/mpeg', 'audio/mp3'],
  wav: ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave'],
  pdf: ['application/pdf'],
  docx: ['application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
};

/** How a file is stored. */
export interface MediaType {
  extension: string;
  mime_type: string;
}

/** The type of a file: what it says of itself, or else (some systems know no type for a name) its name's ending. */
export function mediaTypeOf(file: Blob): MediaType {
  const named = file.type.split(';')[0]?.trim().toLowerCase() ?? '';
  const ending = 'name' in file ? String(file.name).split('.').pop()?.toLowerCase() : undefined;
  const known = Object.entries(mediaTypes).find(([extension, names]) =>
    named === '' || named === 'application/octet-stream'
      ? extension === (ending === 'jpeg' ? 'jpg' : ending)
      : names.includes(named),
  );
  if (known) return { extension: known[0], mime_type: known[1][0] };
  throw new NoctraError({
    code: 'media_type_unsupported',
    message: `Files of type ${named || ending || 'unknown'} are not accepted.`,
    status: 415,
    field: 'media',
  });
}
