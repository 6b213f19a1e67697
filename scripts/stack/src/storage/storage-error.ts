import { isDatabaseAway, isDiskFull } from '../errors.ts';
import { report } from '../service-log.ts';

/** The parts of a storage error that clients see in its body. */
interface ErrorParts {
  /** The status in the body; HTTP's own is derived from it. */
  status: number;
  /** The stable code, by Supabase's list of Storage error codes. */
  code: string;
  message: string;
  /** The older name of the error where it is not the code. */
  error?: string;
}

/** An error with the form that Supabase Storage answers. */
export class StorageError extends Error {
  readonly status: number;
  readonly code: string;
  readonly error: string;

  constructor({ status, code, message, error = code }: ErrorParts, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageError';
    this.status = status;
    this.code = code;
    this.error = error;
  }
}

export const noSuchBucket = () =>
  new StorageError({
    status: 404,
    code: 'NoSuchBucket',
    error: 'Bucket not found',
    message: 'Bucket not found',
  });

export const noSuchKey = () =>
  new StorageError({ status: 404, code: 'NoSuchKey', error: 'not_found', message: 'Object not found' });

export const noSuchUpload = () =>
  new StorageError({ status: 404, code: 'NoSuchUpload', message: 'Upload not found' });

export const invalidKey = (key: string) =>
  new StorageError({ status: 400, code: 'InvalidKey', message: `Invalid key: ${key}` });

export const invalidBucketName = () =>
  new StorageError({
    status: 400,
    code: 'InvalidBucketName',
    error: 'Invalid Input',
    message: 'Bucket name invalid',
  });

export const invalidMimeType = (type: string) =>
  new StorageError({
    status: 415,
    code: 'InvalidMimeType',
    error: 'invalid_mime_type',
    message: `mime type ${type} is not supported`,
  });

export const tooLarge = (what = 'object') =>
  new StorageError({
    status: 413,
    code: 'EntityTooLarge',
    error: 'Payload too large',
    message: `The ${what} exceeded the maximum allowed size`,
  });

export const accessDenied = (message: string, cause?: unknown) =>
  new StorageError({ status: 403, code: 'AccessDenied', error: 'Unauthorized', message }, { cause });

export const alreadyExists = (
  code: 'ResourceAlreadyExists' | 'KeyAlreadyExists' | 'BucketAlreadyExists',
  cause?: unknown,
) =>
  new StorageError(
    { status: 409, code, error: 'Duplicate', message: 'The resource already exists' },
    { cause },
  );

export const bucketNotEmpty = () =>
  new StorageError({
    status: 409,
    code: 'ResourceNotEmpty',
    message: 'The bucket you tried to delete is not empty',
  });

export const noContent = (message = 'No content provided') => invalidRequest(message, 'InvalidRequest');

export const invalidJwt = (message: string) => new StorageError({ status: 400, code: 'InvalidJWT', message });

export const invalidSignature = (message = 'Invalid signature') =>
  new StorageError({ status: 400, code: 'InvalidSignature', message });

/** A request of the wrong form. Supabase names these errors `Error`, after its web framework. */
export const invalidRequest = (message: string, error = 'Error') =>
  new StorageError({ status: 400, code: 'InvalidRequest', error, message });

/** A feature of Supabase that this stack lacks. */
export const featureNotEnabled = (feature: string) =>
  new StorageError({
    status: 409,
    code: 'FeatureNotEnabled',
    message: `The feature ${feature} is not enabled for this resource`,
  });

/** The disk is full. Supabase has no code for that. */
const insufficientStorage = (cause: unknown) =>
  new StorageError(
    {
      status: 507,
      code: 'InsufficientStorage',
      error: 'Insufficient Storage',
      message: 'The disk that holds the files is full',
    },
    { cause },
  );

/** The database cannot be reached for now. S3's code for requests that may be repeated later. */
const databaseAway = (cause: unknown) =>
  new StorageError(
    {
      status: 503,
      code: 'SlowDown',
      message: 'The database is not available for now. Try again in a moment.',
    },
    { cause },
  );

/** Whether PostgreSQL itself refused a statement, and so rolled it back. */
export function isDatabaseError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && error.name === 'PostgresError' && 'code' in error;
}

/** An error of PostgreSQL as Supabase Storage answers it: 42501 is a refusal, not a failure. */
function fromDatabase(error: unknown): StorageError | null {
  if (!isDatabaseError(error)) return null;
  const refused = error.message.includes('row-level security')
    ? 'new row violates row-level security policy'
    : error.message;
  const of = (status: number, code: string, message: string) =>
    new StorageError({ status, code, message }, { cause: error });
  switch (error.code) {
    case '42501':
      return accessDenied(refused, error);
    case '23505':
      return alreadyExists('ResourceAlreadyExists', error);
    case '23503':
      return of(404, 'InvalidRequest', 'The related resource does not exist');
    case '55P03':
      return of(423, 'ResourceLocked', 'The resource is locked');
    case '57014':
      return of(544, 'DatabaseTimeout', 'The connection to the database timed out');
    case '22P02':
    // Text that PostgreSQL cannot hold, such as an escaped NUL in JSON.
    case '22P05':
    case '22021':
      return of(400, 'InvalidParameter', error.message);
    default:
      // Supabase answers the code alone: a message may quote rows that the caller must not see.
      return of(500, 'DatabaseError', `database error, code: ${error.code}`);
  }
}

/** The answer to a thrown error; null for an unexpected error. */
export function toStorageError(thrown: unknown): StorageError | null {
  if (thrown instanceof StorageError) return thrown;
  if (isDatabaseAway(thrown)) return databaseAway(thrown);
  // A database whose disk is full is made read-only.
  const full = isDiskFull(thrown) || (isDatabaseError(thrown) && thrown.code === '25006');
  return full ? insufficientStorage(thrown) : fromDatabase(thrown);
}

/** The response to a thrown error. An unexpected error is reported on the terminal; the client learns no details. */
export function errorResponse(thrown: unknown): Response {
  const error = toStorageError(thrown);
  if (!error || error.status === 500) report('storage', error?.cause ?? thrown);
  if (!error) {
    return Response.json(
      { statusCode: '500', code: 'InternalError', error: 'Internal', message: 'Internal Server Error' },
      { status: 500 },
    );
  }
  const { status, code, message } = error;
  // Supabase writes the status into the body, and answers 400 to nearly all errors.
  const httpStatus = status >= 500 ? status : 400;
  return Response.json(
    { statusCode: String(status), code, error: error.error, message },
    { status: httpStatus },
  );
}
