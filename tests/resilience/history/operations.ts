import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Constants } from '../../../supabase/functions/api/database.types.ts';
import { type ErrorCode, isProblemCode, statusOf } from '../../../supabase/functions/api/http/errors.ts';
import { newPeople, newPerson, type Person, secretClient } from '../../kit/people.ts';
import { retried } from '../concurrency/at-once.ts';
import { silenceOf, silenceOfHidden, silenceOfKind } from './silence.ts';

/** The users of a history, and what they have made. */
export interface World {
  /** The first one is a moderator, and stays. */
  people: Person[];
  /** What is probably there, the newest last. */
  posts: Made[];
  comments: Made[];
  tags: string[];
  /** The ids of all users, posts and comments that ever were. */
  ids: Set<string>;
  /** Who may not have been told of whom or what since the last comparison. */
  silences: Set<string>;
  /** How many users began to leave, and how many of them are about to. */
  leaving: { ever: number; now: number };
  /** Every step with its answer. */
  log: string[];
  /** The steps with an answer that nobody may get. */
  findings: string[];
}

/** A post, or a comment on a post. */
interface Made {
  id: string;
  owner: string;
  post: string;
}

/** One step of a history: an operation, and numbers by which it chooses users, posts and so on. */
export interface Step {
  name: string;
  actor: number;
  other: number;
  which: number;
  choice: number;
}

interface Answer {
  status: number;
  error: { code: string; hint: string; message: string } | null;
  data: unknown;
}

/** What a step has chosen. */
interface Chosen {
  world: World;
  actor: Person;
  other: Person;
  post: Made;
  comment: Made;
  tag: string;
  /** True in one of so many cases. */
  chance: (of: number) => boolean;
}

interface Operation {
  /** How often it is chosen, compared with others. */
  weight: number;
  /** The errors that it may answer, besides `not_signed_in`: the user may be leaving. */
  refusals: ErrorCode[];
  run: (chosen: Chosen) => PromiseLike<{ status: number; error: unknown; data: unknown }>;
}

const kinds = Constants.public.Enums.notification_kind;

/** More would make comparisons slow. */
const mostPosts = 40;
const mostComments = 60;

type ToOther =
  | 'follow_user'
  | 'unfollow_user'
  | 'decline_follow_request'
  | 'remove_follower'
  | 'block_user'
  | 'unblock_user'
  | 'mute_user'
  | 'unmute_user';
type ToPost = 'like_post' | 'unlike_post' | 'save_post' | 'unsave_post';
type ToComment = 'like_comment' | 'unlike_comment';

function toOther(name: ToOther, weight: number, ...refusals: ErrorCode[]): Record<string, Operation> {
  const run = ({ world, actor, other }: Chosen) => {
    if (/block|mute/.test(name)) world.silences.add(silenceOf(actor.id, other.id));
    if (/block/.test(name)) world.silences.add(silenceOf(other.id, actor.id));
    return actor.client.rpc(name, { person: other.id });
  };
  return { [name]: { weight, refusals: ['profile_not_found', ...refusals], run } };
}

function toPost(name: ToPost, weight: number): Record<string, Operation> {
  const run = ({ actor, post }: Chosen) => actor.client.rpc(name, { post_id: post.id });
  return { [name]: { weight, refusals: ['post_not_found'], run } };
}

function toComment(name: ToComment, weight: number): Record<string, Operation> {
  const run = ({ actor, comment }: Chosen) => actor.client.rpc(name, { comment_id: comment.id });
  return { [name]: { weight, refusals: ['comment_not_found'], run } };
}

