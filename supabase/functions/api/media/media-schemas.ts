import { z } from '@hono/zod-openapi';
import { limits } from '../limits.ts';

export const uploadPath = z.string().openapi({
  description: 'A path from POST /uploads/.',
  example: '0b9cdd4e-6c12-4b6b-8d65-b5f3c6a1d2aa/f1c0e1a2-8c4e-4d3a-9b1f-2f6f0c8f4d11.mp4',
});

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
