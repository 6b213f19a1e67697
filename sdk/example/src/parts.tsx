import type { NoctraError, Person, Post } from '@noctra/sdk';
import { type ComponentProps, type ComponentType, type FormEvent, type ReactNode, useState } from 'react';
import { here, type Item, idOf, listOf, messageOf, type Read, readOn } from './store.ts';

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
  leave: 'M10 4H5v16h5M10 12h10M16 8l4 4-4 4',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01',
};
type IconName = keyof typeof icons;
type IconButtonProps = ComponentProps<'button'> & { icon: IconName; label: string };

export const Icon = ({ name }: { name: IconName }) => (
  <svg viewBox="0 0 24 24" aria-hidden="true" className={name}>
    <path d={icons[name]} />
  </svg>
);

/** The label is for screen readers, and a tooltip. */
export const IconButton = ({ icon, label, children, ...rest }: IconButtonProps) => (
  <button type="button" className="plain" aria-label={label} title={label} {...rest}>
    <Icon name={icon} />
    {children}
  </button>
);

/** A `ref`: calls a function when its element comes near the screen, and what that answers when it leaves. */
export const whileSeen = (enter: () => (() => void) | undefined) => (element: Element | null) => {
  let leave: (() => void) | undefined;
  const see = ([entry]: IntersectionObserverEntry[]) => {
    leave?.();
    leave = entry?.isIntersecting ? enter() : undefined;
  };
  const observer = new IntersectionObserver(see, { rootMargin: '400px' });
  if (element) observer.observe(element);
  return () => {
    observer.disconnect();
    leave?.();
  };
};

interface ListProps<T> {
  name: string;
  read: Read<T>;
  show: ComponentType<{ item: T }>;
  empty?: ReactNode;
  className?: string;
  /** Whether it is the same list on all pages. */
  isShared?: boolean;
  isOne?: boolean;
}

/** A list as far as it is read: reads on when its end comes near, and says why there is nothing. */
export function List<T extends Item>(props: ListProps<T>) {
  const { read, show: Show, empty = 'Nothing here.', className } = props;
  const [Box, Row] = props.isOne ? (['div', 'div'] as const) : (['ul', 'li'] as const);
  const name = props.isShared ? props.name : here(props.name);
  const { items, next, isLoading, error } = listOf<T>(name);
  const more = () => void readOn(name, read);
  return (
    <>
      <Box className={className}>
        {items.map((item) => (
          <Row key={idOf(item)}>
            <Show item={item} />
          </Row>
        ))}
      </Box>
      <div className="note" role="status">
        {error ? messageOf(error) : next === null && items.length === 0 && empty}
        {next !== null && error?.status !== 404 && (
          <button type="button" ref={error ? null : whileSeen(more)} onClick={more}>
            {error ? 'Try again' : isLoading ? 'Loading …' : 'Show more'}
          </button>
        )}
      </div>
    </>
  );
}

export const pathOf = ({ username }: { username: string }) => `/people/${username}`;

export const Avatar = ({ person }: { person: Pick<Person, 'profile_pic_url'> | undefined }) => (
  <img className="avatar" src={person?.profile_pic_url} alt="" loading="lazy" />
);

type BylineProps = { person: Post['owner']; at?: string; href?: string; children?: ReactNode };

/** Who wrote something, and when. */
export const Byline = ({ person, at, href, children }: BylineProps) => (
  <header className="row">
    <Avatar person={person} />
    <a href={pathOf(person)}>
      <b>{person.username}</b> {person.is_vip && '★'}
    </a>
    {children}
    <a className="end" href={href}>
      {at && <Time at={at} />}
    </a>
  </header>
);

const relative = new Intl.RelativeTimeFormat(undefined, { style: 'narrow' });
const units = [['day', 86_400] as const, ['hour', 3600] as const, ['minute', 60] as const];

export function Time({ at }: { at: string }) {
  const seconds = (Date.now() - Date.parse(at)) / 1000;
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? [];
  const text = unit ? relative.format(-Math.floor(seconds / size), unit) : 'now';
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {text}
    </time>
  );
}

export const compact = new Intl.NumberFormat(undefined, { notation: 'compact' });
export const plural = (value: number, one: string, many = `${one}s`) =>
  `${compact.format(value)} ${value === 1 ? one : many}`;

type FormProps = { send(form: FormData): Promise<NoctraError | null>; submit: string; children: ReactNode };

/** A form that is sent once at a time. It says why that failed, and marks the field that the error names. */
export function Form({ send, submit, children }: FormProps) {
  const [state, setState] = useState<NoctraError | 'sent' | 'sending'>();
  const isSending = state === 'sending';
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isSending) return;
    setState('sending');
    const form = event.currentTarget;
    const error = await send(new FormData(form));
    for (const field of form.querySelectorAll('[name]'))
      field.ariaInvalid = String(field.getAttribute('name') === error?.field);
    form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
    if (!error) form.reset();
    setState(error ?? 'sent');
  };
  return (
    <form onSubmit={onSubmit} aria-busy={isSending}>
      {children}
      <p role="alert">{typeof state === 'object' && messageOf(state)}</p>
      <button type="submit">{isSending ? 'Sending …' : submit}</button>
    </form>
  );
}

export const Field = ({ label, ...rest }: ComponentProps<'input'> & { label: string }) => (
  <label>
    {label}
    <input {...rest} />
  </label>
);
