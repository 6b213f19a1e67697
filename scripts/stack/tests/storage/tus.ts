import { Upload, type UploadOptions } from 'tus-js-client';

/** The target and the headers of a resumable upload. */
export interface Target {
  url: string;
  headers: Record<string, string>;
  bucket: string;
  name: string;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A request of the TUS protocol without a client library. */
export function tus(url: string, method: string, headers: Record<string, string>, body?: Uint8Array) {
  return fetch(url, {
    method,
    headers: { 'tus-resumable': '1.0.0', ...headers },
    ...(body
      ? { body: new Uint8Array(body), headers: { 'tus-resumable': '1.0.0', ...headers, ...octets } }
      : {}),
  });
}

const octets = { 'content-type': 'application/offset+octet-stream' };

/** Begins an upload; `about` replaces metadata. */
export function begin(
  { url, headers, bucket, name }: Target,
  size: number,
  about: Record<string, string> = {},
): Promise<Response> {
  const metadata = { bucketName: bucket, objectName: name, contentType: 'text/css', ...about };
  return tus(url, 'POST', {
    ...headers,
    'upload-length': String(size),
    'upload-metadata': Object.entries(metadata)
      .map(([key, value]) => `${key} ${base64(value)}`)
      .join(','),
  });
}

/** Sends bytes from an offset on. */
export function patch(location: string, headers: Record<string, string>, offset: number, bytes: Uint8Array) {
  return tus(location, 'PATCH', { ...headers, 'upload-offset': String(offset) }, bytes);
}

/** The offset that the server names, or its refusal. */
export async function offsetOf(location: string, headers: Record<string, string>): Promise<number> {
  const answer = await tus(location, 'HEAD', headers);
  if (answer.status !== 200) throw new Error(`HEAD answered ${answer.status}`);
  return Number(answer.headers.get('upload-offset'));
}

/** Uploads with tus-js-client, as in Supabase's guide; resolves with the URL of the upload. */
export function uploadWithClient(
  { url, headers, bucket, name }: Target,
  bytes: Buffer,
  options: Partial<UploadOptions> = {},
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const upload = new Upload(bytes, {
      endpoint: url,
      retryDelays: null,
      headers,
      uploadDataDuringCreation: true,
      removeFingerprintOnSuccess: true,
      metadata: {
        bucketName: bucket,
        objectName: name,
        contentType: 'image/png',
        cacheControl: '3600',
        metadata: JSON.stringify({ yourCustomMetadata: true }),
      },
      chunkSize: 6 * 1024 * 1024,
      onError: reject,
      onSuccess: () => resolve(upload.url),
      ...options,
    });
    upload.start();
  });
}