const operations: Record<string, Operation> = {
  ...toOther('follow_user', 12, 'blocked'),
  ...toOther('unfollow_user', 2),
  'accept a request': { weight: 4, refusals: ['profile_not_found', 'follow_request_not_found'], run: accept },
  ...toOther('decline_follow_request', 1),
  ...toOther('remove_follower', 1),
  ...toOther('block_user', 2),
  ...toOther('unblock_user', 5),
  ...toOther('mute_user', 1),
  ...toOther('unmute_user', 2),
  'open or close the profile': {
    weight: 4,
    refusals: [],
    run: ({ world, actor, chance }) => {
      world.silences.add(silenceOfHidden(actor.id));
      return actor.client.rpc('update_profile', { changes: { is_public: !chance(3) } });
    },
  },
  create_post: { weight: 10, refusals: ['mention_unknown'], run: (chosen) => publish(chosen) },
  repost: {
    weight: 5,
    refusals: ['mention_unknown', 'original_post_not_found'],
    run: (chosen) => publish(chosen, chosen.post.id),
  },
  update_post: { weight: 6, refusals: ['not_owner', 'post_not_found', 'mention_unknown'], run: editPost },
  'delete a post': { weight: 1, refusals: [], run: deletePost },
  hide_post: {
    weight: 3,
    refusals: ['post_not_found'],
    run: ({ world, post, chance }) => {
      world.silences.add(silenceOfHidden(post.id));
      return moderatorOf(world).client.rpc('hide_post', { post_id: post.id, hidden: chance(3) });
    },
  },
  ...toPost('like_post', 14),
  ...toPost('unlike_post', 5),
  ...toPost('save_post', 5),
  ...toPost('unsave_post', 2),
  create_comment: {
    weight: 12,
    refusals: ['post_not_found'],
    run: (chosen) => comment(chosen, { post_id: chosen.post.id }),
  },
  'reply to a comment': {
    weight: 10,
    refusals: ['post_not_found', 'parent_not_found'],
    run: (chosen) => comment(chosen, { post_id: chosen.comment.post, parent_id: chosen.comment.id }),
  },
  update_comment: { weight: 5, refusals: ['comment_not_found', 'not_comment_owner'], run: editComment },
  delete_comment: { weight: 4, refusals: ['comment_not_found', 'not_comment_owner'], run: deleteComment },
  hide_comment: {
    weight: 3,
    refusals: ['comment_not_found'],
    run: ({ world, comment, chance }) =>
      moderatorOf(world).client.rpc('hide_comment', { comment_id: comment.id, hidden: chance(3) }),
  },
  ...toComment('like_comment', 10),
  ...toComment('unlike_comment', 3),
  update_notification_settings: { weight: 3, refusals: [], run: switchKind },
  'read notifications': { weight: 2, refusals: [], run: readNotifications },
  'read a list': {
    weight: 4,
    refusals: ['profile_private', 'blocked', 'profile_not_found', 'post_not_found'],
    run: readList,
  },
  leave: { weight: 1, refusals: [], run: leave },
};

/** The steps of a history: the same for the same seed. */
export function stepsOf(seed: number, count: number): Step[] {
  const names = Object.entries(operations).map(([name, { weight }]) => ({
    weight,
    arbitrary: fc.constant(name),
  }));
  const number = fc.nat({ max: 2 ** 30 });
  const numbers = { actor: number, other: number, which: number, choice: number };
  const step = fc.record({ name: fc.oneof(...names), ...numbers });
  return fc.sample(fc.noBias(step), { seed, numRuns: count });
}

/** New users, who have done nothing. */
export async function begin(count: number, appoint: (id: string) => PromiseLike<unknown>): Promise<World> {
  const people = await newPeople(count);
  const run = randomUUID().slice(0, 8);
  const world: World = {
    people,
    posts: [],
    comments: [],
    // Other tests have other tags.
    tags: ['apple', 'berry', 'cherry'].map((fruit) => `${fruit}_${run}`),
    ids: new Set(people.map(({ id }) => id)),
    silences: new Set(),
    leaving: { ever: 0, now: 0 },
    log: [],
    findings: [],
  };
  await appoint(moderatorOf(world).id);
  return world;
}

