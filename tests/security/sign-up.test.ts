import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, publish } from '../kit/api.ts';
import { openDatabase } from '../kit/database.ts';
import { newPerson, newUsername, type Person, secretClient } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';
import { rest, send } from './raw.ts';

const sql = openDatabase();

let ann: Person;

beforeAll(async () => {
  ann = await newPerson();
});

/** Signs up at Auth itself, as anybody with the publishable key may. */
function signUp(data: unknown, fields: Record<string, unknown> = {}) {
  const email = `${newUsername()}@example.com`;
  return send(null, '/auth/v1/signup', { json: { email, password: 'a long password', data, ...fields } });
}

async function profileOf(text: string) {
  const { access_token: token, user } = JSON.parse(text);
  const answer = await rest({ token }, `profiles?id=eq.${user.id}`);
  return JSON.parse(answer.text)[0];
}

describe('the metadata of a sign-up', () => {
  it('gives no role, no badge and no id', async () => {
    const username = newUsername();
    const claimed = {
      ...{ role: 'admin', is_vip: true, is_super_admin: true, id: ann.id, sub: ann.id, owner_id: ann.id },
      ...{ created_at: '2020-01-01T00:00:00Z', avatar_path: `${ann.id}/x.png`, email_verified: true },
    };
    const answer = await signUp(
      { ...claimed, username },
      {
        ...claimed,
        aud: 'admin',
        app_metadata: { role: 'admin' },
        user_metadata: claimed,
        banned_until: 'none',
      },
    );
    expect(answer.status).toBe(200);
    const profile = await profileOf(answer.text);
    expect(profile).toMatchObject({ username, role: 'user', is_vip: false, avatar_path: null });
    expect(profile.id).not.toBe(ann.id);
    expect(new Date(profile.created_at).getFullYear()).toBeGreaterThan(2020);
    const { user } = JSON.parse(answer.text);
    expect(user.role).toBe('authenticated');
    expect(user.app_metadata).not.toHaveProperty('role');
  });

  it('changes nothing in the profile afterwards', async () => {
    const eve = await newPerson();
    const data = { username: ann.username, role: 'admin', is_vip: true, date_of_birth: '1800-01-01' };
    const answer = await send(eve, '/auth/v1/user', {
      method: 'PUT',
      json: { data, app_metadata: { role: 'admin' }, role: 'service_role', user_metadata: data },
    });
    expect(JSON.parse(answer.text).role ?? 'authenticated').toBe('authenticated');
    const [profile] = JSON.parse((await rest(eve, `profiles?id=eq.${eve.id}`)).text);
    expect(profile).toMatchObject({ username: eve.username, role: 'user', is_vip: false });
  });

  it.each([
    ['in capitals', (name: string) => name.toUpperCase()],
    [
      'in mixed case',
      (name: string) =>
        name.replace(/[a-z]/g, (letter, place) => (place % 2 ? letter : letter.toUpperCase())),
    ],
  ])('takes no name of another user, %s', async (_how, change) => {
    const answers = [await signUp({ username: change(ann.username) })];
    expect([answers[0]?.status, answers[0]?.text]).toEqual([409, expect.stringContaining('username_taken')]);
    const byFunction = await call('/auth/register/', {
      json: {
        username: change(ann.username),
        email: `${newUsername()}@example.com`,
        password: 'a long password',
      },
    });
    expect([byFunction.status, byFunction.json.code]).toEqual([409, 'username_taken']);
    const eve = await newPerson();
    const renamed = await rest(eve, `profiles?id=eq.${eve.id}`, {
      method: 'PATCH',
      json: { username: change(ann.username) },
    });
    expect([renamed.status, JSON.parse(renamed.text).code]).toEqual([409, '23505']);
  });

  it.each([
    ['a letter of another script', (name: string) => name.replace('t', '\u0442')],
    ['a full-width letter', (name: string) => name.replace('t', '\uff54')],
    ['a Kelvin sign for a k', () => `\u212aing_${crypto.randomUUID().slice(0, 8)}`],
    ['a dotless i', () => `adm\u0131n_${crypto.randomUUID().slice(0, 8)}`],
    ['a mark that reverses the text', (name: string) => `\u202e${name.slice(0, 20)}`],
    ['a zero-width space', (name: string) => `${name.slice(0, 10)}\u200b${name.slice(10)}`],
    ['a soft hyphen', (name: string) => `${name.slice(0, 10)}\u00ad${name.slice(10)}`],
    ['a combining accent', (name: string) => `${name}\u0301`],
    ['a line break behind it', (name: string) => `${name}\n`],
    ['white space at its ends', (name: string) => ` ${name} `],
    ['an emoji', () => '\u{1f600}\u{1f600}\u{1f600}'],
    ['markup', () => '<b>ann</b>'],
    ['SQL', () => "x'; drop table profiles; --"],
    ['a path', () => '../../ann'],
    ['nothing', () => ''],
  ])('takes no name with %s', async (_what, make) => {
    const username = make(ann.username);
    const answer = await signUp({ username });
    expect([answer.status, answer.text]).toEqual([422, expect.stringContaining('username_invalid')]);
    const eve = await newPerson();
    const renamed = await rest(eve, `profiles?id=eq.${eve.id}`, { method: 'PATCH', json: { username } });
    expect([renamed.status, JSON.parse(renamed.text).code]).toEqual([400, '23514']);
  });

  it.each([
    ['NUL', 'a\u0000b_name'],
    ['half a surrogate pair', 'a\ud800b_name'],
  ])('takes no name with %s', async (_what, username) => {
    const answer = await signUp({ username });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });

  it.each([
    { username: ['ann'] },
    { username: { name: 'ann' } },
    { username: 12345 },
    { username: true },
    'text',
    [1],
    7,
  ])('makes an ordinary user or is refused: %j', async (data) => {
    const answer = await signUp(data);
    expect(answer.status).toBeLessThan(500);
    if (answer.status === 200)
      expect(await profileOf(answer.text)).toMatchObject({
        username: expect.stringMatching(/^[A-Za-z0-9_]{3,30}$/),
        role: 'user',
      });
  });
});

