import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FunctionLimits, hostedLimits, startFunctions } from '../../src/functions/index.ts';
import { type Keys, loadKeys } from '../../src/keys.ts';
import { readProject } from '../../src/project.ts';

const template = fileURLToPath(new URL('./project', import.meta.url));

/** The functions of a copy of the small project, served on a port of their own, without the rest of a stack. */
export interface Serving {
  /** Where the server is; a function's address is `<url>/functions/v1/<name>`. */
  url: string;
  keys: Keys;
  /** The project's folder. */
  folder: string;
  /** What a person at the terminal would have read. */
  printed: string[];
  /** Writes a file under `supabase/functions`, the way editors do: beside it, then in its place. */
  write(file: string, text: string): void;
  /** The functions' log so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Serves functions; `change` is called with the copied folder before they start. */
export async function serveFunctions(
  options: { limits?: Partial<FunctionLimits>; envFile?: string; change?(folder: string): void } = {},
): Promise<Serving> {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'stack-functions-')));
  fs.cpSync(template, folder, { recursive: true });
  options.change?.(folder);
  const project = readProject(folder);
  fs.mkdirSync(path.join(project.state, 'logs'), { recursive: true });
  const keys = await loadKeys(project.state);
  const printed: string[] = [];
  const functions = await startFunctions({
    project,
    keys,
    environment: { SUPABASE_URL: 'http://127.0.0.1', SB_REGION: 'local' },
    envFile: options.envFile,
    limits: { ...hostedLimits, ...options.limits },
    print: (text) => printed.push(text),
  });
  const server = createServer(
    { maxHeaderSize: 128 * 1024, shouldUpgradeCallback: ({ url }) => functions.serves(url) },
    functions.serve,
  );
  server.on('upgrade', functions.upgrade);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    folder,
    printed,
    write(file, text) {
      const place = path.join(folder, 'supabase', 'functions', file);
      fs.mkdirSync(path.dirname(place), { recursive: true });
      fs.writeFileSync(`${place}.tmp`, text);
      fs.renameSync(`${place}.tmp`, place);
    },
    log: () => fs.readFileSync(path.join(folder, '.stack', 'logs', 'functions.log'), 'utf8'),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      await functions.stop();
      server.closeAllConnections();
      await closed;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
