/** Runs a task for every item, some at a time, in order; after a failure none is begun, and all that were have ended. */
export async function mapParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  task: (item: Item, place: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = [...items.entries()];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [place, item] = next;
      try {
        results[place] = await task(item, place);
      } catch (error) {
        left.length = 0;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, work));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
  return results;
}
