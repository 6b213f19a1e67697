import { uploadByUrl } from '../kit/api.ts';
import { fixture } from '../kit/files.ts';
import { newPerson, type Person, secretClient } from '../kit/people.ts';
import { rest } from './raw.ts';

/** Where Storage has objects. */
export const object = '/storage/v1/object';

/** A name as an upload should have it. */
export const newName = (): string => `${crypto.randomUUID()}.jpg`;

/** The bytes of a photo, as a browser would send them. */
export const photoBytes = (): File => fixture('photo.jpg', 'image/jpeg');

/** Files, and who would like to have them. */
export interface PreparedFiles {
  ann: Person;
  eve: Person;
  /** Files of Ann's: of a public post, of a private one, and one that no post has. */
  files: { shown: string; kept: string; loose: string };
  /** One of Eve's own, that no post has. */
  evesFile: string;
}

/** Registers Ann and Eve, and puts their files there. */
export async function prepareFiles(): Promise<PreparedFiles> {
  const [ann, eve] = await Promise.all([newPerson(), newPerson()]);
  const upload = (person: Person) => uploadByUrl(person, photoBytes());
  const [shown, kept, loose, evesFile] = await Promise.all([
    upload(ann),
    upload(ann),
    upload(ann),
    upload(eve),
  ]);
  await rest(ann, 'rpc/create_post', { json: { caption: 'x', media: [shown] } });
  await rest(ann, 'rpc/create_post', { json: { caption: 'x', media: [kept], is_public: false } });
  // As the function does, once it has looked into the bytes: until then nobody but Ann sees them.
  for (const path of [shown, kept])
    await secretClient().rpc('record_inspection', { path, mime_type: 'image/jpeg' }).throwOnError();
  return { ann, eve, files: { shown, kept, loose }, evesFile };
}
