import { expect, it } from 'vitest';
import { createRate } from '../../src/realtime/rate.ts';

it('averages the ticks of five seconds of the last minute, without the one that runs', () => {
  let now = 0;
  const rate = createRate(() => now);
  rate.add(100);
  expect(rate.average()).toBe(0);
  now = 5_000;
  expect(rate.average()).toBe(20);
  rate.add();
  rate.add(49);
  now = 10_000;
  expect(rate.average()).toBe(15);
  // Ticks in which nothing happened count as well.
  now = 20_000;
  expect(rate.average()).toBe(7.5);
  // The first tick is forgotten after a minute.
  now = 65_000;
  expect(rate.average()).toBeCloseTo(50 / 60);
  now = 1_000_000;
  expect(rate.average()).toBe(0);
});
