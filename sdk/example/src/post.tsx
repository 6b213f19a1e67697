import type { Post, PostMedia, Subscription } from '@noctra/sdk';
import { useEffect, useRef, useState } from 'react';
import { noctra } from './noctra.ts';
import { Avatar, count, Icon, IconButton, LikeButton, Name, Text, Time } from './parts.tsx';
import { patch } from './store.ts';

function Medium({ medium, label }: { medium: PostMedia; label: string }) {
  const { file_type, width, height } = medium;
  const url = medium.url ?? '';
  const text = medium.alt_text || `${label}, not described`;
  if (file_type === 'image')
    return <img src={url} alt={text} width={width ?? 1} height={height ?? 1} loading="lazy" />;
  // biome-ignore lint/a11y/useMediaCaption: Noctra has no captions for videos.
  if (file_type === 'video') return <video src={url} aria-label={text} controls playsInline />;
  return (
    <a className="button" href={url} target="_blank" rel="noreferrer">
      {text}
    </a>
  );
}

/** The files of a post side by side: swiped, or turned by buttons and arrow keys. */
function Gallery({ post: { media, owner } }: { post: Post }) {
  const strip = useRef<HTMLUListElement>(null);
  const [shown, setShown] = useState(0);
  const [{ width, height } = {}] = media;
  const turn = (by: number) =>
    strip.current?.scrollBy({ left: by * strip.current.clientWidth, behavior: 'smooth' });
  return (
    <section className="gallery" aria-label={media.length > 1 ? `${media.length} files` : 'File'}>
      <ul
        ref={strip}
        style={{ aspectRatio: width && height ? Math.min(1.91, Math.max(0.8, width / height)) : 'auto' }}
        tabIndex={media.length > 1 ? 0 : undefined}
        onScroll={({ currentTarget: { scrollLeft, clientWidth } }) =>
          setShown(Math.round(Math.abs(scrollLeft) / clientWidth))
        }
      >
        {media.map((medium, index) => (
          <li key={medium.id}>
            <Medium medium={medium} label={`File ${index + 1} of ${media.length} by ${owner.username}`} />
          </li>
        ))}
      </ul>
      {shown > 0 && <IconButton icon="back" label="Previous" onClick={() => turn(-1)} />}
      {shown < media.length - 1 && <IconButton icon="next" label="Next" onClick={() => turn(1)} />}
      {media.length > 1 && <p aria-live="polite">{`${shown + 1} / ${media.length}`}</p>}
    </section>
  );
}

export function PostCard({ post }: { post: Post }) {
  const { id, owner, comment_count, media } = post;
  const card = useRef<HTMLElement>(null);
  // What others like and write shows up while the post is on the screen for more than a moment.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let live: Subscription | undefined;
    const listen = () => {
      live = noctra.comments.subscribe(id, (event) => event.type === 'counts' && patch<Post>(id, event));
    };
    const leave = () => {
      clearTimeout(timer);
      live?.unsubscribe();
    };
    const observer = new IntersectionObserver(([entry]) => {
      leave();
      if (entry?.isIntersecting) timer = setTimeout(listen, 500);
    });
    if (card.current) observer.observe(card.current);
    return () => {
      observer.disconnect();
      leave();
    };
  }, [id]);
  return (
    <article className="post" ref={card} aria-label={`Post by ${owner.username}`}>
      <header>
        <Avatar person={owner} />
        <Name person={owner} />
        {!post.is_public && <Icon name="lock" />}
        <a className="quiet" href={`/posts/${id}`}>
          <Time at={post.created_at} />
        </a>
      </header>
      {media.length > 0 && <Gallery post={post} />}
      <Text text={post.caption} mentions={post.mentions} tags={post.tags} />
      <footer>
        <LikeButton item={post} of="posts" />
        <a className="icon-button" href={`/posts/${id}`} aria-label={`Comments, ${comment_count}`}>
          <Icon name="comment" />
          {comment_count > 0 && count(comment_count)}
        </a>
      </footer>
    </article>
  );
}
