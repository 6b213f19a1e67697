import type { z } from '@hono/zod-openapi';
import { contentType, parseFlag, readJson, readMultipart, textFields } from '../http/body.ts';
import type { Part } from '../http/multipart.ts';
import type { ProblemCode } from '../http/problem.ts';
import { validate } from '../http/validate.ts';
import type { ProfileEdit } from './profile-schemas.ts';
import { ProfileEdit as schema } from './profile-schemas.ts';

/** The fields that hold a picture. */
export const pictureFields = ['profile_pic', 'cover_pic'] as const;

/** A field that holds a picture. */
export type PictureField = (typeof pictureFields)[number];

/** What a request says of the own profile, whichever shape it came in. */
export interface ProfileInput {
  fields: z.output<typeof ProfileEdit>;
  /** Pictures that came along. */
  files: Partial<Record<PictureField, Part>>;
}

/** Reads an edit of the own profile from a request, be it JSON or a form. */
export async function readProfileInput(request: Request): Promise<ProfileInput> {
  if (contentType(request) !== 'multipart/form-data') {
    return { fields: validate(schema, await readJson(request)), files: {} };
  }
  // A browser sends a file field in which nothing was chosen as a file without a name and without bytes; some libraries
  // leave the name out altogether, and what is left must not pass for the text that takes a picture away.
  const parts = (await readMultipart(request)).filter(
    ({ filename, contentType, data }) =>
      data.length > 0 || (filename === null ? contentType === '' : filename !== ''),
  );
  const text = (name: string) => textFields(parts, name)[0];
  const flag = (name: string, code: ProblemCode) => parseFlag(text(name), code, name);
  const fields = validate(schema, {
    username: text('username'),
    bio: text('bio'),
    playlist: text('playlist'),
    // A form has no null: an empty text takes away what there is.
    date_of_birth: emptyAsNull(text('date_of_birth')),
    profile_pic: emptyAsNull(text('profile_pic')),
    cover_pic: emptyAsNull(text('cover_pic')),
    publicProfile: flag('publicProfile', 'public_profile_invalid'),
    anonymous: flag('anonymous', 'anonymous_invalid'),
  });
  const files: ProfileInput['files'] = {};
  for (const field of pictureFields) {
    const file = parts.find((part) => part.name === field && part.filename !== null);
    if (file) files[field] = file;
  }
  return { fields, files };
}

function emptyAsNull(text: string | undefined): string | null | undefined {
  return text?.trim() === '' ? null : text;
}
