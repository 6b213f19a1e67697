import { secretClient } from './people.ts';

/** Before the tests: all of them come from one address, which signs up and in more often than a real one may. */
export async function setup(): Promise<void> {
  const { error } = await secretClient()
    .from('rate_limits')
    .update({ max_count: 1_000_000 })
    .in('action', ['register_address', 'sign_in_address']);
  if (error) throw error;
}
