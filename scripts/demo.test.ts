import sharp from 'sharp';
import { expect, it } from 'vitest';
import { limits } from '../sdk/src/limits.ts';
import { demoPeople, demoPosts } from './demo/people.ts';
import { makePicture, type Scene } from './demo/pictures.ts';

const names = new Set(demoPeople.map(({ username }) => username));

it('gives every post, comment and reply of the demo an author who is in it', () => {
  const authors = demoPosts.flatMap(({ by, comments = [] }) => [
    by,
    ...comments.flatMap(([author, , replies = []]) => [author, ...replies.map(([replier]) => replier)]),
  ]);
  expect(authors.filter((author) => !names.has(author))).toEqual([]);
  expect([...names].filter((name) => name.length > limits.username_max)).toEqual([]);
});

it('gives no two posts of the demo one caption, by which a second run finds them', () => {
  expect(new Set(demoPosts.map(({ caption }) => caption)).size).toBe(demoPosts.length);
});

it('describes every picture of the demo', () => {
  const texts = demoPosts.flatMap(({ pictures = [] }) => pictures.map(([, alt_text]) => alt_text));
  expect(texts.length).toBeGreaterThan(30);
  expect(texts.filter((text) => text.length < 10)).toEqual([]);
});

it.each<Scene>(['mountains', 'sea', 'city', 'forest', 'aurora', 'lights', 'tiles', 'dunes', 'portrait'])(
  'makes the same picture of %s again, in the size that is asked for',
  async (scene) => {
    const picture = { scene, seed: 3, width: 96, height: 64 };
    const [one, two] = await Promise.all([makePicture(picture), makePicture(picture)]);
    expect(await sharp(await one.arrayBuffer()).metadata()).toMatchObject({
      format: 'jpeg',
      width: 96,
      height: 64,
    });
    // The grain is random.
    expect(Math.abs(one.size - two.size)).toBeLessThan(one.size / 20);
  },
);
