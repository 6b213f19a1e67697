import type { Profile } from '@noctra/sdk';
import { useEffect, useState } from 'react';
import { findPeople, newTags } from './noctra.ts';
import { plural, Screen } from './parts.tsx';
import { PersonRow, Posts } from './people.tsx';
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
            placeholder="A name, or a #tag"
            defaultValue={query}
            dir="auto"
            required
            maxLength={100}
          />
        </form>
      </search>
      {query ? <Found query={query} /> : <Trends />}
    </Screen>
  );
}

function Found({ query }: { query: string }) {
  const people = useList<Profile>('people', () => findPeople(query));
  const tag = query.replace(/^[#＃]/, '').toLowerCase();
  return (
    <>
      <h2>People</h2>
      <ul className="rows">
        {people.items.map((person) => (
          <PersonRow key={person.id} person={person} />
        ))}
      </ul>
      {people.next === null && people.items.length === 0 && <p className="note">Nobody of this name.</p>}
      <h2>Posts with #{tag}</h2>
      <Posts name="posts" filter={{ tag }} empty="No post has this tag." />
    </>
  );
}

/** The tags that most people use in the newest posts. */
export function Trends() {
  const [tags, setTags] = useState<[string, Set<string>][]>([]);
  useEffect(() => void newTags().then((found) => setTags([...found].slice(0, 8))), []);
  return (
    <section className="card">
      <h2>New tags</h2>
      {tags.length === 0 && <p className="quiet">Tags of new posts will be here.</p>}
      <ul>
        {tags.map(([tag, people]) => (
          <li key={tag}>
            <a href={`/tags/${tag}`}>#{tag}</a>
            <small>{plural(people.size, 'person', 'people')}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}
