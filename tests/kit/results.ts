/** The data of a supabase-js or SDK result; throws its error. */
export function dataOf<T>({ data, error }: { data: T; error: unknown }): NonNullable<T> {
  if (error) throw error instanceof Error ? error : new Error(JSON.stringify(error), { cause: error });
  return data as NonNullable<T>;
}
