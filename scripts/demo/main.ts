// `npm run demo`: fills a Noctra with people, posts, follows, likes and comments, through the SDK, as users would.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  type Comment,
  createNoctra,
  type List,
  type Noctra,
  type NoctraError,
  type Post,
  type Result,
} from '../../sdk/src/index.ts';
import { CommandError, runMain } from '../command.ts';
import { runningForApps } from '../noctra.ts';
import { type DemoPerson, type DemoPost, demoPeople, demoPosts } from './people.ts';
import { makePicture, randomNumbers } from './pictures.ts';

const help = `Fills a Noctra with twenty people, their posts with pictures, follows, likes and comments.

Usage: npm run demo -- [--password <password>]

It fills the Noctra that NOCTRA_URL and NOCTRA_PUBLISHABLE_KEY name, else the local one that runs. Run again, it adds what is
missing. All people have the same password.
`;

/** In pixels. */
const sizes = [
  [1600, 1067],
  [1500, 1500],
  [1200, 1500],
  [1800, 945],
] as const;

/** Auth counts sign-ups and sign-ins by address over five minutes. Its answer names no time. */
const signInWaitSeconds = 60;

type Users = Map<string, Noctra>;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      password: { type: 'string', default: 'a long password' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(help);
  const { url, publishableKey } = await runningForApps();
  const users: Users = new Map();
  for (const person of demoPeople) {
    const noctra = createNoctra(url, publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    await join(noctra, person, values.password);
    users.set(person.username, noctra);
  }
  const posts: Post[] = [];
  for (const [index, post] of demoPosts.entries())
    posts.push(await publish(userOf(users, post.by), post, index));
  console.log('Follows, likes and comments');
  await Promise.all(
    demoPeople.map((person, index) => mingle(userOf(users, person.username), person, posts, index)),
  );
  for (const { username, is_private } of demoPeople) if (is_private) await acceptAll(userOf(users, username));
  for (const [index, { id }] of posts.entries()) await discuss(users, id, demoPosts[index]?.comments ?? []);
  console.log(`\nSign in as ${demoPeople[0]?.username} with the password "${values.password}".`);
}

function userOf(users: Users, username: string): Noctra {
  const noctra = users.get(username);
  if (!noctra) throw new Error(`${username} is no person of the demo.`);
  return noctra;
}

/** Signs a person in, and makes the account with its pictures if there is none. */
async function join(
  noctra: Noctra,
  { username, bio, is_private }: DemoPerson,
  password: string,
): Promise<void> {
  const email = `${username}@example.com`;
  const { error } = await patiently(() => noctra.auth.register({ username, email, password }));
  if (error?.code === 'username_taken') {
    const { error } = await patiently(() => noctra.auth.signIn({ username, password }));
    if (error?.code === 'invalid_credentials')
      throw new CommandError(
        `There is another ${username} already.`,
        'Give the password of the first run by --password, or fill another Noctra.',
      );
    if (error) throw error;
  } else if (error) throw error;
  const me = take(await noctra.profiles.me());
  if (me.bio === bio) return;
  console.log(`  ${username}`);
  const seed = seedOf(username);
  const cover = (['mountains', 'sea', 'forest', 'dunes', 'aurora', 'city'] as const)[seed % 6] ?? 'sea';
  take(
    await noctra.profiles.update({
      bio,
      publicProfile: !is_private,
      profile_pic: await makePicture({ scene: 'portrait', seed, width: 400, height: 400 }),
      cover_pic: await makePicture({ scene: cover, seed, width: 1500, height: 500 }),
    }),
  );
}

/** Publishes a post, unless it is there. */
async function publish(noctra: Noctra, { caption, pictures = [] }: DemoPost, index: number): Promise<Post> {
  for await (const post of noctra.posts.list({ owner: 'me' })) if (post.caption === caption) return post;
  console.log(`  ${caption.slice(0, 60).split('\n')[0]}`);
  const media = pictures.map(async ([scene, alt_text], place) => {
    const seed = index * 10 + place;
    const [width, height] = sizes[seed % sizes.length] ?? sizes[0];
    return { file: await makePicture({ scene, seed, width, height }), alt_text };
  });
  return take(await noctra.posts.create({ caption, media: await Promise.all(media) }));
}

/** Follows some people, and likes some posts. Luna, the user to sign in as, follows most. */
async function mingle(noctra: Noctra, { username }: DemoPerson, posts: Post[], index: number): Promise<void> {
  const random = randomNumbers(seedOf(username));
  for (const other of demoPeople)
    if (other.username !== username && random() < (index === 0 ? 0.8 : 0.4))
      take(await noctra.people.follow(other.username));
  for (const { id, owner } of posts)
    if (owner.username !== username && owner.username !== 'sasha' && random() < 0.45)
      take(await noctra.posts.like(id));
}

async function acceptAll(noctra: Noctra): Promise<void> {
  for await (const { id } of noctra.people.requests()) take(await noctra.people.acceptRequest(id));
}

/** Writes the comments that are missing. */
async function discuss(
  users: Users,
  post: string,
  comments: [string, string, [string, string][]?][],
): Promise<void> {
  const write = async (
    noctra: Noctra,
    known: List<Comment>,
    text: string,
    parent?: string,
  ): Promise<Comment> => {
    for await (const comment of known) if (comment.text === text) return comment;
    return take(await noctra.comments.create(post, { text, parent }));
  };
  for (const [by, text, replies = []] of comments) {
    const noctra = userOf(users, by);
    const { id } = await write(noctra, noctra.comments.list(post), text);
    for (const [by, text] of replies) {
      const noctra = userOf(users, by);
      await write(noctra, noctra.comments.replies(id), text, id);
    }
  }
}

/** Repeats what Auth refuses because of its limits. */
async function patiently<T>(call: () => Promise<Result<T>>): Promise<Result<T>> {
  for (;;) {
    const result = await call();
    if (result.error?.status !== 429) return result;
    const seconds = result.error.retry_after ?? signInWaitSeconds;
    console.log(`  Too many sign-ins from this address: waiting for ${seconds} seconds`);
    await sleep(seconds * 1000);
  }
}

function take<T>({ data, error }: { data: T; error: null } | { data: null; error: NoctraError }): T {
  if (error) throw error;
  return data;
}

function seedOf(name: string): number {
  return [...name].reduce((sum, character) => sum * 31 + (character.codePointAt(0) ?? 0), 7) % 10_007;
}

runMain(main);
