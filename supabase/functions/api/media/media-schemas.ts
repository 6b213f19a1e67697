import { z } from '@hono/zod-openapi';
import { Constants } from '../database.types.ts';
import { limits } from '../limits.ts';

export const uploadPath = z.string('Give the path of an upload.').openapi({
  description:
    'A path from POST /uploads/ or POST /media/. An object of your own in the bucket `uploads` has the name `<user id>/<uuid>`, in lower case, without an extension.',
  example: '0b9cdd4e-6c12-4b6b-8d65-b5f3c6a1d2aa/f1c0e1a2-8c4e-4d3a-9b1f-2f6f0c8f4d11',
});

/** Body of POST /uploads/. */
export const UploadBody = z
  .strictObject({
    filename: z
      .string('A file name is required.')
      .min(1, 'A file name is required.')
      .max(1024, 'A file name has at most 1024 characters.'),
    content_type: z
      .string('A content type is required.')
      .max(255, 'A content type has at most 255 characters.')
      .openapi({ description: 'What the file is, if it is known: the bytes decide.' }),
    size: z
      .int('The size is a number of bytes.')
      .min(1, 'A file has at least one byte.')
      .max(limits.media_size, `A file has at most ${limits.media_size} bytes.`)
      .openapi({ description: 'Bytes.' }),
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

/** Body of DELETE /uploads/. */
export const UploadRemoval = z
  .strictObject({
    paths: z
      .array(uploadPath, 'Give a list of paths of uploads.')
      .min(1, 'Give the path of an upload.')
      .max(limits.media, `Give at most ${limits.media} paths.`),
  })
  .openapi('UploadRemoval');

/** The facts of a file that was inspected. */
export const mediaFacts = {
  file_type: z.enum(Constants.public.Enums.media_type),
  mime_type: z.string(),
  size: z.int().openapi({ description: 'Bytes, without the metadata.' }),
  width: z.int().nullable().openapi({ description: 'Pixels as shown; null where there are none.' }),
  height: z.int().nullable(),
  duration_ms: z.int().nullable().openapi({
    description: 'Milliseconds of sound or video; null where there are none, or the file does not tell.',
  }),
};

/** Body of POST /media/. */
export const MediaBody = z.strictObject({ path: uploadPath }).openapi('NewMedia');

/** Answer of POST /media/. */
export const MediaAnswer = z
  .object({
    path: z
      .string()
      .openapi({ description: 'In bucket `post-media`: goes into `media` of a post, within a day.' }),
    ...mediaFacts,
  })
  .openapi('Media');
