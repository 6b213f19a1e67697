/** Median and spread of the measurements of one thing. */
export interface Summary {
  median: number;
  /** The first and third quartile. */
  low: number;
  high: number;
  rounds: number;
}

/** Median and spread of at least one figure. */
export function summarize(figures: readonly number[]): Summary {
  return {
    median: quantile(figures, 0.5),
    low: quantile(figures, 0.25),
    high: quantile(figures, 0.75),
    rounds: figures.length,
  };
}

/** The quantile of some figures, interpolated. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** The ratios of two measurements, round by round, so that a slow phase of the machine affects both. */
export function ratio(dividends: readonly number[], divisors: readonly number[]): Summary {
  return summarize(dividends.map((figure, round) => figure / (divisors[round] ?? Number.NaN)));
}
