import { refusal } from './errors.ts';

/** The accepted types by the ending of a file's name; of several endings for a type the first one is stored. */
const mediaTypes = Object.entries({
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  avi: 'video/x-msvideo',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
});

/**
 * The type of a file, and the ending under which it is stored: what the file says of itself, or else its name's
 * ending, since systems know a type under other names (`audio/x-wav`) or not at all. The server looks at the bytes.
 */
export function mediaTypeOf(file: Blob): readonly [extension: string, mime_type: string] {
  const named = file.type.split(';')[0]?.trim().toLowerCase();
  const ending = (file as Partial<File>).name?.split('.').pop()?.toLowerCase();
  const found =
    mediaTypes.find(([, type]) => type === named) ?? mediaTypes.find(([extension]) => extension === ending);
  if (found) return found;
  const message = `Files of type ${named || ending || 'unknown'} are not accepted.`;
  throw refusal('media_type_unsupported', 415, message, 'media');
}
