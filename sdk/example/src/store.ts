import type { NoctraError, Page, Result } from '@noctra/sdk';
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { messageOf } from './noctra.ts';
import { useVisit } from './router.ts';

type Item = { id: string };

/** A list as far as it has been read. `next` is undefined before the first page, and null after the last. */
interface Entry<T> {
  items: T[];
  next?: string | null;
  isLoading: boolean;
  error: NoctraError | null;
}

const nothing: Entry<never> = { items: [], isLoading: false, error: null };
const entries = new Map<string, Entry<Item>>();
const listeners = new Set<() => void>();
let message = '';

function listen(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function tell() {
  for (const listener of listeners) listener();
}

function set(key: string, changes: Partial<Entry<Item>>): void {
  entries.set(key, { ...(entries.get(key) ?? nothing), ...changes });
  tell();
}

/** A list of the SDK, page by page. It is kept for its entry of the browser's history: Back shows it as it was. */
export function useList<T extends Item>(
  name: string,
  read: (cursor?: string | null) => PromiseLike<Page<T>>,
) {
  const key = `${useVisit()} ${name}`;
  const entry = (useSyncExternalStore(listen, () => entries.get(key)) ?? nothing) as Entry<T>;
  const more = async () => {
    const { items, next, isLoading } = entries.get(key) ?? nothing;
    if (isLoading) return;
    set(key, { isLoading: true, error: null });
    const page = await read(next);
    if (page.error) return set(key, { isLoading: false, error: page.error });
    const fresh = page.data.filter(({ id }) => !items.some((item) => item.id === id));
    set(key, { items: [...items, ...fresh], next: page.next, isLoading: false });
  };
  const begin = useEffectEvent(() => void more());
  useEffect(() => {
    if (!entries.has(key)) begin();
  }, [key]);
  const change = (edit: (items: T[]) => T[]) =>
    set(key, { items: edit((entries.get(key)?.items ?? []) as T[]) });
  const has = (id: string) => entries.get(key)?.items.some((item) => item.id === id) ?? false;
  return { ...entry, more, change, has };
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
  for (const [key, { items }] of entries)
    if (items.some((item) => item.id === id))
      set(key, { items: items.map((item) => (item.id === id ? { ...item, ...changes } : item)) });
}

/** Shows the effect of a call before it has ended, and takes it back if the call fails. */
export async function act<T extends Item>(
  item: T,
  changes: Partial<T>,
  call: () => Promise<Result<Partial<T>>>,
): Promise<void> {
  patch(item.id, changes);
  const { data, error } = await call();
  patch(item.id, error ? item : data);
  if (error) say(messageOf(error));
}

/** Shows a message for a moment, and gives it to screen readers. */
export function say(text: string): void {
  message = text;
  tell();
  if (text) setTimeout(() => message === text && say(''), 5000);
}

export const useMessage = (): string => useSyncExternalStore(listen, () => message);
