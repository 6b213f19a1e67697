import { expect, test } from 'vitest';
import { atOnce, dataOf, newPeople, type Person, secretClient } from './people.ts';

const admins = async () => dataOf(await secretClient.from('profiles').select('id').eq('role', 'admin'));

test('admins who take the role from each other, from themselves and leave, all at once, leave an admin', async () => {
  const people = await newPeople(6);
  const ours = people.map(({ id }) => id);
  dataOf(await secretClient.from('profiles').update({ role: 'admin' }).in('id', ours).select());
  const answers = await atOnce(people.length * 3, async (place) => {
    const { client, id } = people[place % people.length] as Person;
    const next = (people[(place + 1) % people.length] as Person).id;
    if (place % 3 === 0) return client.rpc('set_role', { profile_id: next, role: 'user' });
    if (place % 3 === 1) return client.rpc('set_role', { profile_id: id, role: 'moderator' });
    return client.rpc('delete_account');
  });
  for (const { status, error } of answers)
    if (error) expect([401, 403, 404, 409], JSON.stringify(error)).toContain(status);
  const left = await admins();
  expect(left.length).toBeGreaterThan(0);
  // Not to be somebody else's last admin.
  await Promise.all(ours.map((id) => secretClient.auth.admin.deleteUser(id)));
});
