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
