import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { createNoctra } from '../sdk/src/index.ts';
import { openDatabase } from './kit/database.ts';
import { codeBlocks, runExample } from './kit/documents.ts';
import { load } from './kit/files.ts';
import { newPerson, secretClient } from './kit/people.ts';
import { settings } from './kit/settings.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const photo = path.join(root, 'tests/kit/media/photo.jpg');
const execute = promisify(execFile);
// The commands are for a POSIX shell with curl.
const hasShell = process.platform !== 'win32';

/** The code blocks of a page in one language, in order. */
const blocks = (page: string, language: string) =>
  codeBlocks(fs.readFileSync(path.join(root, page), 'utf8'), language);

/** Changes what a reader would change: the address, and user names that are taken. */
function personalise(text: string, unique: string): string {
  return text
    .replaceAll('http://127.0.0.1:54321/api', `${settings.url}/functions/v1/api`)
    .replaceAll('http://127.0.0.1:54321', settings.url)
    .replace(/\b(ann|kai|user1|user2|boss)\b/g, `$1_${unique}`);
}

interface Answer {
  id: string;
  caption?: string;
  type?: string;
  [field: string]: unknown;
}

/** Runs a script in a folder with a photo; returns its output, and all JSON in it. */
async function runShell(script: string): Promise<{ answers: (Answer | Answer[])[]; stdout: string }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'docs-'));
  try {
    fs.copyFileSync(photo, path.join(folder, 'photo.jpg'));
    const { stdout } = await execute('sh', ['-ec', script], { cwd: folder, maxBuffer: 1 << 26 });
    const separated = stdout.replace(/([}\]])(?=[{[]"?)/g, '$1\n').split('\n');
    const answers = separated.flatMap((line) => (/^[{[]/.test(line) ? [JSON.parse(line)] : []));
    return { answers, stdout };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function refusals(answers: (Answer | Answer[])[]): unknown[] {
  return answers.filter((answer) => !Array.isArray(answer) && answer.type === 'about:blank');
}

describe.skipIf(!hasShell)('the commands in the documents', () => {
  it('in the README publish a post, whose picture loads, and notify its author', async () => {
    const unique = randomBytes(4).toString('hex');
    const script = blocks('README.md', 'sh')
      .filter((block) => /^(API|USER1)=/.test(block))
      .join('\n');
    const { answers } = await runShell(personalise(script, unique));
    expect(refusals(answers)).toEqual([]);
    const post = answers.find((answer) => !Array.isArray(answer) && answer.caption) as Answer;
    expect(post).toMatchObject({
      caption: `Check out this #amazing post with @user1_${unique} and @user2_${unique}!`,
      owner: { username: `ann_${unique}` },
      tags: [{ name: 'amazing' }],
      media: [{ file_type: 'image', mime_type: 'image/jpeg' }],
    });
    const mentioned = (post.mentions as { username: string }[]).map(({ username }) => username);
    expect(mentioned.sort()).toEqual([`user1_${unique}`, `user2_${unique}`]);
    const [media] = post.media as { url: string }[];
    const picture = await load(media?.url);
    expect(Buffer.from(picture.subarray(0, 2)).toString('hex')).toBe('ffd8');
    const [page = [], feed = [], notified = []] = answers.filter((answer) => Array.isArray(answer));
    // Of all posts: other tests may publish more than a page of them meanwhile.
    expect(page).not.toEqual([]);
    expect(feed.map(({ id }) => id)).toEqual([post.id]);
    expect(answers).toContainEqual({ state: 'accepted' });
    expect(notified.map(({ kind }) => kind).sort()).toEqual(['comment', 'follow', 'like']);
  });

  it('in docs/http.md all succeed', async () => {
    const unique = randomBytes(4).toString('hex');
    const moderator = await newPerson();
    await secretClient().rpc('set_role', { profile_id: moderator.id, role: 'moderator' }).throwOnError();
    const script = blocks('docs/http.md', 'sh').join('\n');
    const filledIn = personalise(script, unique).replace(/^MODERATOR=.*$/m, `MODERATOR=${moderator.token}`);
    const { answers, stdout } = await runShell(filledIn);
    expect(refusals(answers), stdout).toEqual([]);
    // Each curl prints an answer, except for the upload to Storage, what a variable takes, and most deletions.
    expect(answers.length).toBeGreaterThanOrEqual(50);
    const edited = answers.findLast(
      (answer) => !Array.isArray(answer) && answer.caption === 'Look at this #sunrise',
    );
    expect(edited).toMatchObject({ tags: [{ name: 'morning' }, { name: 'sunrise' }] });
  });

  it('in docs/admin.md make an administrator, and promote an existing user', async () => {
    const unique = randomBytes(4).toString('hex');
    const [command = ''] = blocks('docs/admin.md', 'sh');
    const script = personalise(command, unique).replace(
      'npm run create-admin --',
      `"${process.execPath}" scripts/create-admin.ts`,
    );
    const env = { ...process.env, NOCTRA_URL: settings.url, NOCTRA_SECRET_KEY: settings.secretKey };
    for (let time = 0; time < 2; time++) {
      const { stdout } = await execute('sh', ['-ec', script], { cwd: root, env });
      expect(stdout).toContain('is an administrator now');
    }
    const noctra = createNoctra(settings.url, settings.publishableKey, { auth: { persistSession: false } });
    await noctra.auth.signIn({ username: `boss_${unique}`, password: 'a long password' });
    expect((await noctra.profiles.me()).data).toMatchObject({ role: 'admin' });
  });
});

describe('the SQL in docs/admin.md', () => {
  const sql = openDatabase({ max: 1 });

  const statements = blocks('docs/admin.md', 'sql')
    .flatMap((block) => block.split(/;\n/))
    .map((statement) => statement.trim())
    .filter(Boolean);

  it.each(statements)('runs: %s', async (statement) => {
    const rollback = new Error('rollback');
    const work = sql.begin(async (transaction) => {
      await transaction.unsafe(statement);
      throw rollback;
    });
    await expect(work).rejects.toBe(rollback);
  });
});

describe('the TypeScript in the README', () => {
  const unique = randomBytes(4).toString('hex');
  const username = `ann_${unique}`;

  beforeAll(async () => {
    const noctra = createNoctra(settings.url, settings.publishableKey, { auth: { persistSession: false } });
    for (const name of [username, `user1_${unique}`, `user2_${unique}`]) {
      const registered = await noctra.auth.register({
        username: name,
        email: `${name}@example.com`,
        password: 'a long password',
      });
      expect(registered.error).toBeNull();
    }
  });

  it.each(blocks('README.md', 'ts'))('publishes a post: block %#', async (block) => {
    const { post, error } = await runExample(personalise(block, unique), ['post', 'error']);
    expect(error ?? null).toBeNull();
    expect(post).toMatchObject({
      caption: `Check out this #amazing post with @user1_${unique} and @user2_${unique}!`,
    });
  });
});
