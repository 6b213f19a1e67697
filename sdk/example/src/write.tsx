import { type Comment, limits, type Person, type TagCount } from '@noctra/sdk';
import { type ComponentProps, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { Avatar, Form, Icon, IconButton } from './parts.tsx';
import { idOf, listOf, noctra, readOn, say } from './store.ts';

const textOf = (item: Person | TagCount) => ('tag' in item ? item.tag : item.username);

/** Suggests people after `@` and tags after `#`: arrows choose, Enter or Tab takes, Escape closes. */
function SuggestingText({ label, ...rest }: ComponentProps<'textarea'> & { label: string }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [word, setWord] = useState('');
  const found = listOf<Person | TagCount>(word).items;
  const [chosen, setChosen] = useState(0);
  const id = useId();

  useEffect(() => {
    setChosen(0);
    const search = word.startsWith('#') ? noctra.search.tags : noctra.search.suggest;
    const timer = setTimeout(() => word.length > 1 && readOn(word, () => search(word, { limit: 8 })), 120);
    return () => clearTimeout(timer);
  }, [word]);

  /** Sees which word the caret is in. */
  const look = () => {
    const { selectionStart = 0, value = '' } = field.current ?? {};
    setWord(/(?<![\p{L}\p{N}_])[@#][\p{L}\p{M}\p{N}_]*$/u.exec(value.slice(0, selectionStart))?.[0] ?? '');
  };

  const take = (event: { preventDefault(): void }, suggestion: Person | TagCount) => {
    event.preventDefault();
    const text = textOf(suggestion);
    const caret = field.current?.selectionStart ?? 0;
    field.current?.setRangeText(`${text} `, caret - word.length + 1, caret, 'end');
    setWord('');
  };

  const press = (event: KeyboardEvent) => {
    const suggestion = found[chosen];
    if (!suggestion) return;
    const step = { ArrowDown: 1, ArrowUp: found.length - 1 }[event.key];
    if (step) setChosen((chosen + step) % found.length);
    else if (event.key === 'Enter' || event.key === 'Tab') take(event, suggestion);
    else if (event.key === 'Escape') setWord('');
    else return;
    event.preventDefault();
  };

  return (
    <div className="suggesting">
      <textarea
        ref={field}
        aria-label={label}
        placeholder={`${label} …`}
        aria-autocomplete="list"
        aria-controls={id}
        aria-activedescendant={found.length > 0 ? `${id}-${chosen}` : undefined}
        onSelect={look}
        onKeyDown={press}
        onBlur={() => setWord('')}
        required
        {...rest}
      />
      <div role="listbox" id={id} aria-label="Suggestions" hidden={found.length === 0}>
        {found.map((item, index) => (
          <div
            key={idOf(item)}
            role="option"
            tabIndex={-1}
            id={`${id}-${index}`}
            aria-selected={index === chosen}
            className="row"
            onMouseDown={(event) => take(event, item)}
          >
            {'username' in item && <Avatar person={item} />}
            {word.charAt(0) + textOf(item)}
          </div>
        ))}
      </div>
      <span role="status" className="hidden">
        {found.length > 0 && `${found.length} suggestions`}
      </span>
    </div>
  );
}

/** Where a comment is written, or a reply to one. */
export function Answer({ post, to }: { post: string; to?: Comment | undefined }) {
  const send = async (form: FormData) => {
    const { error } = await noctra.comments.create(post, { text: String(form.get('text')), parent: to?.id });
    if (!error) say('Your comment is published.');
    return error;
  };
  const label = to ? `Reply to ${to.owner?.username}` : 'Write a comment';
  return (
    <Form submit="Send" send={send}>
      <SuggestingText name="text" label={label} maxLength={limits.comment_length} />
    </Form>
  );
}

/** A file of the post that is being written. `sent` goes from 0 to 1. */
const draftOf = (file: File) => ({ file, url: URL.createObjectURL(file), sent: 0 });

export function NewPost() {
  const [drafts, setDrafts] = useState<ReturnType<typeof draftOf>[]>([]);
  const [upload] = useState(() => new AbortController());
  useEffect(() => () => upload.abort(), [upload]);
  const send = async (form: FormData) => {
    const texts = form.getAll('alt_text').map(String);
    const { data, error } = await noctra.posts.create({
      caption: String(form.get('caption')),
      media: drafts.map(({ file }, index) => ({ file, alt_text: texts[index] })),
      on_progress: ({ file: { index, loaded, total } }) =>
        setDrafts((all) => all.map((item, at) => (at === index ? { ...item, sent: loaded / total } : item))),
      signal: upload.signal,
    });
    if (data) say('Your post is published.');
    if (data) navigation.navigate(`/posts/${data.id}`, { history: 'replace' });
    return error;
  };
  const add = ({ target }: { target: HTMLInputElement }) => {
    const added = [...(target.files ?? [])].map(draftOf);
    setDrafts([...drafts, ...added].slice(0, limits.media));
    target.value = '';
  };
  const remove = (url: string) => setDrafts(drafts.filter((item) => item.url !== url));
  return (
    <Form submit="Publish" send={send}>
      <SuggestingText name="caption" label="Caption with @people, #tags" maxLength={limits.caption_length} />
      <ul aria-label="Files">
        {drafts.map(({ file, url, sent }) => (
          <li key={url} className="row">
            {file.type.startsWith('image/') ? <img src={url} alt="" /> : <Icon name="picture" />}
            <label>
              Description of {file.name}
              <input name="alt_text" placeholder="What does it show?" maxLength={limits.alt_text_length} />
              <progress aria-label={`Upload of ${file.name}`} value={sent} />
            </label>
            <IconButton icon="close" label={`Remove ${file.name}`} onClick={() => remove(url)} />
          </li>
        ))}
      </ul>
      <label className="button">
        <Icon name="picture" /> Add pictures
        <input type="file" multiple className="hidden" accept="image/*,video/*" onChange={add} />
      </label>
    </Form>
  );
}
