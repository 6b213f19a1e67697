import { z } from '@hono/zod-openapi';

export const liked = z.boolean().openapi({ description: 'Whether you like it.' });
export const likeCount = z.int().openapi({ description: 'How many users like it.' });

export const saved = z.boolean().openapi({ description: 'Whether you saved it.' });

/** Answer of PUT and DELETE …/like/. */
export const LikeAnswer = z.object({ liked, like_count: likeCount }).openapi('Like');

/** Answer of PUT and DELETE /posts/{id}/save/. */
export const SaveAnswer = z.object({ saved }).openapi('Save');
