import { type Comment, type CommentEvent, limits, type Post } from '@noctra/sdk';
import { type FormEvent, useEffect, useEffectEvent, useState } from 'react';
import { messageOf, noctra } from './noctra.ts';
import { Avatar, count, End, IconButton, Name, plural, Screen, Text, Time } from './parts.tsx';
import { PostCard } from './post.tsx';
import { go } from './router.ts';
import { act, patch, say, useList, useOne } from './store.ts';
import { SuggestingText } from './suggest.tsx';

/** A post with its comments. */
export function PostScreen({ id }: { id: string }) {
  const post = useOne<Post>(`post ${id}`, () => noctra.posts.get(id));
  return (
    <Screen title={post.item ? `Post by ${post.item.owner.username}` : 'Post'}>
      {post.item && <PostCard post={post.item} />}
      {post.item && <Thread post={post.item} />}
      <End list={post} />
    </Screen>
  );
}

function Thread({ post }: { post: Post }) {
  const list = useList<Comment>(`comments ${post.id}`, (cursor) => noctra.comments.list(post.id, { cursor }));
  const [parent, setParent] = useState<Comment>();
  const [text, setText] = useState('');
  const [isSending, setSending] = useState(false);
  const label = parent ? `Reply to ${parent.owner?.username}` : 'Write a comment';
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    const { data, error } = await noctra.comments.create(post.id, { text, parent: parent?.id });
    setSending(false);
    if (error) return say(messageOf(error));
    setText('');
    setParent(undefined);
    say('Your comment is published.');
    hear({ type: 'added', comment: data });
  };
  const hear = async (event: CommentEvent) => {
    if (event.type === 'counts') return;
    if (event.type === 'outdated') return go(location.pathname);
    const { id, parent } = event.type === 'removed' ? event : event.comment;
    if (parent) {
      const { data } = await noctra.comments.get(parent);
      if (data) patch<Comment>(parent, data);
    } else if (event.type === 'removed') list.change((items) => items.filter((item) => item.id !== id));
    else if (list.has(id)) patch<Comment>(id, event.comment);
    else if (event.type === 'added') list.change((items) => [...items, event.comment]);
  };
  const onEvent = useEffectEvent(hear);
  useEffect(() => noctra.comments.subscribe(post.id, onEvent).unsubscribe, [post.id]);
  return (
    <section className="comments" aria-label="Comments">
      <Comments items={list.items} onReply={setParent} />
      <End list={list} empty={<p>No comments yet. Say something nice.</p>} />
      <form onSubmit={send} key={parent?.id}>
        {parent && <IconButton icon="close" label="Do not reply" onClick={() => setParent(undefined)} />}
        <SuggestingText
          label={label}
          placeholder={`${label} …`}
          rows={1}
          maxLength={limits.comment_length}
          value={text}
          onText={setText}
          autoFocus={parent !== undefined}
        />
        <button type="submit" className="primary" disabled={isSending || text.trim() === ''}>
          Send
        </button>
      </form>
    </section>
  );
}

const Comments = ({ items, onReply }: { items: Comment[]; onReply(to: Comment): void }) => (
  <ol>
    {items.map((comment) => (
      <CommentItem key={comment.id} comment={comment} onReply={onReply} />
    ))}
  </ol>
);

function CommentItem({ comment, onReply }: { comment: Comment; onReply(to: Comment): void }) {
  const [isOpen, setOpen] = useState(false);
  const { id, owner, liked, like_count, reply_count, mentions } = comment;
  const like = () =>
    act<Comment>(comment, { liked: !liked, like_count: like_count + (liked ? -1 : 1) }, () =>
      liked ? noctra.comments.unlike(id) : noctra.comments.like(id),
    );
  return (
    <li className="comment">
      {owner && <Avatar person={owner} />}
      <div>
        {owner && <Name person={owner} />} <Time at={comment.created_at} />
        <Text text={comment.text ?? 'This comment was deleted.'} mentions={mentions} />
        {owner && (
          <IconButton
            icon="like"
            label={`Like this comment, ${like_count}`}
            aria-pressed={liked}
            onClick={like}
          >
            {like_count > 0 && count(like_count)}
          </IconButton>
        )}
        {owner && !comment.parent && (
          <button type="button" className="link" onClick={() => onReply(comment)}>
            Reply<span className="hidden"> to {owner.username}</span>
          </button>
        )}
        {reply_count > 0 && (
          <button type="button" className="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? 'Hide' : 'Show'} {plural(reply_count, 'reply', 'replies')}
          </button>
        )}
        {isOpen && <Replies key={reply_count} comment={comment} onReply={onReply} />}
      </div>
    </li>
  );
}

function Replies({
  comment: { id, reply_count },
  onReply,
}: {
  comment: Comment;
  onReply(to: Comment): void;
}) {
  const list = useList<Comment>(`replies ${id} ${reply_count}`, (cursor) =>
    noctra.comments.replies(id, { cursor }),
  );
  return (
    <>
      <Comments items={list.items} onReply={onReply} />
      <End list={list} />
    </>
  );
}
