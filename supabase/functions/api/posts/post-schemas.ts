import { z } from '@hono/zod-openapi';
import { timestamp, uuid } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { uploadPath } from '../media/media-schemas.ts';

const caption = z
  .string('A caption is required.')
  .refine((text) => /\S/.test(text), 'A caption must not be empty.')
  // Characters as Postgres counts them, not UTF-16 units.
  .refine(
    (text) => [...text].length <= limits.caption_length,
    `A caption has at most ${limits.caption_length} characters.`,
  )
  .openapi({ minLength: 1, maxLength: limits.caption_length, example: 'Sunrise with @kai #travel' });

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
