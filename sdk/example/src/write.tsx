import { type Comment, limits, type Person, type TagCount } from '@noctra/sdk';
import { type ComponentProps, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { Avatar, Form, Icon, IconButton, Screen } from './parts.tsx';
import { idOf, listOf, noctra, readOn, say } from './store.ts';

/** People, or tags, that begin like a word that begins with `@` or `#`. */
const suggest = (word: string) =>
  noctra.search[word.startsWith('#') ? 'tags' : 'suggest'](word, { limit: 8 });

const textOf = (item: Person | TagCount) => ('tag' in item ? item.tag : item.username);

/** A text field that suggests people after `@` and tags after `#`: arrows choose, Enter or Tab takes, Escape closes. */
function SuggestingText({ label, ...rest }: ComponentProps<'textarea'> & { label: string }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [word, setWord] = useState('');
  const found = listOf<Person | TagCount>(word).items;
  const [chosen, setChosen] = useState(0);
  const id = useId();

  useEffect(() => {
    setChosen(0);
    const timer = setTimeout(() => word.length > 1 && readOn(word, () => suggest(word)), 120);
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
        dir="auto"
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
      <SuggestingText name="text" label={label} rows={1} maxLength={limits.comment_length} />
    </Form>
  );
}

export function NewPostScreen() {
  const [files, setFiles] = useState<{ file: File; url: string; sent: number }[]>([]);
  const send = async (form: FormData) => {
    const texts = form.getAll('alt_text').map(String);
    const { data, error } = await noctra.posts.create({
      caption: String(form.get('caption')),
      media: files.map(({ file }, index) => ({ file, alt_text: texts[index] })),
      on_progress: ({ file: { index, loaded, total } }) =>
        setFiles((all) => all.map((item, at) => (at === index ? { ...item, sent: loaded / total } : item))),
    });
    if (error) return error;
    say('Your post is published.');
    navigation.navigate(`/posts/${data.id}`, { history: 'replace' });
    return null;
  };
  const add = ({ target }: { target: HTMLInputElement }) => {
    const added = [...(target.files ?? [])].map((file) => ({
      file,
      url: URL.createObjectURL(file),
      sent: 0,
    }));
    setFiles([...files, ...added].slice(0, limits.media));
    target.value = '';
  };
  const remove = (url: string) => setFiles(files.filter((item) => item.url !== url));
  return (
    <Screen title="New post">
      <Form submit="Publish" send={send}>
        <SuggestingText name="caption" label="Caption" rows={4} maxLength={limits.caption_length} />
        <p>Mention @people, and add #tags.</p>
        <ul aria-label="Files">
          {files.map(({ file, url, sent }) => (
            <li key={url} className="row">
              {file.type.startsWith('image/') ? <img src={url} alt="" /> : <Icon name="picture" />}
              <label>
                Description of {file.name}
                <input name="alt_text" maxLength={limits.alt_text_length} dir="auto" />
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
    </Screen>
  );
}
