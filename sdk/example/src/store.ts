import type { NoctraError, Page, Result } from '@noctra/sdk';
import { type FormEvent, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react';
import { messageOf } from './noctra.ts';

export type Item = { id: string };

/** A list as far as it has been read. `next` is undefined before the first page, and null after the last. */
export interface Reading<T> {
  items: T[];
  next?: string | null;
  isLoading: boolean;
  error: NoctraError | null;
}

export type Read<T> = (cursor?: string | null) => PromiseLike<Page<T>>;

const nothing: Reading<never> = { items: [], isLoading: false, error: null };
const readings = new Map<string, Reading<Item>>();
const listeners = new Set<() => void>();
let message = '';

function listen(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function tell() {
  for (const listener of listeners) listener();
}

/** Shows a message for a moment, and gives it to screen readers. */
export function say(text: string): void {
  message = text;
  tell();
  if (text) setTimeout(() => message === text && say(''), 5000);
}

export const useMessage = () => useSyncExternalStore(listen, () => message);

// Each entry of the browser's history has a number, and lists of its own: Back shows them as they were.
if (!history.state?.visit) history.replaceState({ visit: 1 }, '');
addEventListener('popstate', tell);
addEventListener('click', (event) => {
  const link = event.target instanceof Element && event.target.closest('a');
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || link.origin !== location.origin || link.target) return;
  event.preventDefault();
  go(link.pathname + link.search);
});

export function go(path: string): void {
  history.pushState({ visit: Date.now() }, '', path);
  tell();
  scrollTo(0, 0);
}

export const useVisit = (): number => useSyncExternalStore(listen, () => history.state.visit);
export const useUrl = () => new URL(useSyncExternalStore(listen, () => location.href));

function set(key: string, changes: Partial<Reading<Item>>): void {
  readings.set(key, { ...(readings.get(key) ?? nothing), ...changes });
  tell();
}

/** Forgets what a user has read, when another may sign in. */
export const forget = () => readings.clear();

/** A list of the SDK, page by page. A name that begins with `all` is the same for all entries of the history. */
export function useList<T extends Item>(name: string, read: Read<T>) {
  const visit = useVisit();
  const key = name.startsWith('all') ? name : `${visit} ${name}`;
  const reading = (useSyncExternalStore(listen, () => readings.get(key)) ?? nothing) as Reading<T>;
  const more = async () => {
    const { items, next, isLoading } = readings.get(key) ?? nothing;
    if (isLoading) return;
    set(key, { isLoading: true, error: null });
    const page = await read(next);
    if (page.error) return set(key, { isLoading: false, error: page.error });
    const fresh = page.data.filter(({ id }) => !items.some((item) => item.id === id));
    set(key, { items: [...items, ...fresh], next: page.next, isLoading: false });
  };
  const begin = useEffectEvent(() => void more());
  useEffect(() => {
    if (!readings.has(key)) begin();
  }, [key]);
  const change = (edit: (items: T[]) => T[]) =>
    set(key, { items: edit((readings.get(key)?.items ?? []) as T[]) });
  return { ...reading, more, change };
}

/** One thing, as a list of one: `patch` finds it, too. */
export function useOne<T extends Item>(name: string, read: () => Promise<Result<T>>) {
  const list = useList<T>(name, async () => {
    const { data, error } = await read();
    return error ? { data: null, next: null, error } : { data: [data], next: null, error };
  });
  return { ...list, item: list.items[0] };
}

/** Changes a thing wherever it is shown. */
export function patch<T extends Item>(id: string, changes: Partial<T>): void {
  for (const [key, { items }] of readings)
    if (items.some((item) => item.id === id))
      set(key, { items: items.map((item) => (item.id === id ? { ...item, ...changes } : item)) });
}

/** Shows the effect of a call before it has ended, and takes it back if the call fails. */
export async function act<T extends Item>(item: T, changes: Partial<T>, call: Promise<Result<Partial<T>>>) {
  patch(item.id, changes);
  const { data, error } = await call;
  patch(item.id, error ? item : data);
  if (error) say(messageOf(error));
}

/** Sends a form, once at a time, and keeps why that failed. */
export function useSend(send: (form: FormData) => Promise<NoctraError | null | undefined>) {
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<NoctraError | null>(null);
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setSending(true);
    setError((await send(new FormData(event.currentTarget))) ?? null);
    setSending(false);
  };
  return { isSending, error, onSubmit };
}
