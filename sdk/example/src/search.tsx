import { limits, type Person, type Post, type Result, type TagCount } from '@noctra/sdk';
import { noctra } from './noctra.ts';
import { List, plural, Screen } from './parts.tsx';
import { PersonRow } from './people.tsx';
import { PostCard } from './post.tsx';
import { go, useList } from './store.ts';

export function SearchScreen({ query }: { query: string }) {
  const send = (form: FormData) => go(`/search?q=${encodeURIComponent(String(form.get('q')))}`);
  return (
    <Screen title="Search">
      <search className="search">
        <form action={send}>
          <input
            type="search"
            name="q"
            aria-label="Search"
            placeholder="People, words of posts, #tags"
            defaultValue={query}
            dir="auto"
            required
            maxLength={limits.query_length}
          />
        </form>
      </search>
      {query ? <Found query={query} /> : <Trends />}
    </Screen>
  );
}

function Found({ query }: { query: string }) {
  const people = useList<Person>('people', (cursor) => noctra.search.people(query, { cursor, limit: 5 }));
  const posts = useList<Post>('posts', (cursor) => noctra.search.posts(query, { cursor, limit: 10 }));
  return (
    <>
      <Tags title="Tags" name="tags" read={() => noctra.search.tags(query, { limit: 5 })} />
      <h2>People</h2>
      <List
        as="ul"
        className="rows"
        list={people}
        show={(person) => <PersonRow person={person} />}
        empty={<p>Nobody of this name.</p>}
      />
      <h2>Posts</h2>
      <List list={posts} show={(post) => <PostCard post={post} />} empty={<p>No post has these words.</p>} />
    </>
  );
}

export const Trends = () => (
  <Tags
    title="Trends"
    name="all: trends"
    read={() => noctra.search.trends({ limit: 8 })}
    empty="Tags that many people use today will be here."
  />
);

type TagsProps = { title: string; name: string; read(): PromiseLike<Result<TagCount[]>>; empty?: string };

function Tags({ title, name, read, empty }: TagsProps) {
  const list = useList(name, async () => {
    const { data, error } = await read();
    if (error) return { data, next: null, error };
    return { data: data.map((row) => ({ ...row, id: row.tag })), next: null, error };
  });
  if (!empty && list.next === null && list.items.length === 0) return null;
  return (
    <section className="card" aria-label={title}>
      <h2>{title}</h2>
      <List
        as="ul"
        list={list}
        show={({ tag, people_count }) => (
          <li>
            <a href={`/tags/${tag}`}>#{tag}</a>
            <small>{plural(people_count, 'person', 'people')}</small>
          </li>
        )}
        empty={<p>{empty}</p>}
      />
    </section>
  );
}
