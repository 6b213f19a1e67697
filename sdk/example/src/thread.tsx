import { type Comment, type CommentEvent, limits, type Post } from '@noctra/sdk';
import { useEffect, useEffectEvent, useState } from 'react';
import { messageOf, noctra } from './noctra.ts';
import { Avatar, IconButton, LikeButton, List, Name, plural, Screen, Text, Time } from './parts.tsx';
import { PostCard } from './post.tsx';
import { go, patch, type Read, say, useList, useOne, useSend } from './store.ts';
import { SuggestingText } from './suggest.tsx';

/** A post with its comments. */
export function PostScreen({ id }: { id: string }) {
  const post = useOne<Post>(`post ${id}`, () => noctra.posts.get(id));
  const [parent, setParent] = useState<Comment>();
  return (
    <Screen title={post.item ? `Post by ${post.item.owner.username}` : 'Post'}>
      <List list={post} show={(item) => <PostCard post={item} />} />
      {post.item && (
        <section className="comments" aria-label="Comments">
          <Comments post={id} onReply={setParent} read={(cursor) => noctra.comments.list(id, { cursor })} />
          <Answer key={parent?.id} post={id} parent={parent} onEnd={() => setParent(undefined)} />
        </section>
      )}
    </Screen>
  );
}

type CommentsProps = { post: string; parent?: string; read: Read<Comment>; onReply(to: Comment): void };

/** The comments on a post, or the replies to one, as they come and go. */
function Comments({ post, parent, read, onReply }: CommentsProps) {
  const list = useList<Comment>(`comments ${parent}`, read);
  const hear = useEffectEvent(async (event: CommentEvent) => {
    if (event.type === 'counts') return;
    if (event.type === 'outdated') return go(location.pathname);
    const { id, parent: its } = event.type === 'removed' ? event : event.comment;
    // The list of the comments keeps the number of their replies.
    if (its && !parent) await noctra.comments.get(its).then(({ data }) => data && patch<Comment>(its, data));
    if ((its ?? undefined) !== parent) return;
    if (event.type === 'removed') list.change((items) => items.filter((item) => item.id !== id));
    else if (list.items.some((item) => item.id === id)) patch<Comment>(id, event.comment);
    else if (event.type === 'added') list.change((items) => [...items, event.comment]);
  });
  useEffect(() => noctra.comments.subscribe(post, hear).unsubscribe, [post]);
  return (
    <List
      as="ol"
      list={list}
      show={(comment) => <CommentItem comment={comment} onReply={onReply} />}
      empty={<p>No comments yet. Say something nice.</p>}
    />
  );
}

function CommentItem({ comment, onReply }: { comment: Comment; onReply(to: Comment): void }) {
  const [isOpen, setOpen] = useState(false);
  const { id, post, owner, text, reply_count, mentions } = comment;
  return (
    <li className="comment">
      {owner && <Avatar person={owner} />}
      <div>
        {owner && <Name person={owner} />} <Time at={comment.created_at} />
        <Text text={text ?? 'This comment was deleted.'} mentions={mentions} />
        {owner && <LikeButton item={comment} of="comments" />}
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
        {isOpen && (
          <Comments
            {...{ post, parent: id, onReply }}
            read={(cursor) => noctra.comments.replies(id, { cursor })}
          />
        )}
      </div>
    </li>
  );
}

/** Where a comment is written, or the reply to one. */
function Answer({ post, parent, onEnd }: { post: string; parent: Comment | undefined; onEnd(): void }) {
  const [text, setText] = useState('');
  const label = parent ? `Reply to ${parent.owner?.username}` : 'Write a comment';
  const { isSending, onSubmit } = useSend(async () => {
    const { error } = await noctra.comments.create(post, { text, parent: parent?.id });
    say(error ? messageOf(error) : 'Your comment is published.');
    if (error) return error;
    setText('');
    onEnd();
  });
  return (
    <form onSubmit={onSubmit}>
      {parent && <IconButton icon="close" label="Do not reply" onClick={onEnd} />}
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
  );
}
