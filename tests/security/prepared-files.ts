import { publishLoose, uploadByUrl } from '../kit/api.ts';
import { photo } from '../kit/files.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { rest } from './raw.ts';

/** Where Storage has objects. */
export const object = '/storage/v1/object';

/** A name as a published file has it. */
export const newName = (): string => `${crypto.randomUUID()}.jpg`;

/** Files, and a user who wants to have them. */
export interface PreparedFiles {
  ann: Person;
  eve: Person;
  /** Files of Ann's in `post-media`: of a public post, of a private one, and one that no post has. */
  files: { shown: string; kept: string; loose: string };
  /** An upload of Ann's, in `uploads`. */
  upload: string;
  /** A published file of Eve's that no post has, and an upload of hers. */
  evesFile: string;
  evesUpload: string;
}

/** Registers Ann and Eve, and prepares their files. */
export async function prepareFiles(): Promise<PreparedFiles> {
  const [ann, eve] = await Promise.all([newPerson(), newPerson()]);
  const [shown, kept, loose, evesFile, upload, evesUpload] = await Promise.all([
    publishLoose(ann),
    publishLoose(ann),
    publishLoose(ann),
    publishLoose(eve),
    uploadByUrl(ann, photo()),
    uploadByUrl(eve, photo()),
  ]);
  await rest(ann, 'rpc/create_post', { json: { caption: 'x', media: [shown] } });
  await rest(ann, 'rpc/create_post', { json: { caption: 'x', media: [kept], is_public: false } });
  return { ann, eve, files: { shown, kept, loose }, upload, evesFile, evesUpload };
}
