import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, openDatabase, type Person, service, signUp } from './asking.ts';

const sql = openDatabase();
let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

describe('the context of a request in the database', () => {
  test('shows the user, the method and the headers to functions', async () => {
    const context = dataOf(await ann.client.rpc('request_context'));
    expect(context).toMatchObject({
      role: 'authenticated',
      uid: ann.id,
      auth_role: 'authenticated',
      jwt: { sub: ann.id, role: 'authenticated' },
      method: 'POST',
      // The function is stable: docs.postgrest.org, references/transactions, "Access Mode on Functions".
      read_only: 'on',
    });
    expect(JSON.parse(context.claims)).toMatchObject({ sub: ann.id, user_metadata: { handle: ann.handle } });
    expect(context.path).toContain('rpc/request_context');
    expect(JSON.parse(context.headers)).toMatchObject({ 'user-agent': expect.any(String) });
  });

  test('runs a GET read-only', async () => {
    const context = dataOf(await ann.client.rpc('request_context', {}, { get: true }));
    expect(context).toMatchObject({ method: 'GET', read_only: 'on', jwt: { sub: ann.id } });
  });

  test('shows an anonymous request nothing of the user before it', async () => {
    for (let round = 0; round < 30; round++) {
      const [user, nobody] = await Promise.all([
        ann.client.rpc('request_context'),
        anonymous.rpc('request_context'),
      ]);
      expect(dataOf(user).uid).toBe(ann.id);
      const context = dataOf(nobody);
      expect(context).toMatchObject({ role: 'anon', uid: null });
      expect(context.jwt?.sub).toBeUndefined();
    }
  });

  test('runs a request with the secret key as service_role', async () => {
    expect(dataOf(await service.rpc('request_context'))).toMatchObject({ role: 'service_role', uid: null });
  });

  test('connects as a role that is no superuser and cannot become postgres', async () => {
    const { login } = dataOf(await ann.client.rpc('request_context'));
    const [role] = await sql`
      select rolsuper, rolbypassrls, pg_has_role(rolname, 'postgres', 'set') as may_be_postgres
      from pg_roles where rolname = ${login}
    `;
    expect(role).toEqual({ rolsuper: false, rolbypassrls: false, may_be_postgres: false });
  });
});
