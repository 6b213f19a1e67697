import { expect, test } from 'vitest';
import { mapParallel } from './parallel.ts';

const later = () => new Promise((resolve) => setTimeout(resolve, 5));

test('runs some tasks at a time and gives the results in order', async () => {
  let running = 0;
  let most = 0;
  const results = await mapParallel([3, 1, 2, 5, 4], 2, async (item, place) => {
    most = Math.max(most, ++running);
    await later();
    running -= 1;
    return `${place}:${item}`;
  });
  expect(results).toEqual(['0:3', '1:1', '2:2', '3:5', '4:4']);
  expect(most).toBe(2);
});

test('begins no task after a failure, and waits for those that run', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = mapParallel([0, 1, 2, 3], 2, async (item) => {
    begun.push(item);
    if (item === 0) throw new Error('broken');
    await later();
    ended.push(item);
  });
  await expect(work).rejects.toThrow('broken');
  expect([begun, ended]).toEqual([[0, 1], [1]]);
});
