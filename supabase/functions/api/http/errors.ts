import { limits } from '../limits.ts';

// The one list of error codes: status and when it is raised. The status of a problem, the enum in the OpenAPI document,
// the SDK's union and the table in docs/errors.md come from it. A test compares it with what the migrations, the function
// and the SDK raise.

const mebibytes = (bytes: number) => `${bytes / 1024 / 1024} MiB`;

// Raised by the edge function, some of them by the database as well.
const api = {
  body_incomplete: [400, 'The connection broke before the body was complete. Send it again.'],
  invalid_character: [400, 'A text has a character that cannot be stored: NUL or half a surrogate pair.'],
  invalid_cursor: [400, 'The cursor does not come from a page. Start again without it.'],
  invalid_encoding: [400, 'A text is not UTF-8.'],
  malformed_json: [400, 'The body is not a JSON object.'],
  malformed_multipart: [400, 'The body is not valid multipart/form-data, or was cut off.'],
  invalid_credentials: [401, 'The user name or the password is wrong; the same for an unknown user.'],
  not_signed_in: [401, 'No token was sent, or its user was deleted. Sign in.'],
  refresh_token_invalid: [401, 'The session has ended. Sign in again.'],
  token_invalid: [401, 'The token is not valid or has expired. Refresh the session.'],
  email_not_confirmed: [403, 'The e-mail address is not confirmed. Open the link in the mail.'],
  forbidden: [403, 'This user may not do this.'],
  signup_disabled: [403, 'Registration is closed.'],
  user_banned: [
    403,
    'The account is closed: its session ends, and its token writes nothing. A sign-in answers `invalid_credentials`, so that strangers do not learn of it.',
  ],
  comment_not_found: [404, 'The comment does not exist, or is not visible to this user.'],
  post_not_found: [404, 'The post does not exist, or is not visible to this user.'],
  profile_not_found: [404, 'The user does not exist.'],
  report_not_found: [404, 'The report does not exist.'],
  route_not_found: [404, 'The path does not exist.'],
  method_not_allowed: [405, 'The path has other methods, listed in `Allow`.'],
  already_exists: [409, 'It exists already.'],
  email_taken: [409, 'The e-mail address has an account.'],
  username_taken: [409, 'Another user has this name, in upper or lower case, or had it in the last 30 days.'],
  media_too_large: [
    413,
    `A file of a post has at most ${mebibytes(limits.media_size)}, a profile picture ${mebibytes(limits.avatar_size)}, a cover ${mebibytes(limits.cover_size)}.`,
  ],
  request_too_large: [
    413,
    'The body is larger than this endpoint takes. Send large files by `POST /uploads/`.',
  ],
  content_encoding_unsupported: [415, 'The body is compressed.'],
  content_type_unsupported: [415, 'The body is neither JSON nor a form.'],
  media_type_mismatch: [415, 'The bytes of the file are not of the type that its content type names.'],
  media_type_unsupported: [415, 'The file is of a type that is not accepted here.'],
  alt_text_invalid: [
    422,
    `An alternative text has at most ${limits.alt_text_length} characters and belongs to a file.`,
  ],
  anonymous_invalid: [422, '`anonymous` is true or false.'],
  bio_invalid: [422, `A bio has at most ${limits.bio_length} characters.`],
  caption_invalid: [422, `A caption has 1 to ${limits.caption_length} characters, and not only white space.`],
  code_invalid: [422, 'The code or link of the mail is wrong, used or expired. Ask for a new mail.'],
  comment_invalid: [422, `A comment has 1 to ${limits.comment_length} characters, and not only white space.`],
  content_type_invalid: [422, '`content_type` is missing or too long.'],
  cover_pic_invalid: [422, '`cover_pic` is a picture, the path of an upload, or null.'],
  date_of_birth_invalid: [
    422,
    `A date of birth is a day from ${limits.birth_year_min}-01-01 to today, written YYYY-MM-DD.`,
  ],
  email_invalid: [422, 'The text is not an e-mail address, or cannot be used.'],
  field_unknown: [
    422,
    'The request has a field or query parameter that this endpoint does not know. `errors` names it.',
  ],
  filename_invalid: [422, '`filename` is missing or too long.'],
  idempotency_key_invalid: [
    422,
    `An idempotency key has 1 to ${limits.idempotency_key_length} printable characters.`,
  ],
  is_public_invalid: [422, '`is_public` is true or false.'],
  limit_invalid: [422, `A page has 1 to ${limits.page_size_max} items.`],
  media_empty: [422, 'The file has no bytes.'],
  media_invalid: [
    422,
    'An item of `media` is neither a file nor a path, or the picture has too many pixels.',
  ],
  media_not_found: [422, 'This user has no such upload, or the post has no such file.'],
  media_too_many: [422, `A post has at most ${limits.media} files.`],
  mention_invalid: [422, '`mentions` is not a list of user names or ids.'],
  new_password_invalid: [
    422,
    `A password has at least ${limits.password_min} characters and at most ${limits.password_max_bytes} bytes.`,
  ],
  notification_setting_invalid: [422, 'A setting is a kind of notification, and true or false.'],
  order_invalid: [422, '`order` is `oldest` or `newest`.'],
  original_post_invalid: [422, '`original_post` is not the id of a post.'],
  parent_not_found: [
    422,
    'The comment to answer does not exist on this post, or is not visible to this user.',
  ],
  password_invalid: [
    422,
    `A password has at least ${limits.password_min} characters and at most ${limits.password_max_bytes} bytes.`,
  ],
  password_unchanged: [422, 'The new password is the old one.'],
  password_weak: [422, 'The password is easy to guess, or known from a leak.'],
  picture_not_found: [422, 'This user has no such picture that a profile can take.'],
  playlist_invalid: [
    422,
    `A playlist is an http or https URL of at most ${limits.playlist_length} characters, or empty.`,
  ],
  profile_pic_invalid: [422, '`profile_pic` is a picture, the path of an upload, or null.'],
  public_profile_invalid: [422, '`publicProfile` is true or false.'],
  query_invalid: [422, `A search has 1 to ${limits.query_length} characters.`],
  redirect_to_invalid: [422, '`redirect_to` is not a URL.'],
  remove_media_invalid: [422, '`remove_media` is not a list of ids or paths of files.'],
  report_note_invalid: [422, `A note has at most ${limits.report_length} characters.`],
  report_reason_invalid: [422, 'A report has one of the reasons.'],
  report_state_invalid: [422, 'A report is `open`, `resolved` or `dismissed`.'],
  report_text_invalid: [422, `The text of a report has at most ${limits.report_length} characters.`],
  size_invalid: [422, '`size` is not a number of bytes.'],
  tag_invalid: [422, `A tag has 1 to ${limits.tag_length} characters, without control characters.`],
  token_hash_invalid: [422, '`token_hash` is missing.'],
  unread_invalid: [422, '`unread` is true or false.'],
  up_to_invalid: [422, '`up_to` is not the id of a notification.'],
  username_invalid: [
    422,
    `A user name has ${limits.username_min} to ${limits.username_max} of the characters A-Z, a-z, 0-9 and _.`,
  ],
  validation_failed: [422, 'A value breaks a rule. `errors` names the field.'],
  rate_limited: [429, 'Too many requests. Wait for `Retry-After` seconds.'],
  internal_error: [500, 'A defect of the server. The log has the details.'],
  service_busy: [503, 'Too many large requests at the same time. Try again after `Retry-After` seconds.'],
  service_unavailable: [
    503,
    'A part of the server does not answer. Try again after `Retry-After` seconds, with the same idempotency key.',
  ],
} as const;

