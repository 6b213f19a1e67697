import { limits, type OwnProfile, type Person, type Post, type Profile } from '@noctra/sdk';
import { createContext, useContext, useState } from 'react';
import { noctra } from './noctra.ts';
import { Avatar, count, Dialog, Field, Icon, IconButton, List, Name, plural, Screen } from './parts.tsx';
import { act, patch, say, useList, useOne, useSend } from './store.ts';

/** The user who is signed in. */
export const Me = createContext({} as OwnProfile);

function FollowButton({ person }: { person: Person | Profile }) {
  const { id, username, following, requested } = person;
  const isOn = following || requested;
  const send = async () => {
    const { error } = await (isOn ? noctra.people.unfollow(id) : noctra.people.follow(id));
    return error ? { data: null, error } : noctra.profiles.get(id);
  };
  if (id === useContext(Me).id) return null;
  return (
    <button
      type="button"
      className={isOn ? '' : 'primary'}
      aria-pressed={isOn}
      onClick={() => act<Person | Profile>(person, { following: !isOn, requested: false }, send())}
    >
      {following ? 'Following' : requested ? 'Requested' : 'Follow'}
      <span className="hidden"> {username}</span>
    </button>
  );
}

export const PersonRow = ({ person }: { person: Person }) => (
  <li>
    <Avatar person={person} />
    <div>
      <Name person={person} />
      {person.followed_by && <small> follows you</small>}
    </div>
    <FollowButton person={person} />
  </li>
);

/** A profile with the pictures of its posts. */
export function ProfileScreen({ username }: { username: string }) {
  const reading = useOne<Profile>('profile', () => noctra.profiles.get(username));
  return (
    <Screen title={username}>
      <List
        list={reading}
        show={(profile) => (
          <>
            <ProfileCard profile={profile} />
            <Posts
              name={`posts ${profile.following}`}
              filter={{ owner: profile.id }}
              empty={
                profile.publicProfile ? 'No posts yet.' : 'Only followers see the posts of this profile.'
              }
            />
          </>
        )}
      />
    </Screen>
  );
}

function ProfileCard({ profile }: { profile: Profile }) {
  const [isEditing, setEditing] = useState(false);
  return (
    <section className="profile" aria-label="Profile">
      <img className="cover" src={profile.cover_pic_url} alt="" />
      <Avatar person={profile} />
      <div>
        <FollowButton person={profile} />
        {useContext(Me).id === profile.id && (
          <>
            <button type="button" onClick={() => setEditing(true)}>
              Edit profile
            </button>
            <IconButton icon="leave" label="Sign out" onClick={() => noctra.auth.signOut()} />
          </>
        )}
      </div>
      <p className="name">
        {profile.username} {profile.is_vip && '★'} {!profile.publicProfile && <Icon name="lock" />}
        {profile.followed_by && <small> follows you</small>}
      </p>
      <p dir="auto">{profile.bio}</p>
      <p>
        <b>{plural(profile.post_count, 'post')}</b>
        <b>{plural(profile.follower_count, 'follower')}</b>
        <b>{count(profile.following_count)} following</b>
      </p>
      {isEditing && <EditProfile onClose={() => setEditing(false)} />}
    </section>
  );
}

/** Posts as a grid of their first pictures. */
export function Posts(props: { name: string; filter: { owner?: string; tag?: string }; empty: string }) {
  const list = useList<Post>(props.name, (cursor) =>
    noctra.posts.list({ ...props.filter, cursor, limit: 24 }),
  );
  const show = ({ id, caption, media: [first], like_count, comment_count, owner }: Post) => (
    <li>
      <a href={`/posts/${id}`}>
        {first?.file_type === 'image' && first.url ? (
          <img src={first.url} alt={first.alt_text || `Picture by ${owner.username}`} loading="lazy" />
        ) : (
          <span dir="auto">{caption}</span>
        )}
        <small>
          {plural(like_count, 'like')}, {plural(comment_count, 'comment')}
        </small>
      </a>
    </li>
  );
  return <List as="ul" className="grid" list={list} show={show} empty={<p>{props.empty}</p>} />;
}

function EditProfile({ onClose }: { onClose(): void }) {
  const me = useContext(Me);
  const { isSending, error, onSubmit } = useSend(async (form) => {
    // A file input without a choice has an empty file.
    const picture = (name: string) => [form.get(name) as File].find(({ size }) => size > 0);
    const { data, error } = await noctra.profiles.update({
      bio: String(form.get('bio')),
      profile_pic: picture('profile_pic'),
      cover_pic: picture('cover_pic'),
    });
    if (error) return error;
    patch<OwnProfile>(me.id, data);
    say('Your profile is changed.');
    onClose();
  });
  const bio = { label: 'About you', name: 'bio', defaultValue: me.bio, maxLength: limits.bio_length };
  return (
    <Dialog title="Edit profile" onClose={onClose}>
      <form onSubmit={onSubmit}>
        <Field label="Picture" name="profile_pic" type="file" accept="image/*" error={error} />
        <Field label="Cover" name="cover_pic" type="file" accept="image/*" error={error} />
        <Field {...bio} dir="auto" error={error} />
        <button type="submit" className="primary" disabled={isSending}>
          {isSending ? 'Saving …' : 'Save'}
        </button>
      </form>
    </Dialog>
  );
}
