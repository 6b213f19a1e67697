import { limits, type TagCount } from '@noctra/sdk';
import { List, plural, Screen } from './parts.tsx';
import { PersonRow } from './people.tsx';
import { PostCard } from './posts.tsx';
import { here, noctra } from './store.ts';

export const SearchScreen = ({ query }: { query: string }) => (
  <Screen title="Search">
    <search>
      <form action="/search">
        <label>
          People, words of posts, #tags
          <input
            type="search"
            name="q"
            defaultValue={query}
            required
            maxLength={limits.query_length}
            dir="auto"
          />
        </label>
      </form>
    </search>
    {query ? <Found query={query} /> : <Trends />}
  </Screen>
);

const Found = ({ query }: { query: string }) => (
  <>
    <h2>Tags</h2>
    <List className="card" name={here('tags')} read={(page) => noctra.search.tags(query, page)} show={Tag} />
    <h2>People</h2>
    <List
      className="card"
      name={here('people')}
      read={(page) => noctra.search.people(query, page)}
      show={PersonRow}
    />
    <h2>Posts</h2>
    <List name={here('posts')} read={(page) => noctra.search.posts(query, page)} show={PostCard} />
  </>
);

export const Trends = () => (
  <>
    <h2>Trends</h2>
    <List className="card" name="trends" read={() => noctra.search.trends({ limit: 8 })} show={Tag} />
  </>
);

const Tag = ({ item: { tag, people_count } }: { item: TagCount }) => (
  <a className="row" href={`/tags/${tag}`}>
    <b>#{tag}</b> <small className="end">{plural(people_count, 'person', 'people')}</small>
  </a>
);
