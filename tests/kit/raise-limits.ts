import { secretClient } from './people.ts';

const actions = ['register_address', 'sign_in_address'] as const;

/**
 * Before the tests: all of them come from one address, which signs up and in more often than a real one may. Returns
 * what restores the limits.
 */
export async function setup(): Promise<() => Promise<void>> {
  const limits = () => secretClient().from('rate_limits');
  const { data } = await limits().select('action, max_count').in('action', actions).throwOnError();
  await limits().update({ max_count: 1_000_000 }).in('action', actions).throwOnError();
  return async () => {
    for (const { action, max_count } of data)
      await limits().update({ max_count }).eq('action', action).throwOnError();
  };
}
