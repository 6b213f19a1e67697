import fs from 'node:fs';
import path from 'node:path';
import { getMimeType } from 'hono/utils/mime';
import { StackError } from '../errors.ts';
import { type Project, parseSize } from '../project.ts';
import type { Storage } from './index.ts';
import { service } from './transactions.ts';

/**
 * Creates the buckets under `[storage.buckets]` that do not exist, with the files of their `objects_path`, as the Supabase
 * CLI does for a new database. A bucket that exists stays as it is, unless the start that made it ended before all its
 * files were there: then it is made again.
 */
export async function createConfiguredBuckets(storage: Storage, project: Project): Promise<void> {
  const { buckets = {}, file_size_limit: globalLimit } = project.config.storage;
  const record = path.join(project.state, 'unfinished-bucket');
  const unfinished = fs.existsSync(record) ? fs.readFileSync(record, 'utf8') : undefined;
  for (const [name, bucket] of Object.entries(buckets)) {
    const place = `bucket/${encodeURIComponent(name)}`;
    if (name === unfinished) {
      await call(storage, 'POST', `${place}/empty`);
      await call(storage, 'DELETE', place);
    }
    if ((await call(storage, 'GET', place)).ok) continue;
    fs.writeFileSync(record, name, { mode: 0o600 });
    const created = await call(storage, 'POST', 'bucket', {
      body: JSON.stringify({
        name,
        public: bucket.public,
        file_size_limit: Math.min(parseSize(bucket.file_size_limit), parseSize(globalLimit)),
        allowed_mime_types: bucket.allowed_mime_types.length > 0 ? bucket.allowed_mime_types : undefined,
      }),
    });
    await refuse(created, `The bucket "${name}" of config.toml was not created`);
    if (bucket.objects_path)
      await uploadFiles(storage, name, path.resolve(project.supabase, bucket.objects_path));
  }
  fs.rmSync(record, { force: true });
}

/** Uploads a file, or a folder's files under their paths in it. */
async function uploadFiles(storage: Storage, bucket: string, place: string): Promise<void> {
  const what = `The files of the bucket "${bucket}" in config.toml`;
  const found = fs.statSync(place, { throwIfNoEntry: false });
  if (!found) throw new StackError(`${what} are not there: ${place}.`, 'Correct its objects_path.');
  const files = found.isDirectory() ? fs.readdirSync(place, { recursive: true, withFileTypes: true }) : [];
  const paths = found.isDirectory()
    ? files.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
    : [place];
  const folder = found.isDirectory() ? place : path.dirname(place);
  for (const file of paths) {
    const key = path.relative(folder, file).split(path.sep).map(encodeURIComponent).join('/');
    const uploaded = await call(storage, 'POST', `object/${encodeURIComponent(bucket)}/${key}`, {
      body: await fs.openAsBlob(file),
      headers: {
        'content-type': getMimeType(file)?.split(';')[0] ?? 'application/octet-stream',
        'cache-control': 'max-age=3600',
      },
    });
    await refuse(uploaded, `${what}: ${file} was not uploaded`);
  }
}

function call(storage: Storage, method: string, place: string, init: RequestInit = {}): Promise<Response> {
  return storage.fetch(new Request(`http://localhost/storage/v1/${place}`, { method, ...init }), service);
}

async function refuse(response: Response, sentence: string): Promise<void> {
  if (response.ok) return;
  const { message } = (await response.json()) as { message: string };
  throw new StackError(`${sentence}: ${message}.`, 'Correct it in supabase/config.toml and start again.');
}