// Raised by the database alone.
const database = {
  count_not_exact: [400, 'A count is exact here: `Prefer: count=exact`, neither planned nor estimated.'],
  not_owner: [403, 'The post belongs to another user.'],
  not_comment_owner: [403, 'The comment belongs to another user.'],
  blocked: [403, 'One of the two users blocks the other.'],
  profile_private: [403, 'The profile is private: its lists are for its owner and accepted followers.'],
  follow_request_not_found: [404, 'The user does not ask to follow this user.'],
  last_admin: [409, 'The last admin cannot leave or lose the role. Make another user admin first.'],
  media_already_used: [409, 'A post has this file already.'],
  idempotency_key_reused: [
    422,
    'The key was used for another request, or what it made was deleted. Use a new key.',
  ],
  mention_unknown: [422, 'No user has this name or id.'],
  mentions_too_many: [
    422,
    `A post mentions at most ${limits.mentions} users, those of the caption included; a comment as many.`,
  ],
  follows_too_many: [422, `A user follows at most ${limits.follows} users, requests included.`],
  blocks_too_many: [422, `A user blocks at most ${limits.blocks} users.`],
  mutes_too_many: [422, `A user mutes at most ${limits.mutes} users.`],
  not_yourself: [422, 'Users cannot follow, block, mute or report themselves.'],
  original_post_not_found: [422, 'The original post does not exist, or is not visible to this user.'],
  reason_invalid: [422, `A reason has at most ${limits.reason_length} characters.`],
  report_target_invalid: [422, 'A report is about one post, one comment or one user.'],
  tags_too_many: [422, `A post has at most ${limits.tags} tags, those of the caption included.`],
  username_reserved: [422, 'Nobody can have this user name. Admins keep the list.'],
} as const;

// Made by the SDK: no answer came, or not one of Noctra.
const sdk = {
  not_found: [404, 'The server is not Noctra. Check the URL.'],
  aborted: [0, 'The `signal` ended the call.'],
  network_error: [0, 'No answer came: offline, DNS, CORS, or the connection broke.'],
  unexpected_error: [0, 'A defect of the SDK or of its surroundings. See `cause`.'],
} as const;

/** A stable code of an error. */
export type ErrorCode = ProblemCode | keyof typeof sdk;

/** A code of an HTTP answer. */
export type ProblemCode = keyof typeof api | keyof typeof database;

/** One error code. */
interface ErrorEntry {
  code: ErrorCode;
  /** The HTTP status; 0 where no answer came. */
  status: number;
  /** The part that raises it. The codes of `api` may come from the database as well. */
  raised_by: 'api' | 'database' | 'sdk';
  /** When it is raised, and what to do. */
  when: string;
}

/** Every error code of Noctra, by status. */
export const errors: readonly ErrorEntry[] = Object.entries({ api, database, sdk })
  .flatMap(([raised_by, group]) =>
    Object.entries(group).map(([code, [status, when]]) => ({ code, status, raised_by, when }) as ErrorEntry),
  )
  .sort((a, b) => a.status - b.status || (a.code < b.code ? -1 : 1));

const problems = { ...api, ...database };

/** The codes of HTTP answers. */
export const problemCodes = Object.keys(problems) as ProblemCode[];

/** Whether a text is a code of HTTP answers. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}

/** The HTTP status of a code. */
export function statusOf(code: ProblemCode): number {
  return problems[code][0];
}
