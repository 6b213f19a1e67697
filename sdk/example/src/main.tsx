import type { OwnProfile, Post } from '@noctra/sdk';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Welcome } from './account.tsx';
import { Composer } from './composer.tsx';
import { noctra } from './noctra.ts';
import { NoticesScreen, sentenceOf } from './notices.tsx';
import { Avatar, Icon, List, pathOf, Screen } from './parts.tsx';
import { Me, Posts, ProfileScreen } from './people.tsx';
import { PostCard } from './post.tsx';
import { SearchScreen, Trends } from './search.tsx';
import { forget, say, useList, useMessage, useOne, useUrl } from './store.ts';
import { PostScreen } from './thread.tsx';

function App() {
  const [user, setUser] = useState<string | null>();
  useEffect(() => {
    // Also of sign-ins and sign-outs in other tabs.
    const { data } = noctra.supabase.auth.onAuthStateChange((_, session) => {
      if (!session) forget();
      setUser(session?.user.id ?? null);
    });
    return () => data.subscription.unsubscribe();
  }, []);
  if (user === undefined) return <div className="loading" role="status" aria-label="Loading" />;
  return user ? <SignedIn key={user} /> : <Welcome />;
}

function SignedIn() {
  const me = useOne<OwnProfile>('all: me', () => noctra.profiles.me());
  const [isComposing, setComposing] = useState(false);
  const [unread, setUnread] = useState(0);
  const message = useMessage();
  const url = useUrl();
  useEffect(() => {
    void noctra.notifications.unreadCount().then(({ data }) => setUnread(data?.count ?? 0));
    return noctra.notifications.subscribe((event) => {
      setUnread(event.unread_count);
      if (event.type === 'added') say(sentenceOf(event.notification));
    }).unsubscribe;
  }, []);
  const profile = me.item;
  if (!profile) return <List list={me} show={() => null} />;
  const items = [
    ['home', 'Home', '/'],
    ['search', 'Search', '/search'],
    ['bell', 'Notifications', '/notifications'],
    ['person', 'Profile', pathOf(profile)],
  ] as const;
  return (
    <Me value={profile}>
      <div className="frame">
        <nav aria-label="Noctra">
          <a className="brand" href="/">
            <Icon name="moon" /> Noctra
          </a>
          {items.map(([icon, label, path]) => (
            <a key={path} href={path} aria-current={url.pathname === path ? 'page' : undefined}>
              {icon === 'person' ? <Avatar person={profile} /> : <Icon name={icon} />}
              <span>{label}</span>
              {icon === 'bell' && unread > 0 && (
                <b className="badge">
                  {unread}
                  <span className="hidden"> unread</span>
                </b>
              )}
            </a>
          ))}
          <button type="button" className="primary" onClick={() => setComposing(true)}>
            <Icon name="plus" /> <span>New post</span>
          </button>
        </nav>
        <main>
          <Route url={url} onRead={setUnread} />
        </main>
        <aside>{url.pathname + url.search !== '/search' && <Trends />}</aside>
      </div>
      {isComposing && <Composer onClose={() => setComposing(false)} />}
      <div className="toast" role="status">
        {message}
      </div>
    </Me>
  );
}

function Route({ url, onRead }: { url: URL; onRead(unread: number): void }) {
  const [, area = '', name = ''] = url.pathname.split('/').map(decodeURIComponent);
  if (area === '') return <Home />;
  if (area === 'posts') return <PostScreen key={name} id={name} />;
  if (area === 'people') return <ProfileScreen key={name} username={name} />;
  if (area === 'notifications') return <NoticesScreen onRead={onRead} />;
  if (area === 'search') return <SearchScreen key={url.search} query={url.searchParams.get('q') ?? ''} />;
  if (area === 'tags')
    return (
      <Screen title={`#${name}`}>
        <Posts key={name} name="tag" filter={{ tag: name }} empty="No post has this tag." />
      </Screen>
    );
  return (
    <Screen title="Nothing here">
      <p className="note">This address leads nowhere.</p>
    </Screen>
  );
}

function Home() {
  const list = useList<Post>('feed', (cursor) => noctra.feed.list({ cursor, limit: 10 }));
  const empty = (
    <>
      <Icon name="moon" />
      <p>It is quiet here. Follow people to see what they post, or post something yourself.</p>
      <a className="button primary" href="/search">
        Find people
      </a>
    </>
  );
  return (
    <Screen title="Home">
      <List list={list} show={(post) => <PostCard post={post} />} empty={empty} />
    </Screen>
  );
}

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
