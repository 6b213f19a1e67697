import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'smol-toml';
import { expect, test } from 'vitest';
import { limits } from '../supabase/functions/api/limits.ts';
import { root } from './noctra.ts';

test('config.toml has the limits of the database', () => {
  const config = parse(fs.readFileSync(path.join(root, 'supabase', 'config.toml'), 'utf8'));
  expect(config).toMatchObject({
    auth: { minimum_password_length: limits.password_min },
    storage: { file_size_limit: `${limits.media_size / 1024 / 1024}MiB` },
  });
});
