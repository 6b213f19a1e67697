import { expect, test } from 'vitest';
import { readProject } from '../src/project.ts';
import { writeProject } from './written-project.ts';

const read = (config: string) => readProject(writeProject({ 'config.toml': config }));

test('a setting that is not served, or not known, is named where it is not the default', () => {
  const { notes } = read(`
[api]
max_row = 5
[db]
major_version = 15
[db.pooler]
enabled = true
[db.settings]
work_mem = "8MB"
[db.vault]
key = "a secret"
[auth.external.github]
enabled = true
client_id = "id"
secret = "env(NO_SUCH_SECRET)"
[auth.mfa.totp]
enroll_enabled = true
[auth.passkey]
enabled = false
[auth.webauthn]
rp_id = "localhost"
[auth.email.smtp]
enabled = true
host = "smtp.example.com"
port = 587
user = "user"
pass = "secret"
admin_email = "admin@example.com"
[auth.sms.test_otp]
4152127777 = "123456"
[storage.s3_protocol]
enabled = true
[studio]
openai_api_key = "env(NO_SUCH_KEY)"
[remotes.staging]
project_id = "abcdefghijklmnopqrst"
`);
  expect(notes).toEqual([
    'config.toml: api.max_row is no setting that is known',
    'config.toml: db.major_version = 15 is not served',
    'config.toml: db.pooler.enabled = true is not served',
    'config.toml: db.settings.work_mem = "8MB" is not served',
    'config.toml: db.vault.key = … is not served',
    'config.toml: auth.external.github.enabled = true is not served',
    'config.toml: auth.mfa.totp.enroll_enabled = true is not served',
    'config.toml: auth.webauthn.rp_id = "localhost" is not served',
    'config.toml: auth.email.smtp.enabled = true is not served',
    'config.toml: auth.sms.test_otp.4152127777 = … is not served',
  ]);
});

test('settings of other versions of the CLI count by their other names', () => {
  const { config, notes } = read(`
[inbucket]
port = 5000
[auth.email]
enabled = false
[auth.sms]
enabled = false
`);
  expect(notes).toEqual([]);
  expect(config.local_smtp.port).toBe(5000);
  expect(config.auth.email.enable_signup).toBe(false);
  const { config: both } = read('[inbucket]\nport = 5000\n[local_smtp]\nport = 6000\n');
  expect(both.local_smtp.port).toBe(6000);
});
