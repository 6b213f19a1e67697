import { expect } from 'vitest';
import { call, uploadByUrl } from '../kit/api.ts';
import { fixture } from '../kit/files.ts';
import { objectsOf } from '../kit/owned.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { eventually } from '../kit/waiting.ts';
import { rest } from './raw.ts';

/** Where Storage has objects. */
export const object = '/storage/v1/object';

/** A name as a published file has it. */
export const newName = (): string => `${crypto.randomUUID()}.jpg`;

/** The bytes of a photo, as a browser would send them. */
export const photoBytes = (): File => fixture('photo.jpg', 'image/jpeg');

/** Publishes a file that no post shows yet, and waits until its upload is gone; gives its path in `post-media`. */
export async function publishLoose(person: Person): Promise<string> {
  const path = await uploadByUrl(person, photoBytes());
  const answer = await call('/media/', { token: person.token, json: { path } });
  if (answer.status !== 201) throw new Error(`Publishing failed: ${JSON.stringify(answer.json)}`);
  // The function answers first.
  await eventually(async () => expect(await objectsOf(person, 'uploads')).not.toContain(path));
  return answer.json.path;
}

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
    uploadByUrl(ann, photoBytes()),
    uploadByUrl(eve, photoBytes()),
  ]);
  await rest(ann, 'rpc/create_post', { json: { caption: 'x', media: [shown] } });
  await rest(ann, 'rpc/create_post', { json: { caption: 'x', media: [kept], is_public: false } });
  return { ann, eve, files: { shown, kept, loose }, upload, evesFile, evesUpload };
}
