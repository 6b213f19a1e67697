import { z } from '@hono/zod-openapi';
import { emptyAsNull, type FileSource, fileOrPath, fromTexts } from '../http/form.ts';
import { PageQuery } from '../http/lists.ts';
import { boolean, person, text, timestamp, uuid } from '../http/schemas.ts';
import type { FieldCodes } from '../http/validate.ts';
import { limits } from '../limits.ts';
import { mediaFacts, uploadPath } from '../media/media-schemas.ts';
import { acceptedTypes } from '../media/types.ts';
import { owner } from '../people/people-schemas.ts';
import { likeCount, liked, saved } from './reaction-schemas.ts';
import { mentions, tags } from './references.ts';

// The limits are the database's. They are checked here as well so that few files are published for a request that will
// be refused, and so that the OpenAPI document has them. White space and references are left to the database.

/** The codes of fields that mean something else elsewhere. */
export const postCodes: FieldCodes = { id: 'post_not_found' };

const caption = text('A caption', limits.caption_length)
  .min(1, 'A caption must not be empty.')
  .openapi({ example: 'Sunrise with @kai #travel' });

const altText = text('An alternative text', limits.alt_text_length).openapi({
  description: 'Describes the file for people who cannot see it.',
});

const tooMany = `A post has at most ${limits.media} files.`;

/** Files that were uploaded before, as JSON lists them. */
const media = z
  .array(
    z.union(
      [
        uploadPath.transform((path) => ({ file: path as FileSource, alt_text: '' })),
        z
          .strictObject({ path: uploadPath, alt_text: altText.nullish() })
          .transform(({ path, alt_text }) => ({ file: path as FileSource, alt_text: alt_text ?? '' })),
      ],
      'Give a path from POST /uploads/, or {"path", "alt_text"}.',
    ),
    'Give a list of paths from POST /uploads/, or of {"path", "alt_text"}.',
  )
  .max(limits.media, tooMany);

const removeMedia = z.array(z.string(), 'Give a list of ids or paths of files of the post.').openapi({
  description: 'Ids or paths of files to take from the post.',
});

/** The fields that a form writes differently from JSON. */
const formFields = {
  tags: tags.form.optional(),
  mentions: mentions.form.optional(),
  media: z
    .array(fileOrPath)
    .max(limits.media, tooMany)
    .optional()
    .openapi({
      description: `Files (${acceptedTypes()}), or paths from POST /uploads/. Repeat the field for more.`,
    }),
  alt_text: z.array(altText).optional().openapi({
    description: 'For each file in the order of `media`. Repeat the field for more.',
  }),
};

/** Gives each file of a form the alternative text of the same place. */
function withAltTexts<Post>(form: z.ZodType<Post>): z.ZodType<Post> {
  return form.transform((post, context) => {
    const fields = post as { media?: FileSource[]; alt_text?: string[]; remove_media?: string[] };
    const { media = [], alt_text = [], remove_media, ...rest } = fields;
    const files = media.filter((file) => file !== '');
    if (alt_text.length > files.length) {
      const message = 'There are more alternative texts than files.';
      context.addIssue({ code: 'custom', path: ['alt_text'], message });
    }
    return {
      ...rest,
      media: files.map((file, place) => ({ file, alt_text: alt_text[place] ?? '' })),
      ...(remove_media ? { remove_media: remove_media.filter((name) => name !== '') } : {}),
    } as Post;
  }) as never;
}

/** Body of POST /posts/. */
export const NewPost = z
  .strictObject({
    caption,
    tags: tags.json.nullish(),
    mentions: mentions.json.nullish(),
    media: media.nullish(),
    // Not null: a client that means "not public" by it would publish.
    is_public: boolean.optional().openapi({ description: 'Default true.' }),
    original_post: uuid.nullish().openapi({ description: 'The post to repost.' }),
  })
  .openapi('NewPost', { example: { caption: 'Sunrise with @kai #travel', tags: [{ name: 'morning' }] } });

/** The same as a form. */
export const NewPostForm = withAltTexts(
  fromTexts(NewPost, { ...formFields, original_post: emptyAsNull(NewPost.shape.original_post) }),
).openapi('NewPostForm');

/** Body of PATCH /posts/{id}/. */
export const PostEdit = z
  .strictObject({
    caption: caption.nullish(),
    tags: tags.json.nullish(),
    mentions: mentions.json.nullish(),
    media: media.nullish(),
    remove_media: removeMedia.nullish(),
    is_public: boolean.nullish(),
  })
  .openapi('PostEdit', {
    description:
      'Omitted or null fields stay unchanged. `tags` and `mentions` replace the listed ones, `media` is added behind the files of the post.',
    example: { caption: 'Sunset with @kai #travel', tags: ['evening'] },
  });

/** The same as a form. */
export const PostEditForm = withAltTexts(fromTexts(PostEdit, formFields)).openapi('PostEditForm');

const PostMedia = z.object({
  id: uuid,
  file: z.string().openapi({ description: 'Storage path.' }),
  url: z.string().nullable().openapi({ description: 'Ready to load for an hour.' }),
  ...mediaFacts,
  alt_text: z.string().openapi({ description: 'For people who cannot see the file; may be empty.' }),
});

/** A post as clients read it. */
export const PostAnswer = z
  .object({
    id: uuid,
    owner,
    caption: z.string(),
    is_public: z.boolean(),
    tags: z.array(z.object({ id: uuid, name: z.string() })),
    mentions: z.array(z.object({ id: uuid, username: z.string() })),
    media: z.array(PostMedia),
    original_post: uuid.nullable().openapi({
      description:
        'The post that this one reposts; null if there is none, or it is gone or not visible to you.',
    }),
    is_repost: z.boolean().openapi({ description: 'Whether it reposts a post, even one that is gone.' }),
    like_count: likeCount,
    comment_count: z.int().openapi({ description: 'How many comments and replies it has.' }),
    repost_count: z.int().openapi({ description: 'How many public posts repost it.' }),
    liked,
    saved,
    reposted: z.boolean().openapi({ description: 'Whether you reposted it.' }),
    hidden_at: timestamp.nullable().openapi({
      description: 'When a moderator hid it from all but its owner and moderators; else null.',
    }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .openapi('Post');

/** A post as clients read it. */
export type Post = z.infer<typeof PostAnswer>;

/** Query of GET /posts/. */
export const PostsQuery = PageQuery.extend({
  owner: person.optional().openapi({ description: 'Posts of one user: `me`, an id or a user name.' }),
  tag: z
    .string()
    .min(1, 'A tag must not be empty.')
    // Room for # and white space around the name.
    .max(4 * limits.tag_length, `A tag has at most ${limits.tag_length} characters.`)
    .optional()
    .openapi({ description: 'Posts with a tag.' }),
  mentions: person.optional().openapi({ description: 'Posts that mention a user: as `owner`.' }),
});
