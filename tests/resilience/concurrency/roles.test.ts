import { expect, test } from 'vitest';
import { newPeople, type Person, secretClient } from '../../kit/people.ts';
import { dataOf } from '../../kit/results.ts';
import { atOnce } from './at-once.ts';

const admins = async () => dataOf(await secretClient().from('profiles').select('id').eq('role', 'admin'));

test('an admin is left when admins take the role from each other, give it up or leave at the same time', async () => {
  for (let round = 0; round < 8; round++) {
    const people = (await newPeople(2)) as [Person, Person];
    const ours = people.map(({ id }) => id);
    dataOf(await secretClient().from('profiles').update({ role: 'admin' }).in('id', ours).select());
    const answers = await atOnce(2, async (place) => {
      const [me, other] = place === 0 ? people : [people[1], people[0]];
      if (round % 3 === 0) return me.client.rpc('set_role', { profile_id: other.id, role: 'user' });
      if (round % 3 === 1) return me.client.rpc('set_role', { profile_id: me.id, role: 'moderator' });
      return me.client.rpc('delete_account');
    });
    for (const { status, error } of answers)
      if (error) expect([403, 409], JSON.stringify(error)).toContain(status);
    expect((await admins()).length).toBeGreaterThan(0);
    // They must not be the only admins in the next round.
    await Promise.all(ours.map((id) => secretClient().auth.admin.deleteUser(id)));
  }
});
