import { z } from '@hono/zod-openapi';
import { limits } from './limits.ts';
import { today } from './profile.ts';

// The limits are the database's; they are looked at here as well so that nothing is uploaded for a request that will
// be refused, and so that the OpenAPI document says them.

const username = z
  .string('A user name is required.')
  .regex(
    new RegExp(`^[A-Za-z0-9_]{${limits.username_min},${limits.username_max}}$`),
    `A user name has ${limits.username_min} to ${limits.username_max} of the characters A-Z, a-z, 0-9 and _.`,
  )
  .openapi({ example: 'kai_berlin' });

/** Auth hashes with bcrypt, which takes no more. */
const PASSWORD_MAX_BYTES = 72;

const password = z
  .string('A password is required.')
  .refine(
    (text) => [...text].length >= limits.password_min,
    `A password has at least ${limits.password_min} characters.`,
  )
  .refine(
    (text) => new TextEncoder().encode(text).length <= PASSWORD_MAX_BYTES,
    `A password has at most ${PASSWORD_MAX_BYTES} bytes.`,
  )
  .openapi({ format: 'password', minLength: limits.password_min });

const dateOfBirth = z.iso
  .date('A date of birth is written YYYY-MM-DD.')
  .refine(
    (date) => date >= '1900-01-01' && date <= today(),
    'A date of birth lies between 1900-01-01 and today.',
  )
  .openapi({ example: '2004-02-29' });

const caption = z
  .string('A caption is required.')
  .refine((text) => /\S/.test(text), 'A caption must not be empty.')
  // Characters as Postgres counts them, not UTF-16 units.
  .refine(
    (text) => [...text].length <= limits.caption_length,
    `A caption has at most ${limits.caption_length} characters.`,
  )
  .openapi({ minLength: 1, maxLength: limits.caption_length, example: 'Sunrise with @kai #travel' });

const uuid = z.guid('An id is a UUID.').openapi({ format: 'uuid' });

/** Body of POST /auth/register/. */
export const RegisterBody = z
  .object({
    username,
    email: z.email('This is no e-mail address.').max(254, 'An e-mail address has at most 254 characters.'),
    password,
    date_of_birth: dateOfBirth.nullish(),
  })
  .openapi('Register');

/** Body of POST /auth/token/. */
export const TokenBody = z
  .object({
    username: z
      .string('A user name or an e-mail address is required.')
      .openapi({ description: 'User name or e-mail address.' }),
    password: z.string('A password is required.').openapi({ format: 'password' }),
  })
  .openapi('SignIn');

/** Body of POST /auth/token/refresh/. */
export const RefreshBody = z
  .object({ refresh_token: z.string('A refresh token is required.').min(1, 'A refresh token is required.') })
  .openapi('Refresh');

/** Answer of the endpoints that sign in. */
export const SessionAnswer = z
  .object({
    token: z
      .string()
      .nullable()
      .openapi({ description: 'Access token; null while the e-mail address is to be confirmed.' }),
    refresh_token: z.string().nullable(),
    expires_in: z.int().nullable().openapi({ description: 'Seconds that the token is good for.' }),
    username: z.string(),
    user_id: uuid,
    confirmation_required: z.boolean().optional(),
  })
  .openapi('Session');

/** The fields of a new post once its shape (JSON or form) is undone. */
export const NewPost = z.object({
  caption,
  is_public: z.boolean('Give true or false.').nullish(),
  original_post: uuid.nullish(),
});

/** Storage paths of files that were uploaded before, as JSON clients send them. */
export const MediaPaths = z
  .array(
    z.union(
      [z.string(), z.object({ path: z.string() }).transform(({ path }) => path)],
      'Give a path from POST /uploads/.',
    ),
    'Give a list of paths from POST /uploads/.',
  )
  .nullish()
  .transform((paths) => paths ?? []);

const references = (what: string, example: unknown) =>
  z
    .union([z.array(z.union([z.string(), z.object({ name: z.string() })])), z.string()])
    .openapi({ description: what, example });

const tagsShape = references('JSON array of names or {"name"}, or a comma-separated list.', [
  { name: 'travel' },
]);
const mentionsShape = references('User names or ids, in the same shapes as tags.', ['kai_berlin']);

