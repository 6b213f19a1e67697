import type { Block, Follow, Mute, Person } from './api.types.ts';
import { action, type Context, type Query } from './calls.ts';
import type { NoctraError } from './errors.ts';
import { type Bounds, type List, type ListOptions, list } from './lists.ts';

/** The options of `people.followers` and `people.following`. */
export interface FollowListOptions extends ListOptions {
  /** A user name, an id, or `me`. Default: `me`. */
  of?: string | undefined;
}

/** The people around you: `noctra.people`. Each person is given by user name or id. */
export type People = ReturnType<typeof createPeople>;

/** Makes `noctra.people`. */
export function createPeople(context: Context) {
  const { supabase, reader } = context;

  /** A call whose answer is known before it is made. */
  const act = <Data>(name: Action, data: Data) =>
    action(
      context,
      (person) => supabase.rpc(name, { person }),
      () => data,
    );

  const listOf =
    (name: 'list_follow_requests' | 'list_blocks' | 'list_mutes') =>
    (options: ListOptions = {}): List<Person> =>
      listPeople(context, options, (bounds) => reader.rpc(name, bounds, { get: true }));

  const listAround =
    (name: 'list_followers' | 'list_following') =>
    ({ of: person = 'me', ...options }: FollowListOptions = {}): List<Person> =>
      listPeople(context, options, (bounds) => reader.rpc(name, { person, ...bounds }, { get: true }));

  return {
    /**
     * Follows a person. Where the profile is private the state is `requested`, until the person accepts.
     *
     * @example
     * const { data, error } = await noctra.people.follow('ben');
     * if (data?.state === 'requested') showHint('Ben has to accept.');
     * if (error?.code === 'blocked') showHint('You cannot follow Ben.');
     */
    follow: action(
      context,
      (person) => supabase.rpc('follow_user', { person }),
      (state: Follow['state']): Follow => ({ state }),
    ),

    /**
     * Ends a follow, or withdraws the request.
     *
     * @example
     * await noctra.people.unfollow('ben');
     */
    unfollow: act('unfollow_user', { state: null }),

    /**
     * Removes a follower of yours.
     *
     * @example
     * await noctra.people.removeFollower('ben');
     */
    removeFollower: act('remove_follower', { state: null }),

    /**
     * The followers of a person, or your own, newest first. Those of a private profile are for its owner and accepted
     * followers; others get `profile_private`.
     *
     * @example
     * const { data: people, next } = await noctra.people.followers({ of: 'ben', limit: 50 });
     * for await (const person of noctra.people.followers()) console.log(person.username, person.following);
     */
    followers: listAround('list_followers'),

    /**
     * Those whom a person follows, or you, newest first.
     *
     * @example
     * for await (const person of noctra.people.following({ of: 'ben' })) show(person);
     */
    following: listAround('list_following'),

    /**
     * Those who ask to follow you, newest first.
     *
     * @example
     * for await (const person of noctra.people.requests()) await noctra.people.acceptRequest(person.id);
     */
    requests: listOf('list_follow_requests'),

    /**
     * Accepts a person's request to follow you.
     *
     * @example
     * const { error } = await noctra.people.acceptRequest('ben');
     * if (error?.code === 'follow_request_not_found') showHint('It was withdrawn.');
     */
    acceptRequest: act<Follow>('accept_follow_request', { state: 'accepted' }),

    /**
     * Declines a person's request to follow you. The person is not told.
     *
     * @example
     * await noctra.people.declineRequest('ben');
     */
    declineRequest: act('decline_follow_request', { state: null }),

    /**
     * Blocks a person: neither of you sees the other's posts, comments and likes, and follows end both ways.
     *
     * @example
     * await noctra.people.block('ben');
     */
    block: act<Block>('block_user', { blocking: true }),

    /**
     * Ends a block. Follows do not come back.
     *
     * @example
     * await noctra.people.unblock('ben');
     */
    unblock: act<Block>('unblock_user', { blocking: false }),

    /**
     * Those whom you block, newest first.
     *
     * @example
     * for await (const person of noctra.people.blocks()) show(person);
     */
    blocks: listOf('list_blocks'),

    /**
     * Mutes a person, who does not learn of it: their posts leave your feed, and nothing of theirs notifies you.
     *
     * @example
     * await noctra.people.mute('ben');
     */
    mute: act<Mute>('mute_user', { muting: true }),

    /**
     * Ends a mute.
     *
     * @example
     * await noctra.people.unmute('ben');
     */
    unmute: act<Mute>('unmute_user', { muting: false }),

    /**
     * Those whom you mute, newest first.
     *
     * @example
     * for await (const person of noctra.people.mutes()) show(person);
     */
    mutes: listOf('list_mutes'),
  };
}

/** The functions that take a person and answer nothing. */
type Action =
  | 'unfollow_user'
  | 'remove_follower'
  | 'accept_follow_request'
  | 'decline_follow_request'
  | 'block_user'
  | 'unblock_user'
  | 'mute_user'
  | 'unmute_user';

/** A list of people. */
export function listPeople(
  context: Context,
  options: ListOptions,
  query: (bounds: Bounds) => Query,
  malformed?: NoctraError,
): List<Person> {
  return list(context, options, { query, malformed });
}