describe('nobody learns who has an account', () => {
  const unknown = () => newUsername();
  /** How many sign-ins were counted for a name. */
  async function attempts(identifier: string): Promise<number> {
    const subject = createHash('sha256').update(identifier.toLowerCase()).digest('hex');
    const [counter] = await sql`
      select count from private.rate_counters where action = 'sign_in_account' and subject = ${subject}`;
    return counter?.count ?? 0;
  }

  it('from a sign-in: an unknown name is answered and counted as a wrong password', async () => {
    const names = [ann.username, unknown(), ann.email, `${unknown()}@example.com`];
    const answers = [];
    for (const username of names) {
      const { status, json } = await call('/auth/token/', {
        json: { username, password: 'a wrong password' },
      });
      answers.push({ status, json, counted: await attempts(username) });
    }
    expect(answers[0]).toMatchObject({ status: 401, json: { code: 'invalid_credentials' }, counted: 1 });
    expect(answers).toEqual(Array(4).fill(answers[0]));
  });

  it('from a ban: it is answered as a wrong password', async () => {
    const eve = await newPerson();
    await secretClient().auth.admin.updateUserById(eve.id, { ban_duration: '1h' });
    const [banned, nobody] = [
      await call('/auth/token/', { json: { username: eve.username, password: eve.password } }),
      await call('/auth/token/', { json: { username: unknown(), password: eve.password } }),
    ];
    expect([banned.status, banned.json]).toEqual([nobody.status, nobody.json]);
  });

  it('from a sign-in at Auth itself', async () => {
    const ask = async (email: string) => {
      const answer = await send(null, '/auth/v1/token?grant_type=password', {
        json: { email, password: 'wrong' },
      });
      return [answer.status, answer.text];
    };
    expect(await ask(ann.email)).toEqual(await ask(`${unknown()}@example.com`));
  });

  it('from a user name and its e-mail address: their attempts are counted apart', async () => {
    const eve = await newPerson();
    const attempt = (username: string) =>
      call('/auth/token/', { json: { username, password: 'a wrong password' } });
    await Promise.all(Array.from({ length: 10 }, () => attempt(eve.username)));
    expect((await attempt(eve.username)).status).toBe(429);
    expect((await attempt(eve.email)).status).toBe(401);
    expect((await attempt(`${unknown()}@example.com`)).status).toBe(401);
  });

  it('from asking for a new password', async () => {
    const ask = async (email: string) => {
      const answer = await send(null, '/auth/v1/recover', { json: { email } });
      return [answer.status, answer.text];
    };
    const eve = await newPerson();
    expect(await ask(eve.email)).toEqual(await ask(`${unknown()}@example.com`));
  });

  it('from the Data API: it shows no e-mail address', async () => {
    const eve = await newPerson();
    await publish(ann);
    for (const path of [
      'profiles',
      `profiles?id=eq.${ann.id}&select=*,private_profiles(*),posts!owner_id(*)`,
      'posts?select=*,owner:profiles!owner_id(*)',
    ])
      expect((await rest(eve, path)).text).not.toContain('@example.com');
    expect((await call(`/userprofiles/${ann.username}/`, { token: eve.token })).json).not.toHaveProperty(
      'email',
    );
    expect((await send(eve, `/auth/v1/admin/users/${ann.id}`)).status).toBeOneOf([401, 403]);
    expect((await fetch(`${settings.url}/auth/v1/admin/users`)).status).toBeOneOf([401, 403]);
  });
});
