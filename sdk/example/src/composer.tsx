import { limits } from '@noctra/sdk';
import { useState } from 'react';
import { messageOf, noctra } from './noctra.ts';
import { Dialog, Icon, IconButton } from './parts.tsx';
import { go, say, useSend } from './store.ts';
import { SuggestingText } from './suggest.tsx';

/** A file of the post that is being written. `sent` goes from 0 to 1. */
const draftOf = (file: File) => ({ file, preview: URL.createObjectURL(file), alt_text: '', sent: 0 });
type Draft = ReturnType<typeof draftOf>;

export function Composer({ onClose }: { onClose(): void }) {
  const [caption, setCaption] = useState('');
  const [drafts, setDrafts] = useState<Draft[]>([]);
  const [upload] = useState(() => new AbortController());
  const edit = (at: number, changes: Partial<Draft>) =>
    setDrafts((all) => all.map((draft, index) => (index === at ? { ...draft, ...changes } : draft)));
  const { isSending, error, onSubmit } = useSend(async () => {
    const { data, error } = await noctra.posts.create({
      caption,
      media: drafts,
      on_progress: ({ file }) => edit(file.index, { sent: file.loaded / file.total }),
      signal: upload.signal,
    });
    if (error) return error;
    onClose();
    say('Your post is published.');
    go(`/posts/${data.id}`);
  });
  const close = () => {
    upload.abort();
    onClose();
  };
  return (
    <Dialog title="New post" onClose={close}>
      <form onSubmit={onSubmit}>
        <SuggestingText
          label="Caption"
          placeholder="What do you see? Mention @people, add #tags …"
          maxLength={limits.caption_length}
          value={caption}
          onText={setCaption}
        />
        <ul className="drafts" aria-label="Files">
          {drafts.map(({ file, preview, alt_text, sent }, index) => (
            <li key={preview}>
              {file.type.startsWith('image/') ? <img src={preview} alt="" /> : <Icon name="picture" />}
              <div>
                <input
                  aria-label={`Description of ${file.name}`}
                  placeholder="What does it show?"
                  maxLength={limits.alt_text_length}
                  dir="auto"
                  value={alt_text}
                  onChange={({ target }) => edit(index, { alt_text: target.value })}
                />
                <progress aria-label={`Upload of ${file.name}`} value={sent} />
              </div>
              <IconButton
                icon="close"
                label={`Remove ${file.name}`}
                disabled={isSending}
                onClick={() => setDrafts(drafts.filter((draft) => draft.preview !== preview))}
              />
            </li>
          ))}
        </ul>
        <p role="alert">{error && messageOf(error)}</p>
        <footer>
          <label className="button">
            <Icon name="picture" /> Add pictures
            <input
              type="file"
              multiple
              className="hidden"
              accept="image/*,video/*"
              disabled={isSending}
              onChange={({ target }) => {
                const added = [...(target.files ?? [])].map(draftOf);
                setDrafts([...drafts, ...added].slice(0, limits.media));
                target.value = '';
              }}
            />
          </label>
          <button type="submit" className="primary" disabled={isSending || caption.trim() === ''}>
            {isSending ? 'Publishing …' : 'Publish'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
