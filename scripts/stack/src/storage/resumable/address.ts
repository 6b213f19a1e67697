import type { UploadRecord } from './records.ts';

/** The path of resumable uploads. */
export const resumablePath = '/storage/v1/upload/resumable';
/** The path of resumable uploads by a signed URL. */
export const signedPath = `${resumablePath}/sign`;

/** Which upload an address names: its object, and the version that this will have. */
export type Target = Pick<UploadRecord, 'id' | 'bucket' | 'name'>;

/** The last part of an upload's address, as Supabase makes it. */
export function writeTarget({ id, bucket, name }: Target): string {
  return Buffer.from(`${bucket}/${name}/${id}`).toString('base64url');
}

/** Reads what `writeTarget` wrote; null of anything else. */
export function readTarget(text: string): Target | null {
  const [bucket, ...rest] = Buffer.from(text, 'base64url').toString('utf8').split('/');
  const id = rest.pop();
  return bucket && id && rest.length > 0 ? { id, bucket, name: rest.join('/') } : null;
}

/** Whether a request comes with a signature in place of a user. */
export function isSigned(request: { url: string }): boolean {
  return new URL(request.url).pathname.startsWith(signedPath);
}

/** The address of an upload as its client reaches it, a proxy in between or not. */
export function addressOf(
  request: { url: string; headers: Headers },
  proto: string,
  host: string,
  target: string,
): string {
  const forwarded = (name: string) => request.headers.get(`x-forwarded-${name}`) ?? '';
  const port = forwarded('port');
  const named = forwarded('host') !== '' && port !== '' && port !== '80' && port !== '443';
  const origin = named ? `${host.replace(/:\d+$/, '')}:${port}` : host;
  const prefix = forwarded('prefix').replace(/\/+$/, '');
  return `${proto}://${origin}${prefix}${isSigned(request) ? signedPath : resumablePath}/${target}`;
}
