import type { OwnProfile } from '@noctra/sdk';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { NoticesScreen, notify } from './notices.tsx';
import { Avatar, Field, Form, Icon, List, pathOf, Screen } from './parts.tsx';
import { Posts, ProfileScreen } from './people.tsx';
import { PostCard, PostScreen } from './posts.tsx';
import { SearchScreen, Trends } from './search.tsx';
import { app, forget, here, noctra, say } from './store.ts';
import { NewPostScreen } from './write.tsx';

/** Where users sign in and register. */
function Welcome() {
  const [isNew, setNew] = useState(false);
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
          <Field
            label={isNew ? 'User name' : 'User name or e-mail'}
            name="username"
            autoComplete="username"
            required
          />
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
      <main key={here()}>
        <Route />
      </main>
      <aside>{location.pathname !== '/search' && <Trends />}</aside>
    </div>
  );
}

const quiet = <a href="/search">It is quiet here. Find people, and follow them to see what they post.</a>;

function Route() {
  const [, area = '', name = ''] = location.pathname.split('/').map(decodeURIComponent);
  if (area === '')
    return (
      <Screen title="Home">
        <List name={here('feed')} read={noctra.feed.list} show={PostCard} empty={quiet} />
      </Screen>
    );
  if (area === 'posts') return <PostScreen id={name} />;
  if (area === 'people') return <ProfileScreen username={name} />;
  if (area === 'new') return <NewPostScreen />;
  if (area === 'notifications') return <NoticesScreen />;
  if (area === 'search') return <SearchScreen query={new URLSearchParams(location.search).get('q') ?? ''} />;
  return (
    <Screen title={area === 'tags' ? `#${name}` : 'Nothing here'}>
      {area === 'tags' && <Posts name={here('posts')} filter={{ tag: name }} />}
    </Screen>
  );
}

const root = createRoot(document.getElementById('root') as Element);
/** Who is signed in, here or in another tab. */
let user: string | undefined;
app.draw = () =>
  root.render(
    user ? <List key={user} name="me" read={() => noctra.profiles.me()} show={Frame} /> : <Welcome />,
  );
noctra.supabase.auth.onAuthStateChange((event, session) => {
  if (event !== 'INITIAL_SESSION' && session?.user.id === user) return;
  user = session?.user.id;
  forget();
});
