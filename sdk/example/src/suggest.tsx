import type { Person } from '@noctra/sdk';
import { type ComponentProps, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { noctra } from './noctra.ts';
import { Avatar } from './parts.tsx';

type SuggestingProps = Omit<ComponentProps<'textarea'>, 'value'> & {
  label: string;
  value: string;
  onText(text: string): void;
};

/** People whose names, or tags that begin like the word, which begins with `@` or `#`. */
async function suggest(word: string, signal: AbortSignal) {
  const options = { limit: 8, signal };
  if (word.startsWith('#'))
    return ((await noctra.search.tags(word, options)).data ?? []).map(({ tag }) => ({ text: tag }));
  const { data } = await noctra.search.suggest(word, options);
  return (data ?? []).map((person) => ({ text: person.username, person }));
}

/** A text field that suggests people after `@` and tags after `#`: arrows choose, Enter or Tab takes, Escape closes. */
export function SuggestingText({ label, value, onText, ...rest }: SuggestingProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [word, setWord] = useState('');
  const [found, setFound] = useState<{ text: string; person?: Person }[]>([]);
  const [chosen, setChosen] = useState(0);
  const id = useId();

  useEffect(() => {
    setFound([]);
    setChosen(0);
    if (word.length < 2) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => setFound(await suggest(word, stop.signal)), 120);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [word]);

  /** Sees which word the caret is in. */
  const look = () => {
    const { selectionStart = 0, value = '' } = field.current ?? {};
    setWord(/(?<![\p{L}\p{N}_])[@#][\p{L}\p{M}\p{N}_]*$/u.exec(value.slice(0, selectionStart))?.[0] ?? '');
  };

  const take = (text: string) => {
    const caret = field.current?.selectionStart ?? 0;
    const start = caret - word.length + 1;
    // At once: the next key must find the caret behind the word.
    flushSync(() => onText(`${value.slice(0, start)}${text} ${value.slice(caret).trimStart()}`));
    field.current?.focus();
    field.current?.setSelectionRange(start + text.length + 1, start + text.length + 1);
    setWord('');
  };

  const press = (event: KeyboardEvent) => {
    const suggestion = found[chosen];
    if (!suggestion) return;
    const step = { ArrowDown: 1, ArrowUp: found.length - 1 }[event.key];
    if (step) setChosen((chosen + step) % found.length);
    else if (event.key === 'Enter' || event.key === 'Tab') take(suggestion.text);
    else if (event.key === 'Escape') setWord('');
    else return;
    event.preventDefault();
  };

  return (
    <div className="suggesting">
      <textarea
        ref={field}
        dir="auto"
        aria-label={label}
        aria-autocomplete="list"
        aria-controls={id}
        aria-activedescendant={found.length > 0 ? `${id}-${chosen}` : undefined}
        value={value}
        onChange={(event) => onText(event.target.value)}
        onSelect={look}
        onKeyDown={press}
        onBlur={() => setWord('')}
        {...rest}
      />
      <div role="listbox" id={id} aria-label="Suggestions" hidden={found.length === 0}>
        {found.map(({ text, person }, index) => (
          <div
            key={text}
            role="option"
            tabIndex={-1}
            id={`${id}-${index}`}
            aria-selected={index === chosen}
            onPointerDown={(event) => {
              event.preventDefault();
              take(text);
            }}
          >
            {person && <Avatar person={person} />}
            {word.charAt(0) + text}
          </div>
        ))}
      </div>
      <span role="status" className="hidden">
        {found.length > 0 && `${found.length} suggestions`}
      </span>
    </div>
  );
}
