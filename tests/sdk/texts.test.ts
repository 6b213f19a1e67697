import { expect, test } from 'vitest';
import { partsOf, type TextPart } from '../../sdk/src/index.ts';
import { dataOf } from '../kit/results.ts';
import { newSdkPerson } from './sdk-people.ts';

/** The links of a text, in order. */
const linksOf = (parts: TextPart[]) =>
  parts.flatMap(({ text, mention, tag }) =>
    mention ? [[text, mention.username]] : tag ? [[text, `#${tag}`]] : [],
  );

test('finds the mentions and tags that the server has found in a caption and in a comment', async () => {
  const [ann, ben] = await Promise.all([newSdkPerson(), newSdkPerson()]);
  const name = ben.username;
  const caption = `@${name.toUpperCase()}, ＃Sea #sea. #col·lab (@nobody_at_all) with:＠${name}!\n#צה״ל 海#no`;
  const post = dataOf(await ann.noctra.posts.create({ caption, tags: ['listed'] }));
  const parts = partsOf(post.caption, post);
  expect(parts.map(({ text }) => text).join('')).toBe(caption);
  expect(linksOf(parts)).toEqual([
    [`@${name.toUpperCase()}`, name],
    ['＃Sea', '#sea'],
    ['#sea', '#sea'],
    ['#col·lab', '#col·lab'],
    [`＠${name}`, name],
    ['#צה״ל', '#צה״ל'],
  ]);
  const comment = dataOf(await ann.noctra.comments.create(post.id, { text: `Thank you, @${name}` }));
  expect(linksOf(partsOf(comment.text ?? '', comment))).toEqual([[`@${name}`, name]]);
});

test('finds nothing in a URL, in an address and in the middle of a word', () => {
  const post = { mentions: [{ id: '1', username: 'ann' }], tags: [{ id: 'sea', name: 'sea' }] } as never;
  const text = 'https://a.example/@ann#sea me@ann.example x#sea @annabel #seaside';
  expect(linksOf(partsOf(text, post))).toEqual([]);
  expect(linksOf(partsOf(`${text} @ann`, post))).toEqual([['@ann', 'ann']]);
  expect(partsOf('', post)).toMatchObject([{ text: '' }]);
});
