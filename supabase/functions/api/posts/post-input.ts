import { z } from '@hono/zod-openapi';
import { contentType, parseFlag, readJson, readMultipart, textFields } from '../http/body.ts';
import type { Part } from '../http/multipart.ts';
import { fieldProblem } from '../http/problem.ts';
import { validate } from '../http/validate.ts';
import { limits } from '../limits.ts';
import { MediaList, RemovedMedia } from './post-schemas.ts';
import {
  mentionReferences,
  type ReferenceKind,
  type References,
  referencesFromFields,
  referencesFromJson,
  tagReferences,
} from './references.ts';

/** A file of a post: one that was uploaded before, or one that came along. */
export type MediaInput = ({ path: string } | { file: Part }) & { altText: string };

/** What a request says of a post, whichever shape it came in; null and undefined where it says nothing. */
export interface PostInput {
  /** Caption, visibility and original, as they came: what they must be differs between a new post and an edit. */
  fields: Record<string, unknown>;
  tags: string[] | null;
  mentions: string[] | null;
  media: MediaInput[];
  removeMedia: string[];
}

/** Reads a post or an edit from a request, be it JSON or a form. */
export async function readPostInput(request: Request): Promise<PostInput> {
  const input =
    contentType(request) === 'multipart/form-data' ? await readForm(request) : await readObject(request);
  if (input.media.length > limits.media) {
    throw fieldProblem('media_too_many', 'media', `A post takes at most ${limits.media} files.`);
  }
  for (const { altText } of input.media) {
    if ([...altText].length > limits.alt_text_length) {
      const detail = `An alternative text has at most ${limits.alt_text_length} characters.`;
      throw fieldProblem('alt_text_invalid', 'alt_text', detail);
    }
  }
  return input;
}

async function readObject(request: Request): Promise<PostInput> {
  const body = await readJson(request);
  const lists = validate(z.object({ media: MediaList, remove_media: RemovedMedia }), body);
  const references = (field: 'tags' | 'mentions', kind: ReferenceKind) =>
    body[field] === undefined || body[field] === null
      ? null
      : names(referencesFromJson(body[field], kind), field);
  return {
    fields: body,
    tags: references('tags', tagReferences),
    mentions: references('mentions', mentionReferences),
    media: lists.media.map(({ path, alt_text }) => ({ path, altText: alt_text })),
    removeMedia: lists.remove_media,
  };
}

async function readForm(request: Request): Promise<PostInput> {
  const parts = await readMultipart(request);
  const texts = (name: string) => textFields(parts, name);
  const references = (field: 'tags' | 'mentions', kind: ReferenceKind) => {
    const fields = texts(field);
    return fields.length === 0 ? null : names(referencesFromFields(fields, kind), field);
  };
  return {
    fields: {
      caption: texts('caption')[0],
      is_public: parseFlag(texts('is_public')[0], 'is_public_invalid', 'is_public'),
      original_post: texts('original_post')[0] || undefined,
    },
    tags: references('tags', tagReferences),
    mentions: references('mentions', mentionReferences),
    media: mediaOf(parts, texts('alt_text')),
    removeMedia: texts('remove_media').filter((text) => text !== ''),
  };
}

/** Files and paths in the order of the form, each with the alternative text of the same place. */
function mediaOf(parts: readonly Part[], altTexts: readonly string[]): MediaInput[] {
  const media = parts
    .filter((part) => part.name === 'media' || part.name === 'media[]')
    // A browser sends a file field in which nothing was chosen as a file without a name and without bytes.
    .filter((part) => part.filename || part.data.length > 0)
    .map((part, place) => {
      const altText = altTexts[place] ?? '';
      if (part.filename !== null) return { file: part, altText };
      const [path = ''] = textFields([part], 'media');
      return { path, altText };
    });
  if (altTexts.length > media.length) {
    throw fieldProblem('alt_text_invalid', 'alt_text', 'There are more alternative texts than files.');
  }
  return media;
}

function names(references: References, field: 'tags' | 'mentions'): string[] {
  if (references.names !== null) return references.names;
  throw fieldProblem(field === 'tags' ? 'tag_invalid' : 'mention_invalid', field, references.problem);
}
