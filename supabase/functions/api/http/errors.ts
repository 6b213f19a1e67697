import { PASSWORD_MAX_BYTES } from '../auth/password-rules.ts';
import { limits } from '../limits.ts';

// The one list of error codes. The status of a problem, the enum in the OpenAPI document, the SDK's union and the table
// in docs/errors.md come from it. A test compares it with what the migrations, the function and the SDK raise.

/** What one code means. */
export interface ErrorEntry {
  /** The HTTP status; 0 where no answer came. */
  status: number;
  /** Who raises it: `api` is the edge function, and for some codes the database as well. */
  raised_by: 'api' | 'database' | 'sdk';
  /** When it is raised, and what to do. */
  when: string;
}

const mebibytes = (bytes: number) => `${bytes / 1024 / 1024} MiB`;

/** Every error code of Noctra. */
export const errors = {
  body_incomplete: {
    status: 400,
    raised_by: 'api',
    when: 'The connection broke before the body was complete. Send it again.',
  },
  invalid_character: {
    status: 400,
    raised_by: 'api',
    when: 'A text has a character that cannot be stored: NUL or half a surrogate pair.',
  },
  invalid_cursor: {
    status: 400,
    raised_by: 'api',
    when: 'The cursor does not come from a page. Start again without it.',
  },
  invalid_encoding: { status: 400, raised_by: 'api', when: 'A text is not UTF-8.' },
  malformed_json: { status: 400, raised_by: 'api', when: 'The body is not a JSON object.' },
  malformed_multipart: {
    status: 400,
    raised_by: 'api',
    when: 'The body is not valid multipart/form-data, or was cut off.',
  },

  invalid_credentials: {
    status: 401,
    raised_by: 'api',
    when: 'The user name or the password is wrong; the same for an unknown user.',
  },
  not_signed_in: {
    status: 401,
    raised_by: 'api',
    when: 'No token was sent, or its user was deleted. Sign in.',
  },
  refresh_token_invalid: { status: 401, raised_by: 'api', when: 'The session has ended. Sign in again.' },
  token_invalid: {
    status: 401,
    raised_by: 'api',
    when: 'The token is not valid or has expired. Refresh the session.',
  },

  email_not_confirmed: {
    status: 403,
    raised_by: 'api',
    when: 'The e-mail address is not confirmed. Open the link in the mail.',
  },
  forbidden: { status: 403, raised_by: 'api', when: 'This user may not do this.' },
  not_owner: { status: 403, raised_by: 'api', when: 'The post belongs to another user.' },
  signup_disabled: { status: 403, raised_by: 'api', when: 'Registration is closed.' },
  user_banned: { status: 403, raised_by: 'api', when: 'The account is closed.' },

  not_found: { status: 404, raised_by: 'sdk', when: 'The server is not Noctra. Check the URL.' },
  post_not_found: {
    status: 404,
    raised_by: 'api',
    when: 'The post does not exist, or is not visible to this user.',
  },
  profile_not_found: { status: 404, raised_by: 'api', when: 'The user does not exist.' },
  route_not_found: { status: 404, raised_by: 'api', when: 'The path does not exist.' },
  method_not_allowed: {
    status: 405,
    raised_by: 'api',
    when: 'The path has other methods, listed in `Allow`.',
  },

  already_exists: { status: 409, raised_by: 'api', when: 'It exists already.' },
  email_taken: { status: 409, raised_by: 'api', when: 'The e-mail address has an account.' },
  last_admin: {
    status: 409,
    raised_by: 'database',
    when: 'The last admin cannot leave or lose the role. Make another user admin first.',
  },
  media_already_used: { status: 409, raised_by: 'database', when: 'A post has this file already.' },
  username_taken: {
    status: 409,
    raised_by: 'api',
    when: 'Another user has this name, in upper or lower case.',
  },

  media_too_large: {
    status: 413,
    raised_by: 'api',
    when: `A file of a post has at most ${mebibytes(limits.media_size)}, a profile picture ${mebibytes(limits.avatar_size)}, a cover ${mebibytes(limits.cover_size)}.`,
  },
  request_too_large: {
    status: 413,
    raised_by: 'api',
    when: 'The body is larger than this endpoint takes. Send large files by `POST /uploads/`.',
  },

  content_encoding_unsupported: { status: 415, raised_by: 'api', when: 'The body is compressed.' },
  content_type_unsupported: {
    status: 415,
    raised_by: 'api',
    when: 'The body is neither JSON nor a form.',
  },
  media_type_mismatch: {
    status: 415,
    raised_by: 'api',
    when: 'The bytes of the file are not of the type that its content type names.',
  },
  media_type_unsupported: {
    status: 415,
    raised_by: 'api',
    when: 'The file is of a type that is not accepted here.',
  },

  alt_text_invalid: {
    status: 422,
    raised_by: 'api',
    when: `An alternative text has at most ${limits.alt_text_length} characters and belongs to a file.`,
  },
  anonymous_invalid: { status: 422, raised_by: 'api', when: '`anonymous` is true or false.' },
  bio_invalid: { status: 422, raised_by: 'api', when: `A bio has at most ${limits.bio_length} characters.` },
  caption_invalid: {
    status: 422,
    raised_by: 'api',
    when: `A caption has 1 to ${limits.caption_length} characters, and not only white space.`,
  },
  code_invalid: {
    status: 422,
    raised_by: 'api',
    when: 'The code or link of the mail is wrong, used or expired. Ask for a new mail.',
  },
  content_type_invalid: { status: 422, raised_by: 'api', when: '`content_type` is missing or too long.' },
  cover_pic_invalid: {
    status: 422,
    raised_by: 'api',
    when: '`cover_pic` is a picture, the path of an upload, or null.',
  },
  date_of_birth_invalid: {
    status: 422,
    raised_by: 'api',
    when: 'A date of birth is a day from 1900-01-01 to today, written YYYY-MM-DD.',
  },
  email_invalid: {
    status: 422,
    raised_by: 'api',
    when: 'The text is not an e-mail address, or cannot be used.',
  },
  field_unknown: {
    status: 422,
    raised_by: 'api',
    when: 'The request has a field or query parameter that this endpoint does not know. `errors` names it.',
  },
  filename_invalid: { status: 422, raised_by: 'api', when: '`filename` is missing or too long.' },
  idempotency_key_invalid: {
    status: 422,
    raised_by: 'api',
    when: `An idempotency key has 1 to ${limits.idempotency_key_length} printable characters.`,
  },
  idempotency_key_reused: {
    status: 422,
    raised_by: 'database',
    when: 'The key was used for another request, or its post was deleted. Use a new key.',
  },
  is_public_invalid: { status: 422, raised_by: 'api', when: '`is_public` is true or false.' },
  limit_invalid: {
    status: 422,
    raised_by: 'api',
    when: `A page has 1 to ${limits.page_size_max} posts.`,
  },
  media_empty: { status: 422, raised_by: 'api', when: 'The file has no bytes.' },
  media_invalid: {
    status: 422,
    raised_by: 'api',
    when: 'An item of `media` is neither a file nor a path, or the picture has too many pixels.',
  },
  media_not_found: {
    status: 422,
    raised_by: 'api',
    when: 'This user has no such upload, or the post has no such file.',
  },
  media_too_many: { status: 422, raised_by: 'api', when: `A post has at most ${limits.media} files.` },
  mention_invalid: { status: 422, raised_by: 'api', when: '`mentions` is not a list of user names or ids.' },
  mention_unknown: { status: 422, raised_by: 'database', when: 'No user has this name or id.' },
  mentions_too_many: {
    status: 422,
    raised_by: 'database',
    when: `A post mentions at most ${limits.mentions} users, those of the caption included.`,
  },
  new_password_invalid: {
    status: 422,
    raised_by: 'api',
    when: `A password has at least ${limits.password_min} characters and at most ${PASSWORD_MAX_BYTES} bytes.`,
  },
  original_post_invalid: { status: 422, raised_by: 'api', when: '`original_post` is not the id of a post.' },
  original_post_not_found: {
    status: 422,
    raised_by: 'database',
    when: 'The original post does not exist, or is not visible to this user.',
  },
  password_invalid: {
    status: 422,
    raised_by: 'api',
    when: `A password has at least ${limits.password_min} characters and at most ${PASSWORD_MAX_BYTES} bytes.`,
  },
  password_unchanged: { status: 422, raised_by: 'api', when: 'The new password is the old one.' },
  password_weak: {
    status: 422,
    raised_by: 'api',
    when: 'The password is easy to guess, or known from a leak.',
  },
  picture_not_found: {
    status: 422,
    raised_by: 'api',
    when: 'This user has no such picture that a profile can take.',
  },
  playlist_invalid: {
    status: 422,
    raised_by: 'api',
    when: `A playlist has at most ${limits.playlist_length} characters.`,
  },
  profile_pic_invalid: {
    status: 422,
    raised_by: 'api',
    when: '`profile_pic` is a picture, the path of an upload, or null.',
  },
  public_profile_invalid: { status: 422, raised_by: 'api', when: '`publicProfile` is true or false.' },
  reason_invalid: {
    status: 422,
    raised_by: 'database',
    when: `A reason has at most ${limits.reason_length} characters.`,
  },
  redirect_to_invalid: { status: 422, raised_by: 'api', when: '`redirect_to` is not a URL.' },
  remove_media_invalid: {
    status: 422,
    raised_by: 'api',
    when: '`remove_media` is not a list of ids or paths of files.',
  },
  size_invalid: { status: 422, raised_by: 'api', when: '`size` is not a number of bytes.' },
  tag_invalid: {
    status: 422,
    raised_by: 'api',
    when: `A tag has 1 to ${limits.tag_length} characters, without control characters.`,
  },
  tags_too_many: {
    status: 422,
    raised_by: 'database',
    when: `A post has at most ${limits.tags} tags, those of the caption included.`,
  },
  token_hash_invalid: { status: 422, raised_by: 'api', when: '`token_hash` is missing.' },
  username_invalid: {
    status: 422,
    raised_by: 'api',
    when: `A user name has ${limits.username_min} to ${limits.username_max} of the characters A-Z, a-z, 0-9 and _.`,
  },
  validation_failed: {
    status: 422,
    raised_by: 'api',
    when: 'A value breaks a rule. `errors` names the field.',
  },

  rate_limited: { status: 429, raised_by: 'api', when: 'Too many requests. Wait for `Retry-After` seconds.' },
  internal_error: { status: 500, raised_by: 'api', when: 'A defect of the server. The log has the details.' },
  service_busy: {
    status: 503,
    raised_by: 'api',
    when: 'Too many large requests at the same time. Try again after `Retry-After` seconds.',
  },
  service_unavailable: {
    status: 503,
    raised_by: 'api',
    when: 'A part of the server does not answer. Try again after `Retry-After` seconds, with the same idempotency key.',
  },

  aborted: { status: 0, raised_by: 'sdk', when: 'The `signal` ended the call.' },
  network_error: {
    status: 0,
    raised_by: 'sdk',
    when: 'No answer came: offline, DNS, CORS, or the connection broke.',
  },
  unexpected_error: {
    status: 0,
    raised_by: 'sdk',
    when: 'A defect of the SDK or of its surroundings. See `cause`.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** A stable code of an error. */
export type ErrorCode = keyof typeof errors;

/** A code of an HTTP answer. */
export type ProblemCode = {
  [Code in ErrorCode]: (typeof errors)[Code]['raised_by'] extends 'sdk' ? never : Code;
}[ErrorCode];

/** Whether a text is a code of HTTP answers. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(errors, code) && errors[code as ErrorCode].raised_by !== 'sdk';
}

/** The codes of HTTP answers. */
export const problemCodes = Object.keys(errors).filter(isProblemCode);