/** Takes a step. */
export async function take(world: World, step: Step): Promise<void> {
  const { people } = world;
  const actor = at(people, step.actor);
  let dice = step.choice;
  const chosen: Chosen = {
    world,
    actor,
    other: at(
      people.filter((person) => person !== actor),
      step.other,
    ),
    post: ratherNew(world.posts, step.which),
    comment: ratherNew(world.comments, step.which),
    tag: at(world.tags, step.which),
    chance: (of) => {
      dice = (dice * 1_103_515 + 12_345) % 2 ** 31;
      return (dice / 2 ** 31) * of < 1;
    },
  };
  const name = instead(world, step.name) ?? step.name;
  const operation = operations[name] as Operation;
  const place = world.log.push(`${name} has no answer`) - 1;
  const { status, error, data } = await answerOf(operation, chosen);
  const code = error?.hint ?? '';
  const isAllowed =
    !error ||
    (isProblemCode(code) &&
      statusOf(code) === status &&
      ['not_signed_in', ...operation.refusals].includes(code));
  const { other, post, comment } = chosen;
  world.log[place] = [
    `step ${place}: ${name} (${actor.id}, ${other.id}, post ${post.id}, comment ${comment.id})`,
    `answers ${status} ${error ? JSON.stringify(error) : JSON.stringify(data)?.slice(0, 120)}`,
  ].join(' ');
  if (!isAllowed) world.findings.push(world.log[place]);
}

/**
 * The answer of an operation. A user who leaves takes everything along, in no order, so that can end in a deadlock with
 * anything: then the operation is repeated, as the function and the SDK do.
 */
async function answerOf(operation: Operation, chosen: Chosen): Promise<Answer> {
  const { leaving } = chosen.world;
  const { ever, now } = leaving;
  const answer = (await operation.run(chosen)) as Answer;
  const isBesideLeaving = now > 0 || leaving.ever > ever;
  return answer.error?.code === '40P01' && isBesideLeaving ? answerOf(operation, chosen) : answer;
}

/** What to do in place of a step that would write too much. */
function instead({ posts, comments }: World, name: string): string | undefined {
  if (/^(create_post|repost)$/.test(name) && posts.length >= mostPosts) return 'delete a post';
  if (/^(create_comment|reply)/.test(name) && comments.length >= mostComments) return 'delete_comment';
}

async function accept({ actor, other }: Chosen) {
  const requests = await actor.client.rpc('list_follow_requests');
  return actor.client.rpc('accept_follow_request', { person: requests.data?.[0]?.id ?? other.id });
}

async function publish(chosen: Chosen, original_post?: string) {
  const { world, actor, other, tag, chance } = chosen;
  const answer = await actor.client.rpc('create_post', {
    caption: textOf(chosen, ...(chance(2) ? [`#${tag}`] : [])),
    tags: chance(4) ? [tag] : [],
    mentions: chance(5) ? [other.id] : [],
    is_public: !chance(6),
    ...(original_post ? { original_post } : {}),
  });
  const id = answer.data?.id;
  if (id) {
    world.ids.add(id);
    world.posts.push({ id, owner: actor.id, post: id });
  }
  return answer;
}

function editPost(chosen: Chosen) {
  const { world, other, post, tag, chance } = chosen;
  world.silences.add(silenceOfHidden(post.id));
  return ownerOf(chosen, post).client.rpc('update_post', {
    post_id: post.id,
    ...(chance(2) ? { caption: textOf(chosen, `#${tag}`) } : {}),
    ...(chance(3) ? { tags: chance(2) ? [tag] : [] } : {}),
    ...(chance(3) ? { mentions: chance(2) ? [other.id] : [] } : {}),
    ...(chance(3) ? { is_public: !chance(3) } : {}),
  });
}

async function deletePost(chosen: Chosen) {
  const { world, post } = chosen;
  const owner = ownerOf(chosen, post);
  const answer = await owner.client.from('posts').delete().eq('id', post.id);
  if (owner.id === post.owner) forget(world, post.id);
  return answer;
}

