import type { Post } from './api.types.ts';

type Mention = Post['mentions'][number];

/** A part of a text: a mention, a tag, or what is between them. */
export interface TextPart {
  text: string;
  mention?: Mention | undefined;
  tag?: string | undefined;
}

/** A URL or a word, in which nothing is a mention or a tag; or what may be one. */
const pattern = /([\p{L}\p{N}_]+(?::\/|[@＠#＃])\S*|[@＠#＃][\p{L}\p{M}\p{N}\p{Cf}_·׳״・]+)/u;

/**
 * The parts of a caption or of a comment's text, in order, for links: the mentions and tags are those that the server
 * found in it.
 *
 * @example
 * for (const { text, mention, tag } of partsOf(post.caption, post)) {
 *   if (mention) addLink(`/people/${mention.username}`, text);
 *   else if (tag) addLink(`/tags/${tag}`, text);
 *   else addText(text);
 * }
 */
export function partsOf(
  text: string,
  { mentions, tags = [] }: Pick<Post, 'mentions'> & Partial<Pick<Post, 'tags'>>,
): TextPart[] {
  return text.split(pattern).map((part) => {
    const name = part.normalize('NFKC').toLowerCase();
    return {
      text: part,
      mention: mentions.find(({ username }) => `@${username.toLowerCase()}` === name),
      tag: tags.find((tag) => `#${tag.name}` === name)?.name,
    };
  });
}
