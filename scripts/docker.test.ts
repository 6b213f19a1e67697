import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'smol-toml';
import { expect, it, onTestFinished } from 'vitest';
import { CommandError } from './command.ts';
import { environmentOfStatus, liftLimits } from './docker.ts';
import { root } from './noctra.ts';

/** As the CLI's documentation shows it. */
const status = {
  ANON_KEY: 'an.older.key',
  API_URL: 'http://127.0.0.1:54321',
  DB_URL: 'postgresql://postgres:postgres@127.0.0.1:54322/postgres',
  FUNCTIONS_URL: 'http://127.0.0.1:54321/functions/v1',
  JWT_SECRET: 'a-secret-of-the-local-stack-and-of-no-other',
  MAILPIT_URL: 'http://127.0.0.1:54324',
  PUBLISHABLE_KEY: 'sb_publishable_example',
  SECRET_KEY: 'sb_secret_example',
  SERVICE_ROLE_KEY: 'another.older.key',
  STUDIO_URL: 'http://127.0.0.1:54323',
};

it.each([
  ['alone', ''],
  ['after a sentence', 'Stopped services: [supabase_imgproxy_noctra]\n'],
])('reads the status of the official stack, %s', (_, before) => {
  expect(environmentOfStatus(before + JSON.stringify(status, null, 2))).toEqual({
    NOCTRA_URL: 'http://127.0.0.1:54321',
    NOCTRA_PUBLISHABLE_KEY: 'sb_publishable_example',
    NOCTRA_SECRET_KEY: 'sb_secret_example',
    NOCTRA_DB_URL: 'postgresql://postgres:postgres@127.0.0.1:54322/postgres',
    NOCTRA_MAIL_URL: 'http://127.0.0.1:54324',
  });
});

it.each([
  ['an empty status', '', 'not the status'],
  ['the status of a stack without keys', JSON.stringify({ ...status, SECRET_KEY: '' }), 'no SECRET_KEY'],
  ['the status of a stack without Auth', JSON.stringify({ API_URL: status.API_URL }), 'no PUBLISHABLE_KEY'],
])('refuses %s with a sentence that says why', (_, output, words) => {
  expect(() => environmentOfStatus(output)).toThrow(CommandError);
  expect(() => environmentOfStatus(output)).toThrow(words);
});

it('raises every rate limit of Auth in config.toml and keeps the rest', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-docker-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'config.toml');
  fs.copyFileSync(path.join(root, 'supabase/config.toml'), file);
  const read = () => parse(fs.readFileSync(file, 'utf8')) as { auth: { rate_limit: Record<string, number> } };
  const before = read();
  liftLimits(file);
  const { rate_limit, ...auth } = read().auth;
  expect({ ...read(), auth }).toEqual({ ...before, auth: { ...before.auth, rate_limit: undefined } });
  expect(Object.keys(rate_limit)).toEqual(
    expect.arrayContaining(['sign_in_sign_ups', 'token_refresh', 'token_verifications', 'email_sent']),
  );
  expect(Math.min(...Object.values(rate_limit))).toBeGreaterThan(100_000);
});
