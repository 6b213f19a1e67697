import { createHmac } from 'node:crypto';
import { jwtVerify } from 'jose';
import { errorMessage } from '../errors.ts';
import { invalidJwt, invalidSignature } from './storage-error.ts';

/** The rights of a signed URL for reading. */
export interface DownloadGrant {
  /** When it expires, in seconds. */
  expires: number;
  /** How the image is transformed; absent where the object itself may be read. */
  transformations?: string;
}

/** The rights of a signed upload URL. */
export interface UploadGrant {
  /** The user who signed the URL, and will own the object. */
  owner?: string;
  /** Whether an existing object may be replaced. */
  upsert: boolean;
}

// Supabase's signed upload URLs are valid for two hours.
const uploadSeconds = 2 * 60 * 60;

/** Signs and verifies the tokens of signed URLs. */
export interface Tokens {
  /** `transformations` restricts the token to the image transformed like this. */
  signDownload(bucket: string, key: string, seconds: number, transformations?: string): string;
  /** The rights of the token. Throws the answer to the client. */
  verifyDownload(token: string, bucket: string, key: string): Promise<DownloadGrant>;
  signUpload(bucket: string, key: string, grant: UploadGrant): string;
  /** As `verifyDownload`. */
  verifyUpload(token: string, bucket: string, key: string): Promise<UploadGrant>;
}

/** Makes the tokens of one project. */
export function createTokens(urlSigningSecret: string): Tokens {
  const secret = new TextEncoder().encode(urlSigningSecret);
  const now = () => Math.floor(Date.now() / 1000);

  // Synchronous: jose signs on another thread, which is slow for a page with dozens of files.
  function sign(claims: Record<string, unknown>, seconds: number): string {
    const issued = now();
    const signed = [{ alg: 'HS256' }, { ...claims, iat: issued, exp: issued + seconds }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  }

  async function verify(token: string, bucket: string, key: string) {
    const { payload } = await jwtVerify(token, secret, {
      algorithms: ['HS256'],
      requiredClaims: ['exp'],
    }).catch((error: unknown) => {
      throw invalidJwt(errorMessage(error));
    });
    if (payload.url !== `${bucket}/${key}`) throw invalidSignature();
    return payload;
  }

  return {
    signDownload: (bucket, key, seconds, transformations) =>
      sign({ url: `${bucket}/${key}`, ...(transformations ? { transformations } : {}) }, seconds),

    async verifyDownload(token, bucket, key) {
      const payload = await verify(token, bucket, key);
      // Both kinds name the object in `url`; only a token for uploading has `upsert`.
      const { exp, transformations } = payload;
      if ('upsert' in payload || exp === undefined) throw invalidSignature();
      return typeof transformations === 'string' ? { expires: exp, transformations } : { expires: exp };
    },

    signUpload: (bucket, key, grant) => sign({ ...grant, url: `${bucket}/${key}` }, uploadSeconds),

    async verifyUpload(token, bucket, key) {
      const { upsert, owner } = await verify(token, bucket, key);
      if (typeof upsert !== 'boolean') throw invalidSignature();
      return typeof owner === 'string' ? { owner, upsert } : { upsert };
    },
  };
}
