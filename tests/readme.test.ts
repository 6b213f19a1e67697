import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { settings } from './settings.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const photo = path.join(root, 'tests/fixtures/media/photo.jpg');
const run = promisify(execFile);
const hasShell = process.platform !== 'win32';

describe('the README', () => {
  it.skipIf(!hasShell)(
    'makes a post by curl with the commands as they stand, and the picture loads byte for byte',
    async () => {
      const block =
        /```sh\n(API=[\s\S]*?)```/.exec(fs.readFileSync(path.join(root, 'README.md'), 'utf8'))?.[1] ?? '';
      const unique = randomBytes(4).toString('hex');
      // Only what a reader would change: the host, and names that are not taken yet.
      const script = block
        .replace('http://127.0.0.1:54321/api', `${settings.url}/functions/v1/api`)
        .replace(/\b(ann|user1|user2)\b/g, `$1_${unique}`);
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'readme-'));
      try {
        fs.copyFileSync(photo, path.join(folder, 'photo.jpg'));
        const { stdout } = await run('sh', ['-c', `${script}\nprintf '\\n%s' "$TOKEN"`], {
          cwd: folder,
          maxBuffer: 1 << 24,
        });
        const answers = stdout.replaceAll('}{', '}\n{').replaceAll('}[', '}\n[').split('\n');
        const token = answers.at(-1) ?? '';
        const post = answers.map(parse).find((answer) => answer?.caption);
        expect(post).toMatchObject({
          caption: `Check out this #amazing post with @user1_${unique} and @user2_${unique}!`,
          owner: { username: `ann_${unique}` },
          tags: [{ name: 'amazing' }],
          media: [{ file_type: 'image', mime_type: 'image/jpeg' }],
        });
        const mentioned = (post.mentions as { username: string }[]).map((mention) => mention.username);
        expect(mentioned.sort()).toEqual([`user1_${unique}`, `user2_${unique}`]);
        const picture = await fetch(post.media[0].url);
        expect(Buffer.from(await picture.arrayBuffer()).equals(fs.readFileSync(photo))).toBe(true);
        const page = await fetch(`${settings.url}/functions/v1/api/posts/`, {
          headers: { authorization: `Bearer ${token}` },
        });
        expect((await page.json()).map(({ id }: { id: string }) => id)).toContain(post.id);
      } finally {
        fs.rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});

// biome-ignore lint/suspicious/noExplicitAny: the shape is what the test looks at.
function parse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
