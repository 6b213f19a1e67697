/**
 * The candidate that is most like `wanted`, if one is at least `threshold` like it (1 is equal): what a mistyped name
 * may have meant.
 */
export function closest(wanted: string, candidates: Iterable<string>, threshold: number): string | null {
  let best: string | null = null;
  let bestLikeness = threshold;
  // Comparing takes the product of the lengths: names of PostgreSQL are short, a client's need not be.
  if (wanted.length > 500) return null;
  for (const candidate of candidates) {
    const likeness =
      1 -
      distance(wanted.toLowerCase(), candidate.toLowerCase()) / Math.max(wanted.length, candidate.length, 1);
    if (likeness > bestLikeness || (likeness === bestLikeness && best === null)) {
      best = candidate;
      bestLikeness = likeness;
    }
  }
  return best;
}

/** Levenshtein's: how many letters must be put in, taken out or replaced. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