/** Body of POST /posts/ as JSON, for the OpenAPI document. */
export const PostJsonBody = z
  .object({
    caption,
    tags: tagsShape.optional(),
    mentions: mentionsShape.optional(),
    media: z
      .array(z.string())
      .max(limits.media)
      .optional()
      .openapi({ description: 'Paths from POST /uploads/.' }),
    is_public: z.boolean().default(true),
    original_post: uuid.nullish(),
  })
  .openapi('NewPost');

/** Body of POST /posts/ as multipart, for the OpenAPI document. */
export const PostFormBody = z
  .object({
    caption,
    tags: tagsShape.optional(),
    mentions: mentionsShape.optional(),
    media: z
      .array(z.string().openapi({ format: 'binary' }))
      .max(limits.media)
      .optional()
      .openapi({
        description: 'JPEG, PNG, GIF, MP4, MOV, AVI, MP3, WAV, PDF or DOCX; repeat the field for more files.',
      }),
    is_public: z.boolean().default(true),
    original_post: uuid.nullish(),
  })
  .openapi('NewPostForm');

const timestamp = z.iso.datetime({ offset: true });

/** A post as clients read it. */
export const PostAnswer = z
  .object({
    id: uuid,
    owner: z.object({ id: uuid, username: z.string(), profile_pic_url: z.string(), is_vip: z.boolean() }),
    caption: z.string(),
    is_public: z.boolean(),
    tags: z.array(z.object({ id: uuid, name: z.string() })),
    mentions: z.array(z.object({ id: uuid, username: z.string() })),
    media: z.array(
      z.object({
        id: uuid,
        file: z.string().openapi({ description: 'Storage path.' }),
        url: z.string().nullable().openapi({ description: 'Ready to load for an hour.' }),
        file_type: z.enum(['image', 'video', 'audio', 'document']),
        mime_type: z.string(),
        size: z.int().openapi({ description: 'Bytes.' }),
      }),
    ),
    original_post: uuid.nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .openapi('Post');

/** A post as clients read it. */
export type Post = z.infer<typeof PostAnswer>;

/** What everybody sees of a profile. */
export const ProfileAnswer = z
  .object({
    id: uuid,
    username: z.string(),
    bio: z.string(),
    playlist: z.string(),
    profile_pic: z.string().nullable(),
    profile_pic_url: z.string(),
    cover_pic: z.string().nullable(),
    cover_pic_url: z.string(),
    is_vip: z.boolean(),
    role: z.enum(['user', 'moderator', 'admin']),
    role_display_name: z.string(),
    publicProfile: z.boolean(),
    anonymous: z.boolean(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .openapi('Profile');

/** What the owner sees of his profile. */
export const OwnProfileAnswer = ProfileAnswer.extend({
  email: z.string().nullable(),
  date_of_birth: z.iso.date().nullable(),
  age: z.int().nullable(),
}).openapi('OwnProfile');

const pageSizeRange = `A page holds 1 to ${limits.page_size_max} posts.`;

/** Query of the lists of posts. */
export const PageQuery = z.object({
  limit: z.coerce
    .number(pageSizeRange)
    .int(pageSizeRange)
    .min(1, pageSizeRange)
    .max(limits.page_size_max, pageSizeRange)
    .default(limits.page_size)
    .openapi({ description: 'How many posts a page holds.' }),
  cursor: z.string().optional().openapi({ description: 'From the Link header of the page before.' }),
});

/** The body of every error. */
export const ProblemAnswer = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().openapi({ description: 'Stable: branch on this.' }),
    errors: z.record(z.string(), z.array(z.string())).optional(),
  })
  .openapi('Problem');

/** State of the function and of what it depends on. */
export const HealthAnswer = z
  .object({
    status: z.enum(['ok', 'degraded']),
    dependencies: z.record(z.string(), z.enum(['ok', 'unavailable'])),
  })
  .openapi('Health');

/** What everybody sees of a profile. */
export type Profile = z.infer<typeof ProfileAnswer>;

/** What the owner sees of his profile. */
export type OwnProfile = z.infer<typeof OwnProfileAnswer>;

/** Answer of the endpoints that sign in. */
export type Session = z.infer<typeof SessionAnswer>;
