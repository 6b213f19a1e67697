import type { Comment, NoctraError, Person, Post } from '@noctra/sdk';
import { type ComponentProps, Fragment, type ReactNode, useEffect, useId, useRef } from 'react';
import { messageOf, noctra } from './noctra.ts';
import { act, type Item, type Reading, useVisit } from './store.ts';

const icons = {
  moon: 'M21 14A9 9 0 1 1 10 3a7 7 0 0 0 11 11z',
  home: 'M4 11l8-7 8 7v9h-5v-6H9v6H4z',
  search: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l5 5',
  plus: 'M12 5v14M5 12h14',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4',
  person: 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 21a8 8 0 0 1 16 0',
  like: 'M12 20S3 15 3 8.8A4.6 4.6 0 0 1 12 7a4.6 4.6 0 0 1 9 1.8C21 15 12 20 12 20z',
  comment: 'M4 5h16v11H11l-5 4v-4H4z',
  repost: 'M4 12V8h13M14 4l4 4-4 4M20 12v4H7M10 20l-4-4 4-4',
  back: 'M19 12H5M11 6l-6 6 6 6',
  next: 'M9 5l7 7-7 7',
  close: 'M6 6l12 12M18 6L6 18',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01',
  leave: 'M10 4H5v16h5M10 12h10M16 8l4 4-4 4',
};
type IconName = keyof typeof icons;
type IconButtonProps = ComponentProps<'button'> & { icon: IconName; label: string };

export const Icon = ({ name }: { name: IconName }) => (
  <svg viewBox="0 0 24 24" aria-hidden="true" className={`icon icon-${name}`}>
    <path d={icons[name]} />
  </svg>
);

/** The label is for screen readers, and a tooltip. */
export const IconButton = ({ icon, label, children, ...rest }: IconButtonProps) => (
  <button type="button" className="icon-button" aria-label={label} title={label} {...rest}>
    <Icon name={icon} />
    {children}
  </button>
);

/** What an address shows. After a navigation its heading has the focus, so that screen readers read it. */
export function Screen({ title, children }: { title: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const visit = useVisit();
  useEffect(() => {
    document.title = `${title} · Noctra`;
    if (visit !== 1) heading.current?.focus({ preventScroll: true });
  }, [title, visit]);
  return (
    <>
      <header className="bar">
        {location.pathname !== '/' && <IconButton icon="back" label="Back" onClick={() => history.back()} />}
        <h1 ref={heading} tabIndex={-1} dir="auto">
          {title}
        </h1>
      </header>
      {children}
    </>
  );
}

interface ListProps<T> {
  as?: 'div' | 'ul' | 'ol';
  className?: string;
  list: Reading<T> & { more(): void };
  show(item: T): ReactNode;
  empty?: ReactNode;
}

/** A list as far as it is read: reads on when its end comes near, and says why there is nothing. */
export function List<T extends Item>({ as: Box = 'div', list, show, empty, ...rest }: ListProps<T>) {
  const { items, next, isLoading, error, more } = list;
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const read = ([entry]: IntersectionObserverEntry[]) => entry?.isIntersecting && button.current?.click();
    const observer = new IntersectionObserver(read, { rootMargin: '800px' });
    if (button.current && !isLoading && !error) observer.observe(button.current);
    return () => observer.disconnect();
  }, [isLoading, error]);
  const isWaiting = isLoading || (next === undefined && !error);
  return (
    <>
      <Box {...rest}>
        {items.map((item) => (
          <Fragment key={item.id}>{show(item)}</Fragment>
        ))}
      </Box>
      {isWaiting && <div className="loading" role="status" aria-label="Loading" />}
      <div className="note">
        {next === null && items.length === 0 && empty}
        {error && <p role="alert">{messageOf(error)}</p>}
        {!isWaiting && next !== null && error?.status !== 404 && (
          <button type="button" ref={button} onClick={more}>
            {error ? 'Try again' : 'Show more'}
          </button>
        )}
      </div>
    </>
  );
}

export const pathOf = ({ username }: { username: string }) => `/people/${username}`;

export const Avatar = ({ person }: { person: Pick<Person, 'profile_pic_url'> }) => (
  <img className="avatar" src={person.profile_pic_url} alt="" loading="lazy" />
);

export const Name = ({ person: { username, is_vip } }: { person: Post['owner'] }) => (
  <a className="name" href={pathOf({ username })}>
    {username}
    {is_vip && <span title="VIP"> ★</span>}
  </a>
);

const relative = new Intl.RelativeTimeFormat(undefined, { style: 'narrow' });
const units = [['day', 86_400] as const, ['hour', 3600] as const, ['minute', 60] as const];

export function Time({ at }: { at: string }) {
  const seconds = (Date.now() - Date.parse(at)) / 1000;
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? [];
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {unit ? relative.format(-Math.floor(seconds / size), unit) : 'now'}
    </time>
  );
}

const compact = new Intl.NumberFormat(undefined, { notation: 'compact' });
export const count = (value: number) => compact.format(value);
export const plural = (value: number, one: string, many = `${one}s`) =>
  `${count(value)} ${value === 1 ? one : many}`;

type TextProps = { text: string } & Pick<Post, 'mentions'> & Partial<Pick<Post, 'tags'>>;

/** A text whose mentions and tags are links: those that the server has found in it. */
export function Text({ text, mentions, tags = [] }: TextProps) {
  const paths = new Map(mentions.map((person) => [`@${person.username.toLowerCase()}`, pathOf(person)]));
  for (const { name } of tags) paths.set(`#${name}`, `/tags/${name}`);
  const parts = text.split(/((?<![\p{L}\p{N}_&])[@＠#＃][\p{L}\p{M}\p{N}_]+)/u);
  return (
    <p className="text" dir="auto">
      {parts.map((part, index) => {
        const path = paths.get(part.normalize('NFKC').toLowerCase());
        if (!path) return part;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text keep their places.
          <a key={index} href={path} dir="auto">
            {part}
          </a>
        );
      })}
    </p>
  );
}

/** The heart of a post or a comment. */
export function LikeButton({ item, of }: { item: Post | Comment; of: 'posts' | 'comments' }) {
  const { id, liked, like_count } = item;
  const changes = { liked: !liked, like_count: like_count + (liked ? -1 : 1) };
  const like = () => act<Post | Comment>(item, changes, noctra[of][liked ? 'unlike' : 'like'](id));
  return (
    <IconButton icon="like" label={`Like, ${like_count}`} aria-pressed={liked} onClick={like}>
      {like_count > 0 && count(like_count)}
    </IconButton>
  );
}

type DialogProps = { title: string; onClose(): void; children: ReactNode };

/** A dialog over the page. The browser keeps the focus inside, and Escape closes it. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const id = useId();
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <header className="bar">
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label="Close" onClick={() => dialog.current?.close()} />
      </header>
      {children}
    </dialog>
  );
}

type FieldProps = ComponentProps<'input'> & { label: string; error: NoctraError | null };

/** An input with its label, and with the error that names it. */
export function Field({ label, error, ...rest }: FieldProps) {
  const id = useId();
  const wrong = error?.field === rest.name ? error : null;
  return (
    <label className="field">
      {label}
      <input aria-invalid={wrong !== null} aria-describedby={id} {...rest} />
      <small id={id} role="alert">
        {wrong && messageOf(wrong)}
      </small>
    </label>
  );
}
