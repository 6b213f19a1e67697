import { fieldProblem } from '../http/problem.ts';
import { limits } from '../limits.ts';
import { docx } from './formats/docx.ts';
import type { CleanFile, Format } from './formats/format.ts';
import { gif } from './formats/gif.ts';
import { heif } from './formats/heif.ts';
import { jpeg } from './formats/jpeg.ts';
import { mp3 } from './formats/mp3.ts';
import { mp4 } from './formats/mp4.ts';
import { ogg } from './formats/ogg.ts';
import { pdf } from './formats/pdf.ts';
import { png } from './formats/png.ts';
import { riff } from './formats/riff.ts';
import { webm } from './formats/webm.ts';
import { acceptedTypes, declaredType, type MediaType } from './types.ts';

/** The formats, by how a file begins. MP3 comes last: it has no certain beginning. */
const formats: readonly Format[] = [jpeg, png, gif, heif, mp4, riff, webm, ogg, docx, pdf, mp3];

/** Decoded, a picture of this size fills 400 MB; phones and browsers give up on larger ones. */
const MAX_PIXELS = 100_000_000;

/** Which files a field of a request takes, and where they go. */
export interface FileRules {
  field: string;
  bucket: 'post-media' | 'avatars' | 'covers';
  maxBytes: number;
  imagesOnly: boolean;
}

/** The files of posts. */
export const postMedia: FileRules = {
  field: 'media',
  bucket: 'post-media',
  maxBytes: limits.media_size,
  imagesOnly: false,
};

/** A person's picture. */
export const profilePicture: FileRules = {
  field: 'profile_pic',
  bucket: 'avatars',
  maxBytes: limits.avatar_size,
  imagesOnly: true,
};

/** The picture at the head of a profile. */
export const coverPicture: FileRules = {
  field: 'cover_pic',
  bucket: 'covers',
  maxBytes: limits.cover_size,
  imagesOnly: true,
};

/** The declared name and type of a file. The name is for messages only. */
interface FileDescription {
  name: string;
  contentType: string;
}

/**
 * Tells what a file is by its bytes, refuses a type that is not accepted or not the declared one, and removes metadata.
 * Changes the given bytes.
 */
export function inspect(
  bytes: Uint8Array<ArrayBuffer>,
  description: FileDescription,
  rules: FileRules,
): CleanFile {
  const { name, contentType } = description;
  const { field } = rules;
  if (bytes.length === 0) throw fieldProblem('media_empty', field, `${name} is empty.`);
  if (bytes.length > rules.maxBytes) {
    throw fieldProblem('media_too_large', field, `${name} is larger than ${rules.maxBytes} bytes.`);
  }
  const file = formats.find((format) => format.begins(bytes))?.clean(bytes);
  if (!file || (rules.imagesOnly && file.type.kind !== 'image')) {
    const accepted = acceptedTypes(rules.imagesOnly ? 'image' : undefined);
    throw fieldProblem('media_type_unsupported', field, `${name} is no ${accepted}, or it is damaged.`);
  }
  const declared = declaredType(contentType);
  if (declared && containerOf(declared) !== containerOf(file.type)) {
    const detail = `${name} claims to be ${declared.mimeType} but is ${file.type.mimeType}.`;
    throw fieldProblem('media_type_mismatch', field, detail);
  }
  assertDimensions(file, name, field);
  return file;
}

/** A file name tells the container of a recording, and not whether it has a picture: `video/webm` may be sound alone. */
const containerOf = ({ mimeType }: MediaType) => mimeType.split('/')[1];

function assertDimensions({ dimensions, type }: CleanFile, name: string, field: string): void {
  if (!dimensions) return;
  const { width, height } = dimensions;
  if (width === 0 || height === 0) {
    throw fieldProblem('media_type_unsupported', field, `${name} is no valid ${type.mimeType}.`);
  }
  if (width * height > MAX_PIXELS) {
    throw fieldProblem('media_invalid', field, `${name} has more than ${MAX_PIXELS / 1e6} megapixels.`);
  }
}
