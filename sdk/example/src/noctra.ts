import { createNoctra, type NoctraError } from '@noctra/sdk';

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
    query_invalid: 'Type a word to search for.',
    profile_private: 'This profile is private. Only followers see more.',
  };
  return messages[code] ?? message;
}
