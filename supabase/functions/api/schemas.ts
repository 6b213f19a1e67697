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

const email = z.email('This is no e-mail address.').max(254, 'An e-mail address has at most 254 characters.');

const dateOfBirth = z.iso
  .date({ error: 'A date of birth is written YYYY-MM-DD.', abort: true })
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

const timestamp = z.iso.datetime({ offset: true });

const uuid = z.guid('An id is a UUID.').openapi({ format: 'uuid' });

/** Body of POST /auth/register/. */
export const RegisterBody = z
  .object({
    username,
    email,
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

const altText = z.string('An alternative text is a text.').openapi({
  description: 'What the file shows, for those who cannot see it.',
  maxLength: limits.alt_text_length,
});

const uploadPath = z.string().openapi({
  description: 'A path from POST /uploads/.',
  example: '0b9cdd4e-6c12-4b6b-8d65-b5f3c6a1d2aa/f1c0e1a2-8c4e-4d3a-9b1f-2f6f0c8f4d11.mp4',
});

/** Files that were uploaded before, as JSON clients list them. */
export const MediaList = z
  .array(
    z.union(
      [
        uploadPath.transform((path) => ({ path, alt_text: '' })),
        z
          .object({ path: uploadPath, alt_text: altText.nullish() })
          .transform(({ path, alt_text }) => ({ path, alt_text: alt_text ?? '' })),
      ],
      'Give a path from POST /uploads/, or {"path", "alt_text"}.',
    ),
    'Give a list of paths from POST /uploads/, or of {"path", "alt_text"}.',
  )
  .nullish()
  .transform((media) => media ?? []);

/** The fields of an edit once its shape (JSON or form) is undone: what is missing stays as it is. */
export const PostEdit = z.object({
  caption: caption.nullish(),
  is_public: z.boolean('Give true or false.').nullish(),
});

/** Files of a post, by id or path, as JSON clients list them. */
export const RemovedMedia = z
  .array(z.string(), 'Give a list of ids or paths of files of the post.')
  .nullish()
  .transform((media) => media ?? []);

const references = (what: string, example: unknown) =>
  z
    .union([z.array(z.union([z.string(), z.object({ name: z.string() })])), z.string()])
    .openapi({ description: what, example });

const tagsShape = references('JSON array of names or {"name"}, or a comma-separated list.', [
  { name: 'travel' },
]);
const mentionsShape = references('User names or ids, in the same shapes as tags.', ['kai_berlin']);

const mediaShape = z
  .array(z.union([uploadPath, z.object({ path: uploadPath, alt_text: altText.optional() })]))
  .max(limits.media);

const filesShape = z
  .array(z.string().openapi({ format: 'binary' }))
  .max(limits.media)
  .openapi({
    description: 'JPEG, PNG, GIF, MP4, MOV, AVI, MP3, WAV, PDF or DOCX; repeat the field for more files.',
  });

const altTextsShape = z
  .array(altText)
  .max(limits.media)
  .openapi({ description: 'Repeat the field for more files: in the order of `media`.' });

const removedShape = z
  .array(z.string())
  .openapi({ description: 'Ids or paths of files to take from the post.' });

/** Body of POST /posts/ as JSON, for the OpenAPI document. */
export const PostJsonBody = z
  .object({
    caption,
    tags: tagsShape.optional(),
    mentions: mentionsShape.optional(),
    media: mediaShape.optional(),
    is_public: z.boolean().default(true),
    original_post: uuid.nullish().openapi({ description: 'A post to pass on.' }),
  })
  .openapi('NewPost', { example: { caption: 'Sunrise with @kai #travel', tags: [{ name: 'morning' }] } });

/** Body of POST /posts/ as multipart, for the OpenAPI document. */
export const PostFormBody = z
  .object({
    caption,
    tags: tagsShape.optional(),
    mentions: mentionsShape.optional(),
    media: filesShape.optional(),
    alt_text: altTextsShape.optional(),
    is_public: z.boolean().default(true),
    original_post: uuid.nullish().openapi({ description: 'A post to pass on.' }),
  })
  .openapi('NewPostForm');

/** Body of PATCH /posts/{id}/ as JSON, for the OpenAPI document. */
export const PostEditJsonBody = z
  .object({
    caption: caption.optional(),
    tags: tagsShape.optional(),
    mentions: mentionsShape.optional(),
    media: mediaShape.optional(),
    remove_media: removedShape.optional(),
    is_public: z.boolean().optional(),
  })
  .openapi('PostEdit', {
    description:
      'What is left out stays as it is. `tags` and `mentions` replace the listed ones, `media` is added behind what is there.',
    example: { caption: 'Sunset with @kai #travel', tags: ['evening'] },
  });

/** Body of PATCH /posts/{id}/ as multipart, for the OpenAPI document. */
export const PostEditFormBody = z
  .object({
    caption: caption.optional(),
    tags: tagsShape.optional(),
    mentions: mentionsShape.optional(),
    media: filesShape.optional(),
    alt_text: altTextsShape.optional(),
    remove_media: removedShape.optional(),
    is_public: z.boolean().optional(),
  })
  .openapi('PostEditForm');

/** Body of POST /uploads/. */
export const UploadBody = z
  .object({
    filename: z
      .string('A file name is required.')
      .min(1, 'A file name is required.')
      .max(1024, 'A file name has at most 1024 characters.'),
    content_type: z
      .string('A content type is required.')
      .max(255, 'A content type has at most 255 characters.')
      .openapi({ description: '`application/octet-stream` goes by the end of the file name.' }),
    size: z
      .int('The size is a number of bytes.')
      .min(1, 'A file has at least one byte.')
      .openapi({ description: `Bytes, at most ${limits.media_size}.` }),
  })
  .openapi('NewUpload', { example: { filename: 'waves.mp4', content_type: 'video/mp4', size: 18_350_080 } });

/** Answer of POST /uploads/. */
export const UploadAnswer = z
  .object({
    path: uploadPath.openapi({ description: 'Goes into `media` of a post once the file is uploaded.' }),
    url: z.string().openapi({ description: 'Send the bytes here.' }),
    token: z.string().openapi({ description: 'For uploadToSignedUrl of supabase-js.' }),
    method: z.literal('PUT'),
    headers: z.record(z.string(), z.string()).openapi({ description: 'Send these along.' }),
    expires_in: z.int().openapi({ description: 'Seconds that the URL is good for.' }),
  })
  .openapi('Upload');

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
        width: z.int().nullable().openapi({ description: 'Pixels as shown; null where it is no picture.' }),
        height: z.int().nullable(),
        alt_text: z
          .string()
          .openapi({ description: 'What it shows, for those who cannot see it; may be empty.' }),
      }),
    ),
    original_post: uuid.nullable().openapi({
      description:
        'The post that this one passes on; null if there is none, or it is gone or not visible to you.',
    }),
    is_repost: z.boolean().openapi({ description: 'Whether it passes on a post, be that one gone or not.' }),
    hidden_at: timestamp.nullable().openapi({
      description: 'When a moderator hid it from everybody but its owner; else null.',
    }),
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

