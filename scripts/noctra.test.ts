import { afterEach, expect, it, vi } from 'vitest';
import { CommandError } from './command.ts';
import { runningTarget } from './noctra.ts';

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
