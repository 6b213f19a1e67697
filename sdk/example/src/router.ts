import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();

function tell() {
  for (const listener of listeners) listener();
}

function listen(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

// Each entry of the history has a number: a list that was read for it is still there when the user comes back.
if (!history.state?.visit) history.replaceState({ visit: 1 }, '');
addEventListener('popstate', tell);
addEventListener('click', (event) => {
  const link = event.target instanceof Element && event.target.closest('a');
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || link.origin !== location.origin || link.target || link.hash) return;
  event.preventDefault();
  go(link.pathname + link.search);
});

export function go(path: string): void {
  history.pushState({ visit: Date.now() }, '', path);
  tell();
  scrollTo(0, 0);
}

export const useVisit = (): number => useSyncExternalStore(listen, () => history.state.visit);

export const useUrl = (): URL => new URL(useSyncExternalStore(listen, () => location.href));
