import type { TagCount } from '@noctra/sdk';
import { Field, List, plural } from './parts.tsx';
import { PersonRow } from './people.tsx';
import { PostCard } from './posts.tsx';
import { noctra } from './store.ts';

export const Search = ({ query }: { query: string }) => (
  <>
    <search>
      <form action="/search">
        <Field label="People, words of posts, #tags" name="q" type="search" defaultValue={query} required />
      </form>
    </search>
    {query ? <Found query={query} /> : <Trends />}
  </>
);

const Found = ({ query }: { query: string }) => (
  <>
    <h2>Tags</h2>
    <List className="card" name="tags" read={(page) => noctra.search.tags(query, page)} show={Tag} />
    <h2>People</h2>
    <List
      className="card"
      name="people"
      read={(page) => noctra.search.people(query, page)}
      show={PersonRow}
    />
    <h2>Posts</h2>
    <List name="posts" read={(page) => noctra.search.posts(query, page)} show={PostCard} />
  </>
);

export const Trends = () => (
  <>
    <h2>Trends</h2>
    <List
      className="card"
      name="trends"
      read={() => noctra.search.trends({ limit: 8 })}
      show={Tag}
      isShared
    />
  </>
);

const Tag = ({ item: { tag, people_count } }: { item: TagCount }) => (
  <a className="row" href={`/tags/${tag}`}>
    <b>#{tag}</b> <small className="end">{plural(people_count, 'person', 'people')}</small>
  </a>
);
