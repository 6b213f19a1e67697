import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { actAs, openDatabase } from '../../kit/database.ts';
import { newPeople, type Person, secretClient } from '../../kit/people.ts';
import { createPost } from '../../kit/posts.ts';
import { dataOf } from '../../kit/results.ts';
import { isWronglyFound, isWronglyVisible } from '../fuzz/invariants.ts';
import { sideBySide } from './side-by-side.ts';

const sql = openDatabase({ max: 5 });

interface Cast {
  owner: Person;
  moderator: Person;
  post: string;
}

/** Every way to change who sees a post, in the transaction of `tx`. */
const writes: Record<string, (tx: postgres.ReservedSql, cast: Cast) => Promise<unknown>> = {
  'a new post': async (tx, { owner }) => {
    await actAs(tx, owner);
    await tx`select public.create_post('A new post')`;
  },
  'opening the post': async (tx, { owner, post }) => {
    await actAs(tx, owner);
    await tx`select public.update_post(${post}, is_public => true)`;
  },
  'closing the post': async (tx, { owner, post }) => {
    await actAs(tx, owner);
    await tx`select public.update_post(${post}, is_public => false)`;
  },
  'opening the profile': async (tx, { owner }) => {
    await actAs(tx, owner);
    await tx`update public.profiles set is_public = true where id = ${owner.id}`;
  },
  'closing the profile': async (tx, { owner }) => {
    await actAs(tx, owner);
    await tx`update public.profiles set is_public = false where id = ${owner.id}`;
  },
  'hiding the post': async (tx, { moderator, post }) => {
    await actAs(tx, moderator);
    await tx`select public.hide_post(${post})`;
  },
  'showing the post again': async (tx, { moderator, post }) => {
    await actAs(tx, moderator);
    await tx`select public.hide_post(${post}, hidden => false)`;
  },
  'an edit in the dashboard': (tx, { post }) =>
    tx`update public.posts set is_public = not is_public where id = ${post}`,
};

/** Posts whose stored visibility differs from what post and profile say, or that other readers find. */
const wrong = (ownerId: string) => sql`
  select posts.caption, posts.is_visible_to_all
  from public.posts
  join public.profiles on profiles.id = posts.owner_id
  join private.post_terms on post_terms.post_id = posts.id
  where posts.owner_id = ${ownerId} and (${isWronglyVisible(sql)} or ${isWronglyFound(sql)})`;

test('a post is visible to all exactly when post and profile say so, after any two writes at once', async () => {
  const [owner, moderator] = (await newPeople(2)) as [Person, Person];
  dataOf(await secretClient().from('profiles').update({ role: 'moderator' }).eq('id', moderator.id).select());
  const { id: post } = await createPost(owner, { caption: 'The post' });
  const cast = { owner, moderator, post };
  for (const [firstName, first] of Object.entries(writes)) {
    for (const [secondName, second] of Object.entries(writes)) {
      for (const isPublic of [true, false]) {
        await sql`update public.profiles set is_public = ${isPublic} where id = ${owner.id}`;
        await sql`update public.posts set is_public = ${isPublic}, hidden_at = null where id = ${post}`;
        await sideBySide(
          sql,
          (tx) => first(tx, cast),
          (tx) => second(tx, cast),
        );
        expect(await wrong(owner.id), `${firstName}, then ${secondName}`).toEqual([]);
      }
    }
  }
});
