import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { dataOf, type Person, signInAgain, signUp } from './asking.ts';

/** The code of six digits that an authenticator app shows now: RFC 6238 with SHA-1 and 30 seconds. */
function totp(secret: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replace(/=+$/, '')].map((letter) =>
    alphabet.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const key = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

/** Gives somebody an authenticator app, and says its secret. */
async function enroll({ client }: Person) {
  const factor = dataOf(await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'phone' }));
  dataOf(await client.auth.mfa.challengeAndVerify({ factorId: factor.id, code: totp(factor.totp.secret) }));
  return factor;
}

describe('a second factor', () => {
  test('is none at first', async () => {
    const { client } = await signUp();
    expect(dataOf(await client.auth.mfa.listFactors())).toMatchObject({ all: [], totp: [] });
    expect(dataOf(await client.auth.mfa.getAuthenticatorAssuranceLevel())).toMatchObject({
      currentLevel: 'aal1',
      nextLevel: 'aal1',
    });
  });

  test('is an app whose code is asked for', async () => {
    const ann = await signUp();
    const factor = await enroll(ann);
    expect(factor).toMatchObject({ type: 'totp', friendly_name: 'phone' });
    expect(factor.totp.uri).toMatch(/^otpauth:\/\/totp\//);
    expect(dataOf(await ann.client.auth.getClaims()).claims).toMatchObject({ aal: 'aal2' });

    const again = await signInAgain(ann);
    expect(dataOf(await again.client.auth.mfa.getAuthenticatorAssuranceLevel())).toMatchObject({
      currentLevel: 'aal1',
      nextLevel: 'aal2',
    });
    const wrong = totp(factor.totp.secret) === '000000' ? '000001' : '000000';
    const refused = await again.client.auth.mfa.challengeAndVerify({ factorId: factor.id, code: wrong });
    expect(refused.error).toMatchObject({ status: 422, code: 'mfa_verification_failed' });
  });

  test('is taken away again', async () => {
    const ann = await signUp();
    const { id } = await enroll(ann);
    expect((await ann.client.auth.mfa.unenroll({ factorId: id })).error).toBeNull();
    expect(dataOf(await ann.client.auth.mfa.listFactors()).all).toEqual([]);
  });
});
