import { beforeAll, describe, expect, it } from 'vitest';
import { newPerson, type Person } from '../kit/people.ts';
import { rest, send } from './raw.ts';

let eve: Person;

beforeAll(async () => {
  eve = await newPerson();
});

describe('the Data API', () => {
  it.each([
    'private',
    'auth',
    'storage',
    'extensions',
    'pg_catalog',
    'information_schema',
    'graphql_public',
    'realtime',
  ])('does not expose the schema %s', async (schema) => {
    for (const [path, call] of [
      ['unused_files', { headers: { 'Accept-Profile': schema } }],
      ['users', { headers: { 'Accept-Profile': schema } }],
      ['rpc/has_role', { json: { minimum: 'user' }, headers: { 'Content-Profile': schema } }],
    ] as const) {
      const answer = await rest(eve, path, call);
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([406, 'PGRST106']);
    }
  });

  it('does not show plans of queries', async () => {
    for (const format of [
      'application/vnd.pgrst.plan',
      'application/vnd.pgrst.plan+json; options=analyze|verbose',
    ]) {
      const answer = await rest(eve, 'posts', { headers: { Accept: format } });
      expect(answer.text).not.toMatch(/Seq Scan|Index Scan|Node Type|cost=/);
    }
  });

  it.each(['/graphql/v1', '/rest/v1/rpc/graphql'])('has no GraphQL at %s', async (path) => {
    const query =
      '{ postsCollection { edges { node { caption } } } privateProfilesCollection { edges { node { id } } } }';
    const answer = await send(eve, path, { json: { query } });
    expect(answer.status).toBeLessThan(500);
    expect(answer.text).not.toContain('"edges"');
  });

  it('describes nothing that is not exposed', async () => {
    for (const person of [eve, null]) {
      const { status, text } = await rest(person, '');
      expect(status).toBeLessThan(500);
      expect(text).not.toMatch(
        /unused_files|idempotency_keys|rate_counters|encrypted_password|postgres(ql)?:\/\//,
      );
    }
  });

  it.each([
    ['posts', 'id'],
    ['profiles', 'id'],
    ['private_profiles', 'id'],
    ['post_media', 'id'],
    ['post_tags', 'post_id'],
    ['post_mentions', 'post_id'],
    ['rate_limits', 'action'],
    ['audit_log', 'id'],
  ])('refuses to read or write %s without a token', async (table, column) => {
    const json = { [column]: null };
    for (const call of [{}, { json }, { method: 'PATCH', json }, { method: 'DELETE' }]) {
      const answer = await rest(null, `${table}?${column}=not.is.null`, call);
      expect([call, answer.status, JSON.parse(answer.text).code]).toEqual([call, 401, '42501']);
    }
  });

  it('refuses to call a function without a token', async () => {
    for (const [name, json] of Object.entries({
      limits: {},
      list_posts: {},
      create_post: { caption: 'x' },
      extract_mentions: { caption: '@x' },
      delete_account: {},
      username_available: { username: 'x' },
      begin_sign_in: { identifier: 'x' },
    }))
      expect([name, (await rest(null, `rpc/${name}`, { json })).status]).toEqual([name, 401]);
  });
});
