import type { Config } from '../config.ts';
import { secretClient } from '../http/clients.ts';
import type { Caller } from '../http/context.ts';
import { sha256 } from '../http/digest.ts';
import type { Part } from '../http/multipart.ts';
import { fieldProblem, internal, isAlreadyStored, ProblemError, storageProblem } from '../http/problem.ts';
import { streamOf } from '../http/streams.ts';
import {
  type Bucket,
  type FileRules,
  type Inspection,
  inspect,
  inspectUpload,
  mediaBucket,
  recordInspection,
} from './inspection.ts';

/** Uploads under way at once for one request: enough to hide the waiting, few enough not to crowd out other requests. */
const PARALLEL_UPLOADS = 4;

/** A file of a form, and where it is to go. */
export interface FormFile {
  part: Part;
  rules: FileRules;
}

/** A file that may be stored, with its name in the bucket. */
interface CheckedFile {
  path: string;
  rules: FileRules;
  inspection: Inspection;
}

/** Files in Storage that nothing shows yet. */
export interface StoredFiles {
  /** Their names in their buckets, in the order of the files. */
  paths: string[];
  /** Takes back what this request stored, after what went wrong; what a post shows by now Storage refuses to remove. */
  takeBack(reason: ProblemError): Promise<void>;
}

/** Stores the files of a request, those of posts as the caller, all of them or none, each under what its bytes are. */
export async function storeFiles(
  config: Config,
  caller: Caller,
  formFiles: readonly FormFile[],
  key: string | null,
): Promise<StoredFiles> {
  // One by one: whoever reads a file may copy it, and memory is scarce.
  const files: CheckedFile[] = [];
  for (const [place, file] of formFiles.entries()) files.push(await checkFile(file, place, caller.id, key));
  const attempted: CheckedFile[] = [];

  // With the secret key into the public buckets: nobody else may, since whoever has the address loads at once. And out
  // of them: somebody who is banned may not even do that.
  const clientFor = (bucket: Bucket) => (bucket === mediaBucket ? caller.client : secretClient(config, null));

  const takeBack = async (reason: ProblemError) => {
    // Under a key the objects are those of every other try as well, which may succeed where this one broke down; a
    // refusal is the same for all of them.
    const triedAgain = key !== null && reason.problem.status >= 500;
    if (triedAgain) return;
    for (const [bucket, group] of Map.groupBy(attempted, ({ rules }): Bucket => rules.bucket)) {
      const { error } = await clientFor(bucket)
        .storage.from(bucket)
        .remove(group.map(({ path }) => path));
      // The sweep finds them within a day: the answer to the client does not change.
      if (error) console.error('Uploads of a refused request were not removed:', error.message);
    }
  };

  const upload = async (file: CheckedFile) => {
    const { path, rules, inspection } = file;
    attempted.push(file);
    const { data, error } = await clientFor(rules.bucket)
      .storage.from(rules.bucket)
      .upload(path, streamOf(inspection.bytes), { contentType: inspection.type.mimeType });
    if (error && key !== null && isAlreadyStored(error)) {
      // An earlier or a concurrent try with the same key stored it, and it alone may take it back. It is looked into:
      // the name follows from the key and the file, so whoever has both could have put anything there.
      attempted.splice(attempted.indexOf(file), 1);
      await inspectStored(config, path);
    } else if (error) throw storageProblem(error, rules.field);
    else if (rules.bucket === mediaBucket) await recordInspection(config, path, data.id, inspection);
  };

  try {
    await forEachParallel(files, PARALLEL_UPLOADS, upload);
  } catch (error) {
    const reason = error instanceof ProblemError ? error : internal(error);
    await takeBack(reason);
    throw reason;
  }
  return { paths: files.map((file) => file.path), takeBack };
}

/**
 * Looks into an upload that is in Storage already, before a post claims it. One that is not there is for the database
 * to refuse, in the transaction that claims it.
 */
export async function inspectStored(config: Config, path: string): Promise<void> {
  const outcome = await inspectUpload(config, path);
  if (outcome.state === 'rejected') throw outcome.reason;
}

async function checkFile(
  { part, rules }: FormFile,
  place: number,
  userId: string,
  key: string | null,
): Promise<CheckedFile> {
  const name = part.filename || `file ${place + 1}`;
  if (part.data.length > rules.maxBytes) {
    throw fieldProblem('media_too_large', rules.field, `${name} is larger than ${rules.maxBytes} bytes.`);
  }
  const inspection = await inspect(part.data, { name, contentType: part.contentType }, rules);
  const id =
    key === null ? crypto.randomUUID() : await keyedId([userId, key, String(place)], inspection.bytes);
  return { path: `${userId}/${id}.${inspection.type.extension}`, rules, inspection };
}

/**
 * The same UUID for the same bytes at the same place of the same request: a retry under its idempotency key then names
 * the objects of the first try, and create_post sees equal arguments. Version 8 of RFC 9562, made from SHA-256.
 */
async function keyedId(parts: readonly string[], data: Uint8Array<ArrayBuffer>): Promise<string> {
  const hex = await sha256([...parts, await sha256(data)].join('\n'));
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}

/** Runs a task for every item, some at a time; after a failure none is begun, and all that were have ended. */
async function forEachParallel<T>(
  items: readonly T[],
  width: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      try {
        await task(item);
      } catch (error) {
        left.length = 0;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, work));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
}
