import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, publish } from '../kit/api.ts';
import { openDatabase } from '../kit/database.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';
import { rest, send } from './raw.ts';

const sql = openDatabase();

let ann: Person;
let annsPost: string;

beforeAll(async () => {
  ann = await newPerson();
  annsPost = (await publish(ann, { is_public: false })).id;
});

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString());
const partsOf = (token: string) => token.split('.') as [string, string, string];

/** The claims of Ann's token, with changes. */
const claims = (changes: Record<string, unknown> = {}) => ({
  ...decode(partsOf(ann.token)[1]),
  ...{ exp: Math.floor(Date.now() / 1000) + 3600 },
  ...changes,
});

function hs256(header: Record<string, unknown>, payload: unknown, secret: string | Buffer): string {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function es256(header: Record<string, unknown>, payload: unknown): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = `${encode({ alg: 'ES256', typ: 'JWT', ...header })}.${encode(payload)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** The project's public key. */
async function publicKey(): Promise<{ kid: string; x: string }> {
  const { keys } = JSON.parse((await send(null, '/auth/v1/.well-known/jwks.json')).text);
  return keys[0] ?? { kid: 'none', x: '' };
}

describe('a forged token', () => {
  it.each<[what: string, forge: (key: { kid: string; x: string }) => string]>([
    ['without a signature', () => `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims())}.`],
    [
      'with alg none and a signature',
      () => `${encode({ alg: 'none' })}.${partsOf(ann.token).slice(1).join('.')}`,
    ],
    ['with alg nOnE', () => `${encode({ alg: 'nOnE' })}.${encode(claims({ role: 'service_role' }))}.`],
    [
      'with other claims under a true signature',
      () => {
        const [header, , signature] = partsOf(ann.token);
        return [header, encode(claims({ role: 'service_role' })), signature].join('.');
      },
    ],
    ['with its signature cut off', () => partsOf(ann.token).slice(0, 2).join('.')],
    ['signed by another key', ({ kid }) => es256({ kid }, claims({ role: 'service_role' }))],
    ['signed by a key in its own header', () => es256({ jwk: { kty: 'EC', crv: 'P-256' } }, claims())],
    [
      'signed by a key that its header links to',
      ({ kid }) => es256({ kid, jku: 'https://example.com/jwks.json' }, claims()),
    ],
    ['signed by a key in a file', () => hs256({ kid: '../../../../dev/null' }, claims(), '')],
    [
      'signed by a key from an SQL injection',
      () => hs256({ kid: "x' union select 'secret" }, claims(), 'secret'),
    ],
    [
      'signed by the publishable key',
      () => hs256({}, claims({ role: 'service_role' }), settings.publishableKey),
    ],
    [
      'signed by the public key as a shared secret',
      ({ kid, x }) => hs256({ kid }, claims({ role: 'service_role' }), Buffer.from(x, 'base64url')),
    ],
    ['signed by an empty secret', ({ kid }) => hs256({ kid }, claims({ role: 'service_role' }), '')],
    [
      'signed by the secret of Supabase’s manual',
      () =>
        hs256(
          {},
          claims({ role: 'service_role' }),
          'super-secret-jwt-token-with-at-least-32-characters-long',
        ),
    ],
    ['that is a list', () => `${encode([])}.${encode([])}.${encode([])}`],
    ['that is not base64', () => 'x.y.z'],
  ])('opens nothing: one %s', async (_what, forge) => {
    const token = forge(await publicKey());
    const answers = [
      await rest({ token }, 'posts'),
      await rest({ token }, 'rpc/create_post', { json: { caption: 'Forged' } }),
      await rest({ token }, 'rpc/begin_sign_in', { json: { identifier: ann.username } }),
      await send({ token }, '/auth/v1/user'),
      await send({ token }, '/auth/v1/admin/users'),
      await call('/posts/', { token }),
      await call('/userprofiles/me/', { token }),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => expect.toBeOneOf([401, 403])));
    const storage = [
      await send({ token }, '/storage/v1/object/list/post-media', { json: { prefix: ann.id } }),
      await send({ token }, `/storage/v1/object/post-media/${ann.id}/${crypto.randomUUID()}.jpg`, {
        body: 'x',
      }),
    ];
    // Storage answers 400 to a token that it cannot read.
    expect(storage.map(({ status }) => status)).toEqual(storage.map(() => expect.toBeOneOf([400, 401, 403])));
  });

  it.each([
    ['the secret role', { role: 'service_role' }],
    ['the dashboard', { role: 'postgres' }],
    ['the superuser', { role: 'supabase_admin' }],
    ['Auth', { role: 'supabase_auth_admin' }],
  ])('the role of %s does not come from a header', async (_who, forged) => {
    const headers = {
      ...{ role: forged.role, 'x-role': forged.role, 'request.jwt.claims': JSON.stringify(forged) },
      ...{ 'x-supabase-role': forged.role, 'x-client-info': "';set role postgres--" },
    };
    const answer = await rest(ann, 'rpc/has_role', { json: { minimum: 'user' }, headers });
    expect(answer.status).toBe(404);
    expect(JSON.parse((await rest(ann, 'audit_log', { headers })).text)).toEqual([]);
    expect((await rest(null, 'posts', { headers })).status).toBe(401);
  });
});

describe('a token', () => {
  it('is no key: in the header apikey it opens nothing', async () => {
    const answer = await send(null, '/rest/v1/posts', { headers: { apikey: ann.token } });
    expect(answer.text).not.toContain(annsPost);
    expect(answer.status).toBe(401);
  });

  it('opens nothing of the Data API without the publishable key', async () => {
    for (const apikey of ['', 'x', 'sb_publishable_x', 'sb_secret_x', `${settings.publishableKey}x`])
      expect((await rest(ann, 'posts', { headers: { apikey } })).status).toBe(401);
  });

  it('gives its user no role', async () => {
    const answer = await rest(ann, 'rpc/set_role', { json: { profile_id: ann.id, role: 'admin' } });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      403,
      expect.objectContaining({ hint: 'forbidden' }),
    ]);
  });
});

describe('the address of a client', () => {
  it('is not taken from headers that the client sends', async () => {
    const claimed = '203.0.113.77';
    const headers = {
      'x-forwarded-for': claimed,
      'cf-connecting-ip': claimed,
      'sb-forwarded-for': claimed,
      'x-real-ip': claimed,
      forwarded: `for=${claimed}`,
    };
    const username = `nobody_${crypto.randomUUID().slice(0, 8)}`;
    const answer = await call('/auth/token/', { json: { username, password: 'a wrong password' }, headers });
    expect(answer.status).toBe(401);
    const [counters] = await sql`
      select sum(count)::integer as count, count(*) filter (where subject = ${claimed})::integer as claimed
      from private.rate_counters where action = 'sign_in_address'`;
    expect(counters).toEqual({ count: expect.toSatisfy((count: number) => count > 0), claimed: 0 });
  });
});
