import { z } from '@hono/zod-openapi';
import { PageQuery } from '../http/lists.ts';
import type { FieldCodes } from '../http/validate.ts';
import { limits } from '../limits.ts';

/** The codes of the fields of a search. */
export const searchCodes: FieldCodes = { q: 'query_invalid' };

/** Query of a search. */
export const SearchQuery = PageQuery.extend({
  // The database checks the length, without white space around the text.
  q: z.string('A search needs `q`.').openapi({
    description: 'What is searched.',
    example: 'sea',
    minLength: 1,
    maxLength: limits.query_length,
  }),
});

/** Query of suggestions and of trends, which have one page. */
export const SuggestionQuery = SearchQuery.omit({ cursor: true });
export const TrendQuery = PageQuery.omit({ cursor: true });

/** A tag in a list. */
export const TagCountAnswer = z
  .object({
    tag: z.string(),
    post_count: z.int().openapi({
      description:
        'Posts that have it: of a trend those of the last day, else at most 20 of those that you see.',
    }),
    people_count: z.int().openapi({ description: 'Users who published them.' }),
  })
  .openapi('TagCount');

/** A tag in a list. */
export type TagCount = z.infer<typeof TagCountAnswer>;
