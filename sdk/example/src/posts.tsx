import { type Comment, type CommentEvent, type Post, type PostMedia, partsOf } from '@noctra/sdk';
import { createElement, useMemo, useRef, useState } from 'react';
import { Byline, compact, Icon, IconButton, List, pathOf, plural, whileSeen } from './parts.tsx';
import { act, change, here, idOf, listOf, noctra, patch } from './store.ts';
import { Answer } from './write.tsx';

function Medium({ medium: { file_type, url, alt_text } }: { medium: PostMedia }) {
  const text = alt_text || `${file_type}, not described`;
  if (file_type === 'image') return <img src={url ?? ''} alt={text} loading="lazy" />;
  // biome-ignore lint/a11y/useMediaCaption: Noctra has no captions for videos.
  if (file_type === 'video') return <video src={url ?? ''} aria-label={text} controls playsInline />;
  return <a href={url ?? ''}>{text}</a>;
}

/** The files of a post side by side: swiped, or turned by buttons and arrow keys. */
function Gallery({ media }: { media: PostMedia[] }) {
  const [shown, setShown] = useState(0);
  const strip = useRef<HTMLUListElement>(null);
  const width = () => strip.current?.clientWidth ?? 1;
  const turn = (by: number) => strip.current?.scrollBy({ left: by * width(), behavior: 'smooth' });
  return (
    <div className="gallery">
      <ul
        ref={strip}
        aria-label="Files"
        tabIndex={media.length > 1 ? 0 : undefined}
        onScroll={({ currentTarget }) => setShown(Math.round(currentTarget.scrollLeft / width()))}
      >
        {media.map((medium) => (
          <li key={medium.id} style={{ aspectRatio: `${medium.width} / ${medium.height}` }}>
            <Medium medium={medium} />
          </li>
        ))}
      </ul>
      {shown > 0 && <IconButton icon="back" label="Previous" onClick={() => turn(-1)} />}
      {shown < media.length - 1 && <IconButton icon="next" label="Next" onClick={() => turn(1)} />}
      {media.length > 1 && <p aria-live="polite">{`${shown + 1} / ${media.length}`}</p>}
    </div>
  );
}

/** A text whose mentions and tags are links. */
function Text({ text, item }: { text: string; item: Post | Comment }) {
  const parts = partsOf(text, item).map(({ text, mention, tag }) => {
    const href = mention ? pathOf(mention) : tag && `/tags/${tag}`;
    // biome-ignore lint/correctness/useJsxKeyInIterable: the parts are not passed as a list.
    return href ? <a href={href}>{text}</a> : text;
  });
  return createElement('p', { className: 'text' }, ...parts);
}

/** The heart of a post or a comment. */
function LikeButton({ item, of }: { item: Post | Comment; of: 'posts' | 'comments' }) {
  const { id, liked, like_count } = item;
  const changes = { liked: !liked, like_count: like_count + (liked ? -1 : 1) };
  const like = () => act<Post | Comment>(item, changes, noctra[of][liked ? 'unlike' : 'like'](id));
  return (
    <IconButton icon="like" label={`Like, ${like_count}`} aria-pressed={liked} onClick={like}>
      {like_count > 0 && compact.format(like_count)}
    </IconButton>
  );
}

/** Shows what others like and write. */
function hear(post: string, event: CommentEvent) {
  if (event.type === 'counts') return patch<Post>(post, event);
  if (event.type === 'outdated') return navigation.navigate(location.href);
  const { id, parent } = event.type === 'removed' ? event : event.comment;
  const name = here(`comments ${parent}`);
  if (event.type === 'removed') change(name, (items) => items.filter((item) => idOf(item) !== id));
  else if (listOf(name).items.some((item) => idOf(item) === id)) patch<Comment>(id, event.comment);
  else if (listOf(name).next === null) change(name, (items) => [...items, event.comment]);
  // It has the number of its replies.
  if (parent) void noctra.comments.get(parent).then(({ data }) => data && patch<Comment>(parent, data));
}

/** A post; where it has the page for itself, with its comments. */
export function PostCard({ item: post }: { item: Post }) {
  const { id, owner, comment_count, media } = post;
  const path = `/posts/${id}`;
  const listen = useMemo(
    () => whileSeen(() => noctra.comments.subscribe(id, (event) => hear(id, event)).unsubscribe),
    [id],
  );
  return (
    <article className="card" ref={listen} aria-label={`Post by ${owner.username}`}>
      <Byline person={owner} at={post.created_at} href={path}>
        {!post.is_public && <small>private</small>}
      </Byline>
      {media.length > 0 && <Gallery media={media} />}
      <Text text={post.caption} item={post} />
      <footer className="row">
        <LikeButton item={post} of="posts" />
        <a className="plain" href={path}>
          <Icon name="comment" /> {plural(comment_count, 'comment')}
        </a>
      </footer>
      {location.pathname === path && <Comments post={id} />}
    </article>
  );
}

/** The comments on a post, or the replies to one of them, and where another one is written. */
const Comments = ({ post, to }: { post: string; to?: Comment }) => (
  <section className="comments" aria-label={to ? 'Replies' : 'Comments'}>
    <List
      name={`comments ${to?.id ?? null}`}
      read={(page) => (to ? noctra.comments.replies(to.id, page) : noctra.comments.list(post, page))}
      show={CommentItem}
      empty={!to && 'No comments yet. Say something nice.'}
    />
    <Answer post={post} to={to} />
  </section>
);

function CommentItem({ item: comment }: { item: Comment }) {
  const { post, owner, text, reply_count, created_at } = comment;
  return (
    <>
      {owner && <Byline person={owner} at={created_at} />}
      <Text text={text ?? 'This comment was deleted.'} item={comment} />
      {owner && <LikeButton item={comment} of="comments" />}
      {!comment.parent && (
        <details>
          <summary>
            {reply_count > 0 ? plural(reply_count, 'reply', 'replies') : `Reply to ${owner?.username}`}
          </summary>
          <Comments post={post} to={comment} />
        </details>
      )}
    </>
  );
}
