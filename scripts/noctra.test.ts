import { afterEach, expect, it, vi } from 'vitest';
import { CommandError } from './command.ts';
import { runningForApps, runningTarget } from './noctra.ts';

afterEach(() => vi.unstubAllEnvs());

it.each([
  ['NOCTRA_URL', 'https://example.com', 'NOCTRA_SECRET_KEY'],
  ['NOCTRA_SECRET_KEY', 'sb_secret_example', 'NOCTRA_URL'],
])('refuses to administer the local Noctra when only %s is set', async (given, value, missing) => {
  vi.stubEnv(missing, undefined);
  vi.stubEnv(given, value);
  await expect(runningTarget()).rejects.toThrow(CommandError);
  await expect(runningTarget()).rejects.toThrow(`${missing} is not set`);
});

it('refuses to serve an app of the local Noctra when only NOCTRA_URL is set', async () => {
  vi.stubEnv('NOCTRA_PUBLISHABLE_KEY', undefined);
  vi.stubEnv('NOCTRA_URL', 'https://example.com');
  await expect(runningForApps()).rejects.toThrow('NOCTRA_PUBLISHABLE_KEY is not set');
});
