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
/** A picture without metadata: Noctra publishes it unchanged. */
const picture = join(root, 'tests/kit/media/picture.png');
const { devDependencies } = createRequire(import.meta.url)(join(root, 'package.json'));

/** The most that the SDK may add to an app, compressed: sdk/README.md says about how much it is. */
const maxBytes = 9000;

/** Another project, which has installed the package. */
let project: string;

/** The commands of a page that install the package. */
async function installCommands(page: string): Promise<string> {
  const text = await readFile(join(root, page), 'utf8');
  return /^npm pack [\s\S]*?(?=^```)/m.exec(text)?.[0] ?? '';
}

/** Runs the script of the project and reads the JSON at the end of its output. */
async function outcome(program: string, ...args: string[]): Promise<unknown> {
  const given = [settings.url, settings.publishableKey, picture];
  const { stdout } = await run(program, [...args, 'script.ts', ...given], { cwd: project });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** The result of the script. Servers report each chunk, browsers fewer. */
const expected = {
  caption: 'From a package #packed',
  sameBytes: true,
  total: 1,
  heard: 'Live',
  error: 'post_not_found',
};

beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'noctra-consumer-')));
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  // As the README says, but for the version of supabase-js: that of the other tests.
  const supabase = `@supabase/supabase-js@${devDependencies['@supabase/supabase-js']}`;
  const commands = (await installCommands('README.md')).replace('@supabase/supabase-js', supabase);
  const settingsOfNpm = Object.fromEntries(
    ['prefer_offline=true', 'audit=false', 'fund=false'].map((setting) => `npm_config_${setting}`.split('=')),
  );
  await run('sh', ['-ec', commands], {
    cwd: root,
    env: { ...process.env, ...settingsOfNpm, APP: project },
    maxBuffer: 1 << 24,
  });

  await cp(fileURLToPath(new URL('consumer', import.meta.url)), project, { recursive: true });
  await cp(fileURLToPath(new URL('types.test-d.ts', import.meta.url)), join(project, 'types.ts'));
  for (const name of ['use.ts', 'everything.ts', 'only-limits.ts', 'types.ts']) {
    const text = await readFile(join(project, name), 'utf8');
    // The same files use the sources here and the package there.
    await writeFile(join(project, name), text.replace(/'[./]+\/sdk\/src\/index\.ts'/, "'@noctra/sdk'"));
  }
}, 180_000);

afterAll(() => rm(project, { recursive: true, force: true }));

describe('the package, installed', () => {
  test('is installed by the same commands in both READMEs', async () => {
    expect(await installCommands('sdk/README.md')).toBe(await installCommands('README.md'));
  });

  test('contains only its package.json, its README and its build', async () => {
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

  test('has types that a consumer can check', async () => {
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
      // The type tests use Vitest, which the project has not installed.
      paths: { vitest: [join(root, 'node_modules/vitest/dist/index.d.ts')] },
      skipLibCheck: true,
    };
    const files = ['use.ts', 'page.ts', 'everything.ts', 'only-limits.ts', 'types.ts'];
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
    await run(process.execPath, [tsc, '-p', project]).catch(({ stdout }) => expect(stdout).toBe(''));
  }, 60_000);

  test(`adds less than ${maxBytes} bytes to a bundle, and nothing that is not used`, async () => {
    const whole = await bundledSize(join(project, 'everything.ts'), ['@supabase/supabase-js']);
    console.log(`The SDK without supabase-js: ${whole.compressed} bytes, compressed.`);
    expect(whole.compressed).toBeLessThan(maxBytes);
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
    const bytes = [...(await readFile(picture))];
    const result = await page.evaluate(
      ({ url, key, picture }) => window.use(url, key, new Uint8Array(picture).buffer),
      { url: settings.url, key: settings.publishableKey, picture: bytes },
    );
    expect(result).toEqual({ ...expected, steps: expect.any(Number) });
  }, 60_000);
});
