import { afterAll, beforeAll, expect, test } from 'vitest';
import { actAs, connect, untilBlocked } from '../../kit/database.ts';
import { newPerson, type Person } from '../../kit/people.ts';
import { atOnce } from '../concurrency/at-once.ts';
import { type Noctra, startNoctra } from '../faults/fault-stack.ts';

// In a Noctra of their own: an admin of another test would hide that the last one is lost.

let noctra: Noctra;
beforeAll(async () => {
  noctra = await startNoctra();
});
afterAll(() => noctra?.remove());

/** Makes two new users the only admins, and passes them to `work`. */
async function withTwoAdmins(work: (admins: [Person, Person]) => Promise<void>): Promise<void> {
  const people: [Person, Person] = [await newPerson({}, noctra), await newPerson({}, noctra)];
  const ids = people.map(({ id }) => id);
  await noctra.admin.from('profiles').update({ role: 'admin' }).in('id', ids).throwOnError();
  await work(people);
  await Promise.all(ids.map((id) => noctra.admin.auth.admin.deleteUser(id)));
  expect(await admins()).toEqual([]);
}

async function admins(): Promise<string[]> {
  const { data } = await noctra.admin.from('profiles').select('id').eq('role', 'admin').throwOnError();
  return data.map(({ id }) => id);
}

test('an admin is left when admins take the role from each other, give it up or leave at the same time', async () => {
  for (let round = 0; round < 8; round++) {
    await withTwoAdmins(async (people) => {
      const answers = await atOnce(2, async (place) => {
        const [me, other] = place === 0 ? people : [people[1], people[0]];
        if (round % 3 === 0) return me.client.rpc('set_role', { profile_id: other.id, role: 'user' });
        if (round % 3 === 1) return me.client.rpc('set_role', { profile_id: me.id, role: 'moderator' });
        return me.client.rpc('delete_account');
      });
      for (const { status, error } of answers)
        if (error) expect([403, 409], JSON.stringify(error)).toContain(status);
      expect(await admins()).toHaveLength(1);
    });
  }
});

test('the last admin keeps the role when two admins take it from each other at once', async () => {
  await withTwoAdmins(async ([zoe, abe]) => {
    const [first, second] = [connect({ url: noctra.databaseUrl }), connect({ url: noctra.databaseUrl })];
    try {
      await first`begin`;
      await actAs(first, zoe);
      await second`begin`;
      await second`set local application_name = 'the second of two admins'`;
      await actAs(second, abe);
      await first`select public.set_role(${abe.id}, 'user')`;
      const refusal = second`select public.set_role(${zoe.id}, 'user')`.then(
        () => null,
        (error: unknown) => error,
      );
      await untilBlocked(noctra.sql, 'the second of two admins');
      await first`commit`;
      expect(await refusal).toMatchObject({ hint: 'last_admin' });
    } finally {
      await Promise.all([first.end({ timeout: 5 }), second.end({ timeout: 5 })]);
    }
    expect(await admins()).toEqual([zoe.id]);
  });
});
