import type { OwnProfile, Post } from '@noctra/sdk';
import { type ReactNode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Notices, notify } from './notices.tsx';
import { Avatar, Field, Form, Icon, IconButton, List, pathOf } from './parts.tsx';
import { Posts, ProfileCard } from './people.tsx';
import { PostCard } from './posts.tsx';
import { Search, Trends } from './search.tsx';
import { app, here, listOf, lists, noctra, say } from './store.ts';
import { NewPost } from './write.tsx';

/** Where users sign in and register. */
function Welcome() {
  const [isNew, setNew] = useState(false);
  const name = isNew ? 'User name' : 'User name or e-mail';
  const password = isNew ? 'new-password' : 'current-password';
  const send = async (form: FormData) => {
    const text = (name: string) => String(form.get(name));
    const who = { username: text('username'), password: text('password') };
    if (!isNew) return (await noctra.auth.signIn(who)).error;
    const { data, error } = await noctra.auth.register({ ...who, email: text('email') });
    if (data?.confirmation_required) say('Look at your mail: a link there confirms your address.');
    return error;
  };
  return (
    <main className="welcome">
      <title>Noctra</title>
      <header>
        <Icon name="moon" />
        <h1>Noctra</h1>
        <p>Pictures, people, and what they see after dark.</p>
      </header>
      <section>
        <h2>{isNew ? 'Make an account' : 'Welcome back'}</h2>
        <Form submit={isNew ? 'Register' : 'Sign in'} send={send}>
          <Field label={name} name="username" autoComplete="username" required />
          {isNew && <Field label="E-mail address" name="email" type="email" autoComplete="email" required />}
          <Field label="Password" name="password" type="password" autoComplete={password} required />
        </Form>
        <button type="button" className="plain" onClick={() => setNew(!isNew)}>
          {isNew ? 'I have an account' : 'Make a new account'}
        </button>
      </section>
    </main>
  );
}

function Frame({ item: me }: { item: OwnProfile }) {
  const [unread, setUnread] = useState(0);
  useEffect(() => {
    void noctra.notifications.unreadCount().then(({ data }) => setUnread(data?.count ?? 0));
    return noctra.notifications.subscribe((event) => {
      setUnread(event.unread_count);
      notify(event);
    }).unsubscribe;
  }, []);
  const items = [
    ['home', 'Home', '/'],
    ['search', 'Search', '/search'],
    ['plus', 'New post', '/new'],
    ['bell', 'Notifications', '/notifications'],
    ['person', 'Profile', pathOf(me)],
  ] as const;
  return (
    <div className="frame">
      <nav aria-label="Noctra">
        <a href="/">Noctra</a>
        {items.map(([icon, label, path]) => (
          <a key={path} href={path} aria-current={location.pathname === path ? 'page' : undefined}>
            {icon === 'person' ? <Avatar person={me} /> : <Icon name={icon} />}
            <span>{label}</span>
            {icon === 'bell' && unread > 0 && (
              <mark>
                {unread}
                <span className="hidden"> unread</span>
              </mark>
            )}
          </a>
        ))}
      </nav>
      <main key={here()}>{screen()}</main>
      <aside>{location.pathname !== '/search' && <Trends />}</aside>
    </div>
  );
}

const quiet = <a href="/search">It is quiet here. Find people, and follow them to see what they post.</a>;

const page = (title: string, content: ReactNode) => (
  <>
    <title>{`${title} · Noctra`}</title>
    <header className="bar">
      {navigation.canGoBack && <IconButton icon="back" label="Back" onClick={() => history.back()} />}
      <h1 tabIndex={-1}>{title}</h1>
    </header>
    {content}
  </>
);

/** What the address shows. */
function screen() {
  const [, area, name = ''] = location.pathname.split('/').map(decodeURIComponent);
  if (area === '')
    return page('Home', <List name="feed" read={noctra.feed.list} show={PostCard} empty={quiet} />);
  if (area === 'search')
    return page('Search', <Search query={new URLSearchParams(location.search).get('q') ?? ''} />);
  if (area === 'new') return page('New post', <NewPost />);
  if (area === 'notifications') return page('Notifications', <Notices />);
  if (area === 'tags') return page(`#${name}`, <Posts name="posts" tag={name} />);
  if (area === 'people')
    return page(name, <List name="person" read={() => noctra.profiles.get(name)} show={ProfileCard} isOne />);
  if (area !== 'posts') return page('Nothing here', null);
  const [post] = listOf<Post>(here('post')).items;
  const title = post ? `Post by ${post.owner.username}` : 'Post';
  return page(title, <List name="post" read={() => noctra.posts.get(name)} show={PostCard} isOne />);
}

const root = createRoot(document.getElementById('root') as Element);
const signedIn = () => <List name="me" read={noctra.profiles.me} show={Frame} isShared isOne />;
/** Who is signed in, here or in another tab. */
let user: string | undefined;
app.draw = () => root.render(user ? signedIn() : <Welcome />);
noctra.auth.onChange(({ event, session }) => {
  if (event !== 'INITIAL_SESSION' && session?.user.id === user) return;
  user = session?.user.id;
  lists.clear();
  app.draw();
});