const text = (name: string, limit: number, code: string) =>
  z
    .string(`${name} is a text.`)
    .refine((value) => [...value].length <= limit, `${name} has at most ${limit} characters.`)
    .openapi({ maxLength: limit, description: code });

const bio = text('A bio', limits.bio_length, 'About the person.');
const playlist = text('A playlist', limits.playlist_length, 'What the person listens to.');

/** The fields of an edit of one's profile once its shape (JSON or form) is undone: what is missing stays as it is. */
export const ProfileEdit = z.object({
  username: username.nullish(),
  bio: bio.nullish(),
  playlist: playlist.nullish(),
  // Null takes these three away.
  date_of_birth: dateOfBirth.nullable().optional(),
  profile_pic: z.string('Give the path of an upload, or null.').nullable().optional(),
  cover_pic: z.string('Give the path of an upload, or null.').nullable().optional(),
  publicProfile: z.boolean('Give true or false.').nullish(),
  anonymous: z.boolean('Give true or false.').nullish(),
});

const profileEditShape = {
  username: username.optional(),
  bio: bio.optional(),
  playlist: playlist.optional(),
  date_of_birth: dateOfBirth.nullable().optional(),
  publicProfile: z
    .boolean()
    .optional()
    .openapi({ description: 'False hides all posts from everybody else.' }),
  anonymous: z.boolean().optional().openapi({ description: 'A preference that clients keep here.' }),
};

const picturePath = z.string().nullable().optional().openapi({
  description: 'An object of your own folder in the bucket; null takes the picture away.',
});

/** Body of PATCH /userprofiles/me/ as JSON, for the OpenAPI document. */
export const ProfileEditJsonBody = z
  .object({ ...profileEditShape, profile_pic: picturePath, cover_pic: picturePath })
  .openapi('ProfileEdit', { example: { bio: 'Up before the sun', publicProfile: true } });

const pictureFile = z.string().optional().openapi({
  format: 'binary',
  description: 'JPEG, PNG or GIF; an empty text takes the picture away.',
});

/** Body of PATCH /userprofiles/me/ as multipart, for the OpenAPI document. */
export const ProfileEditFormBody = z
  .object({ ...profileEditShape, profile_pic: pictureFile, cover_pic: pictureFile })
  .openapi('ProfileEditForm');

/** Body of POST /auth/password/. */
export const PasswordChangeBody = z
  .object({
    password: z.string('The present password is required.').openapi({ format: 'password' }),
    new_password: password,
  })
  .openapi('PasswordChange');

/** Body of POST /auth/password/reset/. */
export const PasswordResetBody = z
  .object({
    email,
    redirect_to: z
      .url({ protocol: /^[a-z][a-z0-9+.-]*$/, error: 'Give a URL.' })
      .nullish()
      .openapi({ description: 'Where the link in the mail leads to; one that the project allows.' }),
  })
  .openapi('PasswordReset', { example: { email: 'kai@example.com' } });

/** Body of POST /auth/password/reset/confirm/ by the code in the mail. */
export const PasswordResetByCode = z
  .object({
    email,
    code: z
      .string('The code of the mail is required.')
      .trim()
      .regex(/^\d{6,10}$/, 'The code of the mail has digits only.')
      .openapi({ description: 'The code in the mail.', example: '123456' }),
    new_password: password,
  })
  .openapi('PasswordResetByCode');

/** Body of POST /auth/password/reset/confirm/ by the link in the mail. */
export const PasswordResetByLink = z
  .object({
    token_hash: z
      .string('The token of the link is required.')
      .min(1, 'The token of the link is required.')
      .openapi({ description: 'From the link in the mail.' }),
    new_password: password,
  })
  .openapi('PasswordResetByLink');

/** Body of POST /auth/password/reset/confirm/, for the OpenAPI document. */
export const PasswordResetConfirmBody = z
  .union([PasswordResetByCode, PasswordResetByLink])
  .openapi('PasswordResetConfirm', {
    example: { email: 'kai@example.com', code: '123456', new_password: 'a new password' },
  });

/** Answer of POST /sweep/. */
export const SweepAnswer = z
  .object({
    removed: z.int().openapi({ description: 'Objects that are gone from Storage.' }),
    inspected: z.int().openapi({ description: 'Files of posts that were looked into.' }),
    rejected: z.int().openapi({ description: 'Those of them that were not what they claimed to be.' }),
  })
  .openapi('Sweep');

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
