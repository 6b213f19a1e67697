import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { codeBlocks } from '../kit/documents.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

/** What the examples use without declaring it. */
const given = `import type { Noctra, Post, UploadProgress } from '@noctra/sdk';
declare global {
  const noctra: Noctra;
  const post: Post & { media: [Post['media'][number]] };
  const [id, caption, email, token_hash]: string[] & [string, string, string, string];
  const photo: File, media: File[], input: { files: [File] };
  const bar: HTMLProgressElement, cancelButton: HTMLButtonElement;
  const on_progress: (progress: UploadProgress) => void;
}
`;

test('the examples of the README have no type errors', async () => {
  const readme = await readFile(join(root, 'sdk/README.md'), 'utf8');
  const examples = codeBlocks(readme, 'ts');
  expect(examples.length).toBeGreaterThan(15);
  const folder = await mkdtemp(join(tmpdir(), 'noctra-readme-'));
  try {
    await writeFile(join(folder, 'given.ts'), given);
    for (const [place, code] of examples.entries()) {
      // Each is a module: it may await.
      await writeFile(join(folder, `example-${place + 1}.ts`), `${code}export {};\n`);
    }
    const compilerOptions = {
      target: 'es2022',
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2023', 'dom', 'dom.iterable'],
      types: [],
      strict: true,
      allowImportingTsExtensions: true,
      noEmit: true,
      skipLibCheck: true,
      paths: { '@noctra/sdk': [join(root, 'sdk/src/index.ts')] },
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(
      (failure: { stdout: string }) => failure,
    );
    expect(stdout).toBe('');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
