import type { Config } from '../config.ts';
import { inBackground } from '../http/background.ts';
import type { FormPart } from '../http/body.ts';
import { secretClient } from '../http/clients.ts';
import type { Caller } from '../http/context.ts';
import { dataOf } from '../http/database.ts';
import { newReservation } from '../http/memory.ts';
import { isAlreadyStored, ProblemError, storageProblem } from '../http/problem.ts';
import { streamOf } from '../http/streams.ts';
import { removeSoon } from '../service/sweep.ts';
import { keyedPath, newPath, readPath } from './file-names.ts';
import type { CleanFile } from './formats/format.ts';
import { type FileRules, inspect } from './inspect.ts';
import { mapParallel } from './parallel.ts';
import { readUpload, removeUploads } from './uploads.ts';

/** Files under way at once for one request: enough to hide the waiting, few enough not to crowd out other requests. */
const PARALLEL_FILES = 3;

/** A file of a request: a part of a form, or the path of an upload or of a file that was published before. */
export interface RequestFile {
  source: FormPart | string;
  rules: FileRules;
}

/** A file that was written, inspected and clean, to the bucket of its rules. */
interface PublishedFile {
  path: string;
  file_type: CleanFile['type']['kind'];
  mime_type: string;
  size: number;
  width: number | null;
  height: number | null;
  duration_ms: number | null;
}

/** The state while the files of one request are published. */
interface Publisher {
  config: Config;
  caller: Caller;
  /** Of a request that may be repeated: the same files get the same names. */
  key: string | null;
  /** The registered files that are discarded where the request fails. */
  registered: { bucket: FileRules['bucket']; path: string }[];
}

/**
 * Publishes the files of a request and calls `work` with their paths, in order. Where a file is refused or `work` fails,
 * the files are discarded. Uploads are removed once they are published, but not under an idempotency key: a retry reads
 * them again, and the sweep removes them after a day.
 */
export function withFiles<Result>(
  config: Config,
  caller: Caller,
  files: readonly RequestFile[],
  key: string | null,
  work: (paths: string[]) => Promise<Result>,
): Promise<Result> {
  return orDiscard({ config, caller, key, registered: [] }, async (publisher) => {
    const paths = await mapParallel(files, PARALLEL_FILES, async ({ source, rules }, place) => {
      if (typeof source !== 'string') return (await publishPart(publisher, source, rules, place)).path;
      // A file that was published before; the database knows whether it may be declared.
      if (readPath(source)?.isUpload === false) return source;
      return (await publishUpload(publisher, source, rules, place)).path;
    });
    const result = await work(paths);
    if (key === null) removeInBackground(publisher, uploadsAmong(files));
    return result;
  });
}

/** Publishes one upload for a post that is still to be written. */
export function publishOne(
  config: Config,
  caller: Caller,
  path: string,
  rules: FileRules,
): Promise<PublishedFile> {
  return orDiscard({ config, caller, key: null, registered: [] }, async (publisher) => {
    const file = await publishUpload(publisher, path, rules, 0);
    removeInBackground(publisher, [path]);
    return file;
  });
}

async function orDiscard<Result>(
  publisher: Publisher,
  work: (publisher: Publisher) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(publisher);
  } catch (error) {
    await discard(publisher, error);
    throw error;
  }
}

async function publishPart(
  publisher: Publisher,
  part: FormPart,
  rules: FileRules,
  place: number,
): Promise<PublishedFile> {
  const description = { name: part.filename || `File ${place + 1}`, contentType: part.contentType };
  return store(publisher, inspect(part.bytes, description, rules), rules, place);
}

async function publishUpload(
  publisher: Publisher,
  path: string,
  rules: FileRules,
  place: number,
): Promise<PublishedFile> {
  const { config, caller } = publisher;
  const reservation = newReservation();
  try {
    const { bytes, contentType } = await readUpload(config, caller.id, path, rules, reservation);
    const description = { name: `File ${place + 1}`, contentType };
    return await store(publisher, inspect(bytes, description, rules), rules, place);
  } catch (error) {
    // A wrong type or size is final, so remove the upload now.
    const status = error instanceof ProblemError ? error.problem.status : 500;
    if (status === 413 || status === 415) removeInBackground(publisher, [path]);
    throw error;
  } finally {
    reservation.release();
  }
}

/** Registers a file and writes it under a name that no client can write to. */
async function store(
  { config, caller, key, registered }: Publisher,
  file: CleanFile,
  { bucket, field }: FileRules,
  place: number,
): Promise<PublishedFile> {
  const { type, bytes, dimensions, durationMs } = file;
  // The secret key: no client writes to these buckets.
  const client = secretClient(config, null);
  const register = (path: string) =>
    dataOf(
      client.rpc('register_file', {
        bucket_id: bucket,
        name: path,
        owner_id: caller.id,
        file_type: type.kind,
        mime_type: type.mimeType,
        size: bytes.length,
        ...dimensions,
        ...(durationMs === null ? {} : { duration_ms: durationMs }),
      }),
    );
  let path =
    key === null
      ? newPath(caller.id, type.extension)
      : await keyedPath({ userId: caller.id, key, place, bytes }, type.extension);
  if (!(await register(path))) {
    // A sweep is removing the file of an earlier try.
    path = newPath(caller.id, type.extension);
    await register(path);
  }
  const options = { contentType: type.mimeType };
  const { error } = await client.storage.from(bucket).upload(path, streamOf(bytes), options);
  // Another try under the same key wrote the same bytes.
  const isWritten = error && key !== null && isAlreadyStored(error);
  const failure = error && !isWritten ? storageProblem(error, field) : null;
  // Without an answer Storage may still write the file: it stays registered for a day, and the sweep finds it then.
  if (!failure || failure.problem.status < 500) registered.push({ bucket, path });
  if (failure) throw failure;
  return {
    path,
    file_type: type.kind,
    mime_type: type.mimeType,
    size: bytes.length,
    width: dimensions?.width ?? null,
    height: dimensions?.height ?? null,
    duration_ms: durationMs,
  };
}

/** Makes the files of a failed request due for removal. */
async function discard({ config, key, registered }: Publisher, reason: unknown): Promise<void> {
  // Under a key the files are those of every other try as well, which may succeed where this one broke down; a refusal
  // is the same for all of them.
  const status = reason instanceof ProblemError ? reason.problem.status : 500;
  if (registered.length === 0 || (key !== null && (status >= 500 || status === 429))) return;
  const client = secretClient(config, null);
  for (const [bucket, files] of Map.groupBy(registered, ({ bucket }) => bucket)) {
    const names = files.map(({ path }) => path);
    const { error } = await client.rpc('discard_files', { bucket_id: bucket, names });
    // They are due in a day anyway: the answer to the client does not change.
    if (error) console.error('The files of a refused request were not discarded:', error.message);
  }
  removeSoon(config);
}

/** Removes uploads that are published or refused. The sweep removes those that remain. */
function removeInBackground({ config, caller }: Publisher, paths: string[]): void {
  if (paths.length > 0) inBackground('Removing uploads', () => removeUploads(config, caller.id, paths));
}

function uploadsAmong(files: readonly RequestFile[]): string[] {
  return files.flatMap(({ source }) =>
    typeof source === 'string' && readPath(source)?.isUpload ? source : [],
  );
}
