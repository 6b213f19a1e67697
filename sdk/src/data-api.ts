import type { PostgrestSingleResponse } from '@supabase/supabase-js';
import { fromPostgrest } from './errors.ts';
import { withRetries } from './retries.ts';

/** A signal that never fires, for supabase-js's builders, which want one. */
export const never: AbortSignal = new AbortController().signal;

/**
 * Reads from the Data API, and again where the failure may pass; what it answers, or its error, thrown. The query
 * is to be built with `retry(false)`: supabase-js's own retries would come on top.
 */
export function read<T>(
  signal: AbortSignal | undefined,
  query: () => PromiseLike<PostgrestSingleResponse<T>>,
): Promise<T> {
  return withRetries({ signal }, async () => {
    const { data, error, status } = await query();
    if (error) throw fromPostgrest(error, status);
    return data;
  });
}
