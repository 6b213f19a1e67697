import { limits, type OwnProfile, type Person, type Post, type Profile } from '@noctra/sdk';
import { Avatar, Byline, Field, Form, IconButton, List, plural } from './parts.tsx';
import { act, listOf, noctra, patch, say } from './store.ts';

/** Whether a person is the user who is signed in. */
const isMe = ({ id }: { id: string }) => listOf<OwnProfile>('me').items[0]?.id === id;

function FollowButton({ person }: { person: Person | Profile }) {
  const { id, username, following, requested } = person;
  const isOn = following || requested;
  const send = async () => {
    const { error } = await noctra.people[isOn ? 'unfollow' : 'follow'](id);
    return error ? { data: null, error } : noctra.profiles.get(id);
  };
  const follow = () => act<Person | Profile>(person, { following: !isOn, requested: false }, send());
  if (isMe(person)) return null;
  return (
    <button type="button" className={isOn ? 'end' : 'end primary'} onClick={follow}>
      {following ? 'Following' : requested ? 'Requested' : 'Follow'}
      <span className="hidden"> {username}</span>
    </button>
  );
}

export const PersonRow = ({ item: person }: { item: Person }) => (
  <Byline person={person}>
    {person.followed_by && <small>follows you</small>}
    <FollowButton person={person} />
  </Byline>
);

/** A profile with the pictures of its posts. */
export const ProfileCard = ({ item: profile }: { item: Profile }) => (
  <>
    <section className="card profile" aria-label="Profile">
      <img className="cover" src={profile.cover_pic_url} alt="" />
      <header className="row">
        <Avatar person={profile} />
        <FollowButton person={profile} />
        {isMe(profile) && <IconButton icon="leave" label="Sign out" onClick={() => noctra.auth.signOut()} />}
      </header>
      <p>
        <b>{profile.username}</b> {profile.is_vip && '★'}
        {!profile.publicProfile && <small>private </small>}
        {profile.followed_by && <small>follows you</small>}
      </p>
      <p>{profile.bio}</p>
      <p>
        <b>{plural(profile.post_count, 'post')}</b> <b>{plural(profile.follower_count, 'follower')}</b>{' '}
        <b>{plural(profile.following_count, 'following', 'following')}</b>
      </p>
      {isMe(profile) && <EditProfile profile={profile} />}
    </section>
    <Posts name={`posts ${profile.following}`} owner={profile.id} />
  </>
);

function EditProfile({ profile }: { profile: Profile }) {
  const send = async (form: FormData) => {
    // A file input without a choice has an empty file.
    const picture = (name: string) => [form.get(name) as File].find(({ size }) => size > 0);
    const { data, error } = await noctra.profiles.update({
      bio: String(form.get('bio')),
      profile_pic: picture('profile_pic'),
      cover_pic: picture('cover_pic'),
    });
    if (data) patch<OwnProfile>(profile.id, data);
    if (data) say('Your profile is changed.');
    return error;
  };
  return (
    <details>
      <summary>Edit profile</summary>
      <Form submit="Save" send={send}>
        <Field label="Picture" name="profile_pic" type="file" accept="image/*" />
        <Field label="Cover" name="cover_pic" type="file" accept="image/*" />
        <Field label="About you" name="bio" defaultValue={profile.bio} maxLength={limits.bio_length} />
      </Form>
    </details>
  );
}

const Tile = ({ item: { id, caption, media, like_count, comment_count } }: { item: Post }) => (
  <a href={`/posts/${id}`} title={`${plural(like_count, 'like')}, ${plural(comment_count, 'comment')}`}>
    {media[0]?.file_type === 'image' ? (
      <img src={media[0].url ?? ''} alt={media[0].alt_text || caption} loading="lazy" />
    ) : (
      <span className="text">{caption}</span>
    )}
  </a>
);

/** Posts as a grid of their first pictures. */
export const Posts = ({ name, ...filter }: { name: string; owner?: string; tag?: string }) => (
  <List className="grid" name={name} read={(page) => noctra.posts.list({ ...filter, ...page })} show={Tile} />
);
