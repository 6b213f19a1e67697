/** Starts several calls at once; resolves with their results in order. */
export function atOnce<T>(count: number, call: (place: number) => PromiseLike<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, place) => call(place)));
}

/** The items in random order. */
export function shuffled<T>(items: readonly T[]): T[] {
  const order = [...items];
  for (let place = order.length - 1; place > 0; place--) {
    const other = Math.floor(Math.random() * (place + 1));
    [order[place], order[other]] = [order[other] as T, order[place] as T];
  }
  return order;
}

/** Repeats a call that a deadlock has ended, as the function and the SDK do. Auth answers 500 without a reason then. */
export async function retried<T extends { error: unknown }>(call: () => PromiseLike<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const answer = await call();
    const wasEnded = /40P01|AuthRetryableFetchError/.test(JSON.stringify(answer.error));
    if (attempt === 10 || !wasEnded) return answer;
  }
}