async function comment(chosen: Chosen, to: { post_id: string; parent_id?: string }) {
  const { world, actor } = chosen;
  const answer = await actor.client.rpc('create_comment', { text: textOf(chosen), ...to });
  const id = answer.data?.id;
  if (id) {
    world.ids.add(id);
    world.comments.push({ id, owner: actor.id, post: to.post_id });
  }
  return answer;
}

function editComment(chosen: Chosen) {
  const { comment } = chosen;
  return ownerOf(chosen, comment).client.rpc('update_comment', {
    comment_id: comment.id,
    text: textOf(chosen, 'edited'),
  });
}

async function deleteComment(chosen: Chosen) {
  const { world, comment, chance } = chosen;
  const by = chance(4) ? moderatorOf(world) : ownerOf(chosen, comment);
  const answer = await by.client.rpc('delete_comment', { comment_id: comment.id });
  if (!answer.error) forget(world, comment.id);
  return answer;
}

function switchKind({ world, actor, chance }: Chosen) {
  const kind = kinds.find(() => chance(4)) ?? 'like';
  world.silences.add(silenceOfKind(actor.id, kind));
  return actor.client.rpc('update_notification_settings', { changes: { [kind]: !chance(4) } });
}

async function readNotifications({ actor, chance }: Chosen) {
  const list = await actor.client.rpc('list_notifications', { unread: chance(2) });
  const up_to = list.data?.find(() => chance(3))?.id;
  return up_to ? actor.client.rpc('mark_notifications_read', { up_to }) : list;
}

function readList({ actor, other, post, chance }: Chosen) {
  if (chance(4)) return actor.client.rpc('list_feed');
  if (chance(3)) return actor.client.rpc('list_comments', { post_id: post.id });
  if (chance(2)) return actor.client.rpc('list_followers', { person: other.id });
  return actor.client.rpc('list_posts', { owner: other.id });
}

/** Deletes the account, as its user or as an administrator does. A new user comes instead. */
async function leave({ world, actor, chance }: Chosen) {
  const newcomer = await newPerson();
  const place = world.people.indexOf(actor);
  // The moderator stays, and nobody leaves twice.
  if (place <= 0) return actor.client.rpc('get_profile');
  world.people[place] = newcomer;
  world.ids.add(newcomer.id);
  world.leaving.ever++;
  world.leaving.now++;
  const asUser = chance(2);
  const answer = await retried(async () =>
    asUser
      ? await actor.client.rpc('delete_account')
      : { status: 200, ...(await secretClient().auth.admin.deleteUser(actor.id)) },
  );
  world.leaving.now--;
  forget(world, actor.id);
  return answer;
}

/** Forgets what is gone with a user, a post or a comment. */
function forget(world: World, gone: string): void {
  const isThere = ({ id, owner, post }: Made) => ![id, owner, post].includes(gone);
  world.posts = world.posts.filter(isThere);
  world.comments = world.comments.filter(
    (one) => isThere(one) && world.posts.some(({ id }) => id === one.post),
  );
}

/** A text with a mention, in some cases, and in some longer than a preview. */
function textOf({ other, chance }: Chosen, ...words: string[]): string {
  const mentions = chance(3) ? [`@${other.username}`] : [];
  return [...words, ...mentions, 'x'.repeat(chance(8) ? 120 : 1)].join(' ');
}

/** The owner of a post or comment; in some cases somebody else. */
function ownerOf({ world, actor, chance }: Chosen, { owner }: Made): Person {
  return (!chance(9) && world.people.find(({ id }) => id === owner)) || actor;
}

const moderatorOf = ({ people }: World) => people[0] as Person;

const at = <T>(items: readonly T[], number: number) => items[number % items.length] as T;

/** One of the items, rather a new one; if there are none, one that does not exist. */
function ratherNew(items: readonly Made[], number: number): Made {
  const age = Math.floor((number / (2 ** 30 + 1)) ** 2 * items.length);
  const nobody = randomUUID();
  return items[items.length - 1 - age] ?? { id: nobody, owner: nobody, post: nobody };
}
