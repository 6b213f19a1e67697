import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settings } from '../kit/settings.ts';
import { browserArguments, findBrowser } from './browser/find-browser.ts';
import { bundledSize } from './size.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const photo = join(root, 'tests/kit/media/photo.jpg');
const { devDependencies } = createRequire(import.meta.url)(join(root, 'package.json'));

/** A project of somebody else's, with nothing of this one but the package. */
let project: string;

/** npm, by the program that came with the Node that runs. */
async function npm(folder: string, ...args: string[]): Promise<void> {
  const isWindows = process.platform === 'win32';
  await run(isWindows ? 'npm.cmd' : 'npm', args, { cwd: folder, shell: isWindows, maxBuffer: 1 << 24 });
}

/** Runs a script of the project, and reads the JSON that it ends with. */
async function outcome(program: string, ...args: string[]): Promise<unknown> {
  const given = [settings.url, settings.publishableKey, photo];
  const { stdout } = await run(program, [...args, 'script.ts', ...given], { cwd: project });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** What the script gives; servers tell of each piece, browsers now and then. */
const expected = {
  caption: 'From a package #packed',
  sameBytes: true,
  total: 1,
  error: 'post_not_found',
};

beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'noctra-consumer-')));
  await npm(join(root, 'sdk'), 'pack', '--pack-destination', project);
  const [tarball] = (await readdir(project)).filter((name) => name.endsWith('.tgz'));
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const supabase = `@supabase/supabase-js@${devDependencies['@supabase/supabase-js']}`;
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await npm(project, 'install', ...quiet, `./${tarball}`, supabase);

  await cp(fileURLToPath(new URL('consumer', import.meta.url)), project, { recursive: true });
  await cp(fileURLToPath(new URL('types.test-d.ts', import.meta.url)), join(project, 'types.ts'));
  for (const name of ['use.ts', 'everything.ts', 'only-limits.ts', 'types.ts']) {
    const text = await readFile(join(project, name), 'utf8');
    // The same files serve here with the sources and there with the package.
    await writeFile(join(project, name), text.replace(/'[./]+\/sdk\/src\/index\.ts'/, "'@noctra/sdk'"));
  }
}, 180_000);

afterAll(() => rm(project, { recursive: true, force: true }));

describe('the package, installed', () => {
  test('holds what it says, and nothing else', async () => {
    const folder = join(project, 'node_modules/@noctra/sdk');
    const files = (await readdir(folder, { recursive: true })).filter((name) => name.includes('.')).sort();
    expect(files).toContain('README.md');
    expect(
      files.filter((name) => !/^(package\.json|README\.md|dist[\\/][\w.-]+\.(js|d\.ts))$/.test(name)),
    ).toEqual([]);
    const { dependencies, peerDependencies } = JSON.parse(
      await readFile(join(folder, 'package.json'), 'utf8'),
    );
    expect(dependencies).toBeUndefined();
    expect(Object.keys(peerDependencies)).toEqual(['@supabase/supabase-js']);
  });

  test('works in Node', async () => {
    expect(await outcome(process.execPath)).toEqual({ ...expected, steps: 64 });
  }, 60_000);

  test('works in Deno', async () => {
    const deno = createRequire(import.meta.url).resolve('deno/bin.cjs');
    const granted = ['--allow-net', '--allow-read', '--allow-env', '--allow-sys'];
    expect(await outcome(process.execPath, deno, 'run', '--quiet', '--no-prompt', ...granted)).toEqual({
      ...expected,
      steps: 64,
    });
  }, 120_000);

  test('has types that hold, for the consumer too', async () => {
    const compilerOptions = {
      target: 'es2022',
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      allowImportingTsExtensions: true,
      noEmit: true,
      // The assertions of the type tests are Vitest's, which the project has not installed.
      paths: { vitest: [join(root, 'node_modules/vitest/dist/index.d.ts')] },
      skipLibCheck: true,
    };
    const files = ['use.ts', 'page.ts', 'everything.ts', 'only-limits.ts', 'types.ts'];
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
    await run(process.execPath, [tsc, '-p', project]).catch(({ stdout }) => expect(stdout).toBe(''));
  }, 60_000);

  test('leaves out of a bundle what is not used, and takes less than 6 kB of it', async () => {
    const whole = await bundledSize(join(project, 'everything.ts'), ['@supabase/supabase-js']);
    console.log(`The SDK without supabase-js: ${whole.compressed} bytes, compressed.`);
    expect(whole.compressed).toBeLessThan(6000);
    expect((await bundledSize(join(project, 'only-limits.ts'), [])).compressed).toBeLessThan(512);
  }, 60_000);
});

const executablePath = findBrowser();

describe.skipIf(!executablePath)('the package, built by Vite', () => {
  let server: PreviewServer;
  let browser: Browser;
  beforeAll(async () => {
    const config = { root: project, configFile: false, logLevel: 'error' } as const;
    await build(config);
    server = await preview({ ...config, preview: { port: 0, host: '127.0.0.1' } });
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: browserArguments });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test('works in a browser', async () => {
    const page = await browser.newPage();
    await page.goto(server.resolvedUrls?.local[0] ?? '');
    const bytes = [...(await readFile(photo))];
    const result = await page.evaluate(
      ({ url, key, photo }) => window.use(url, key, new Uint8Array(photo).buffer),
      { url: settings.url, key: settings.publishableKey, photo: bytes },
    );
    expect(result).toEqual({ ...expected, steps: expect.any(Number) });
  }, 60_000);
});
