import { createNoctra, type ListOptions, type NoctraError, type Page, type Result } from '@noctra/sdk';
import { flushSync } from 'react-dom';

const { VITE_NOCTRA_URL, VITE_NOCTRA_PUBLISHABLE_KEY } = import.meta.env;
export const noctra = createNoctra(VITE_NOCTRA_URL, VITE_NOCTRA_PUBLISHABLE_KEY);

/** What a user can do about an error. Most of the server's messages are good enough for users. */
export function messageOf({ code, status, message, retry_after }: NoctraError) {
  if (status === 0 || status > 500) return 'Noctra does not answer. Are you offline? Try again in a moment.';
  return code === 'rate_limited' ? `Too much at once. Try again in ${retry_after ?? 60} seconds.` : message;
}

/** Shows a message for a moment, and gives it to screen readers. */
export function say(text: string) {
  const toast = document.getElementById('toast');
  if (toast) toast.textContent = text;
  setTimeout(() => toast?.textContent === text && say(''), 5000);
}

type Thing = { id: string };
export type Item = Thing | { tag: string };
export type Read<T> = (page: ListOptions) => PromiseLike<Page<T> | Result<T | T[]>>;

/** A list as far as it is read. `next` is undefined before the first page, and null after the last. */
interface Reading<T> {
  items: T[];
  next?: string | null;
  isLoading?: boolean;
  error?: NoctraError | null;
}

/** What the app has read. Each change draws the whole app again: React changes on the page what differs. */
export const lists = new Map<string, Reading<Item>>();
export const app = { draw() {} };

/** The name of a list that belongs to the present entry of the browser's history: Back shows it as it was. */
export const here = (name = '') => `${navigation.currentEntry?.id} ${name}`;
export const idOf = (item: Item) => ('id' in item ? item.id : item.tag);
export const listOf = <T extends Item>(name: string) => (lists.get(name) ?? { items: [] }) as Reading<T>;

function set(name: string, changes: Partial<Reading<Item>>) {
  lists.set(name, { ...listOf(name), ...changes });
  app.draw();
}

/** Reads the next page of a list. One thing is a list of one. */
export async function readOn(name: string, read: Read<Item>) {
  if (listOf(name).isLoading) return;
  set(name, { isLoading: true, error: null });
  const page = await read({ cursor: listOf(name).next });
  if (!lists.has(name)) return;
  if (page.error) return set(name, { isLoading: false, error: page.error });
  const { items } = listOf(name);
  const fresh = [page.data].flat().filter((item) => !items.some((known) => idOf(known) === idOf(item)));
  set(name, { isLoading: false, items: [...items, ...fresh], next: 'next' in page ? page.next : null });
}

/** Changes a list if it is shown, or was. */
export function change<T extends Item>(name: string, edit: (items: T[]) => T[]) {
  if (lists.has(name)) set(name, { items: edit(listOf<T>(name).items) });
}

/** Changes a thing wherever it is shown. */
export function patch<T extends Thing>(id: string, changes: Partial<T>) {
  for (const name of lists.keys())
    change(name, (items) => items.map((item) => (idOf(item) === id ? { ...item, ...changes } : item)));
}

/** Shows the effect of a call before it has ended, and takes it back if the call fails. */
export async function act<T extends Thing>(item: T, changes: Partial<T>, call: Promise<Result<Partial<T>>>) {
  patch(item.id, changes);
  const { data, error } = await call;
  patch(item.id, error ? item : data);
  if (error) say(messageOf(error));
}

navigation.addEventListener('navigate', (event) => {
  if (!event.canIntercept || event.navigationType === 'reload') return;
  const handler = async () => {
    flushSync(app.draw);
    // Screen readers read where the user is now.
    document.querySelector('h1')?.focus({ preventScroll: true });
  };
  event.intercept({ focusReset: 'manual', handler });
});
