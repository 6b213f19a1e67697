/** The most alike of `names`, null if none is alike by at least `least` (0 to 1): the hint for a mistyped name. */
export function closestName(name: string, names: Iterable<string>, least = 0.33): string | null {
  const given = name.toLowerCase();
  const all = [...names].toSorted();
  // As PostgREST does, names with three letters in a row in common come before those with two.
  for (const length of [3, 2]) {
    const own = partsOf(given, length);
    const scored = all
      .map((candidate) => ({ candidate, folded: candidate.toLowerCase() }))
      .filter(({ folded }) => !partsOf(folded, length).isDisjointFrom(own))
      .map(({ candidate, folded }) => ({ candidate, score: likeness(given, folded, least) }))
      .filter(({ score }) => score >= least)
      .toSorted((one, other) => other.score - one.score);
    if (scored[0]) return scored[0].candidate;
  }
  return null;
}

/** All parts of a name with this length. Its ends count as letters, other signs do not. */
function partsOf(name: string, length: number): Set<string> {
  const letters = `-${name.replaceAll(/[^\p{L}\p{N}\s,]/gu, '')}-`;
  return new Set(
    Array.from({ length: Math.max(0, letters.length - length + 1) }, (_, at) =>
      letters.slice(at, at + length),
    ),
  );
}

/** 1 for equal texts, less for each letter to change (Levenshtein). 0 without counting where lengths differ too much. */
function likeness(one: string, other: string, least: number): number {
  const [short, long] = [one.length, other.length].toSorted((a, b) => a - b) as [number, number];
  if (short < long * least) return 0;
  let before = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const changed = (before[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(changed, (before[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    before = current;
  }
  return 1 - (before[other.length] ?? 0) / long;
}
