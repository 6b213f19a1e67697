import type { Config } from '../config.ts';
import type { FormPart } from '../http/body.ts';
import type { Caller } from '../http/context.ts';
import { unavailable } from '../http/problem.ts';
import { limits } from '../limits.ts';

/** Which files a field takes. */
export interface FileRules {
  field: string;
  bucket: 'post-media' | 'avatars' | 'covers';
  maxBytes: number;
  imagesOnly: boolean;
}
export const postMedia: FileRules = {
  field: 'media',
  bucket: 'post-media',
  maxBytes: limits.media_size,
  imagesOnly: false,
};
export const profilePicture: FileRules = {
  field: 'profile_pic',
  bucket: 'avatars',
  maxBytes: limits.avatar_size,
  imagesOnly: true,
};
export const coverPicture: FileRules = {
  field: 'cover_pic',
  bucket: 'covers',
  maxBytes: limits.cover_size,
  imagesOnly: true,
};

/** A file of a request. */
export interface RequestFile {
  source: FormPart | string;
  rules: FileRules;
}

/** Publishes the files of a request. */
export async function withFiles<T>(
  _config: Config,
  _caller: Caller,
  files: readonly RequestFile[],
  _key: string | null,
  work: (paths: string[]) => Promise<T>,
): Promise<T> {
  if (files.length > 0) throw unavailable(new Error('Publishing files is being rebuilt'));
  return work([]);
}
