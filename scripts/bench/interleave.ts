import { quantile } from './statistics.ts';

/** Something to measure in rounds. */
export interface Measured {
  name: string;
  /** Runs one round and returns its figure. */
  round(): Promise<number>;
}

/**
 * Measures several things in turns, round by round, so that a slow phase of the machine affects all of them. The first
 * round of each warms up and does not count. Returns the figures by name.
 */
export async function interleave(
  things: readonly Measured[],
  rounds: number,
): Promise<Map<string, number[]>> {
  const figures = new Map<string, number[]>(things.map(({ name }) => [name, []]));
  for (const thing of things) await thing.round();
  for (let round = 0; round < rounds; round++) {
    // Rotate the order, so that no thing always runs first.
    for (let place = 0; place < things.length; place++) {
      const thing = things[(place + round) % things.length];
      if (thing) figures.get(thing.name)?.push(await thing.round());
    }
  }
  return figures;
}

/** Mean milliseconds of one of `times` sequential repetitions. */
export async function millisecondsEach(times: number, work: () => PromiseLike<unknown>): Promise<number> {
  const began = performance.now();
  for (let time = 0; time < times; time++) await work();
  return (performance.now() - began) / times;
}

/** Median milliseconds of one of `times` sequential repetitions; a pause of the machine does not change it. */
export async function medianMilliseconds(times: number, work: () => PromiseLike<unknown>): Promise<number> {
  const figures: number[] = [];
  for (let time = 0; time < times; time++) figures.push(await millisecondsEach(1, work));
  return quantile(figures, 0.5);
}

/** Works a second, by `workers` at the same time which do about `times` works in all. */
export async function worksPerSecond(
  workers: number,
  times: number,
  work: (worker: number) => PromiseLike<unknown>,
): Promise<number> {
  const each = Math.ceil(times / workers);
  const began = performance.now();
  await Promise.all(
    Array.from({ length: workers }, (_, worker) => millisecondsEach(each, () => work(worker))),
  );
  return (each * workers * 1000) / (performance.now() - began);
}
