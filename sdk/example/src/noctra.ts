import { createNoctra, limits, type NoctraError, type Page, type Profile } from '@noctra/sdk';

const { VITE_NOCTRA_URL, VITE_NOCTRA_PUBLISHABLE_KEY } = import.meta.env;

export const noctra = createNoctra(VITE_NOCTRA_URL, VITE_NOCTRA_PUBLISHABLE_KEY);

/** What a user can do about an error. The server's messages are for developers, but say more than nothing. */
export function messageOf({ code, message, retry_after }: NoctraError): string {
  const messages: Record<string, string> = {
    network_error: 'Noctra does not answer. Are you offline?',
    service_unavailable: 'Noctra is busy. Try again in a moment.',
    rate_limited: `That was too much at once. Try again in ${retry_after ?? 60} seconds.`,
    invalid_credentials: 'This name and password do not belong together.',
    username_taken: 'This name is taken.',
    blocked: 'You cannot do this: one of you blocks the other.',
    post_not_found: 'This post is gone, or you may not see it.',
    profile_not_found: 'There is nobody of this name.',
    profile_private: 'This profile is private. Only followers see more.',
  };
  return messages[code] ?? message;
}

const profilesLike = (prefix: string, signal?: AbortSignal) => {
  const query = noctra.supabase.from('profiles').select('username').order('username').limit(8);
  const found = query.ilike('username', `${prefix.replaceAll(/[%_\\]/g, '\\$&')}%`);
  return signal ? found.abortSignal(signal) : found;
};

/** User names or tags that begin like the word, which begins with `@` or `#`. */
export async function suggest(word: string, signal: AbortSignal): Promise<string[]> {
  const prefix = word.slice(1);
  if (word.startsWith('@')) {
    const { data } = await profilesLike(prefix, signal);
    return (data ?? []).map(({ username }) => username);
  }
  return [...(await newTags(signal)).keys()]
    .filter((tag) => tag.startsWith(prefix.toLowerCase()))
    .slice(0, 8);
}

/** The people whose names begin like this. */
export async function findPeople(name: string): Promise<Page<Profile>> {
  const { data } = await profilesLike(name.replace(/^@/, ''));
  const found = await Promise.all((data ?? []).map(({ username }) => noctra.profiles.get(username)));
  return { data: found.flatMap(({ data }) => data ?? []), next: null, error: null };
}

/** The tags of the newest posts, each with the people who use it. */
export async function newTags(signal?: AbortSignal): Promise<Map<string, Set<string>>> {
  const { data } = await noctra.posts.list({ limit: limits.page_size_max, signal });
  const people = new Map<string, Set<string>>();
  for (const { tags, owner } of data ?? [])
    for (const { name } of tags) people.set(name, (people.get(name) ?? new Set()).add(owner.id));
  return new Map([...people].sort(([, one], [, other]) => other.size - one.size));
}
