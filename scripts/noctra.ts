import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRun, keysOf, type Project, type Run, readProject, startStack } from 'embedded-supabase';
import { CommandError } from './command.ts';

/** The folder of the project. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Addresses and keys of a Noctra, wherever it runs. */
export interface Target {
  url: string;
  publishableKey: string;
  secretKey: string;
  databaseUrl: string;
  /** The mailbox for mails of Auth; a hosted project has none. */
  mailUrl?: string | undefined;
}

/** The environment variables by which tests find their Noctra. */
export function environmentOf(target: Target): Record<string, string> {
  return {
    NOCTRA_URL: target.url,
    NOCTRA_PUBLISHABLE_KEY: target.publishableKey,
    NOCTRA_SECRET_KEY: target.secretKey,
    NOCTRA_DB_URL: target.databaseUrl,
    ...(target.mailUrl ? { NOCTRA_MAIL_URL: target.mailUrl } : {}),
  };
}

/** The Noctra that the environment names, or null. Only some of the variables is an error. */
export function targetFromEnvironment(): Target | null {
  const { NOCTRA_URL, NOCTRA_PUBLISHABLE_KEY, NOCTRA_SECRET_KEY, NOCTRA_DB_URL } = process.env;
  if (!NOCTRA_URL && !NOCTRA_PUBLISHABLE_KEY && !NOCTRA_SECRET_KEY && !NOCTRA_DB_URL) return null;
  if (!NOCTRA_URL || !NOCTRA_PUBLISHABLE_KEY || !NOCTRA_SECRET_KEY || !NOCTRA_DB_URL) {
    throw new Error(
      'To test a running Noctra, set NOCTRA_URL, NOCTRA_PUBLISHABLE_KEY, NOCTRA_SECRET_KEY and NOCTRA_DB_URL.',
    );
  }
  return {
    url: NOCTRA_URL,
    publishableKey: NOCTRA_PUBLISHABLE_KEY,
    secretKey: NOCTRA_SECRET_KEY,
    databaseUrl: NOCTRA_DB_URL,
    mailUrl: process.env.NOCTRA_MAIL_URL,
  };
}

/** The Noctra to administer: the one that NOCTRA_URL and NOCTRA_SECRET_KEY name, else the local one that runs. */
export const runningTarget = () => running('secretKey', 'NOCTRA_SECRET_KEY');

/** The Noctra for an app: the one that NOCTRA_URL and NOCTRA_PUBLISHABLE_KEY name, else the local one that runs. */
export const runningForApps = () => running('publishableKey', 'NOCTRA_PUBLISHABLE_KEY');

/** No such Noctra, and only one of the two variables, is a CommandError. */
async function running<Key extends 'secretKey' | 'publishableKey'>(
  key: Key,
  variable: string,
): Promise<Pick<Target, 'url' | Key>> {
  const { NOCTRA_URL: url, [variable]: value } = process.env;
  // With one of them forgotten, the local Noctra would be changed in place of the one that was meant.
  if (Boolean(url) !== Boolean(value)) {
    const missing = url ? variable : 'NOCTRA_URL';
    throw new CommandError(`${missing} is not set.`, `Set NOCTRA_URL and ${variable}, or neither.`);
  }
  if (url && value) return { url, [key]: value } as Pick<Target, 'url' | Key>;
  const project = readProject(root);
  const { url: local } = await localRun(project, `NOCTRA_URL and ${variable}`);
  return { url: local, [key]: (await keysOf(project))[key] } as Pick<Target, 'url' | Key>;
}

/** The database to administer, as its owner: the one that NOCTRA_DB_URL names, else the local one. None is a CommandError. */
export async function runningDatabase(): Promise<string> {
  return process.env.NOCTRA_DB_URL ?? (await localRun(readProject(root), 'NOCTRA_DB_URL')).databaseUrl;
}

async function localRun(project: Project, variables: string): Promise<Run> {
  const run = await findRun(project);
  if (run) return run;
  throw new CommandError('No Noctra runs here.', `Start it with \`npm start\`, or set ${variables}.`);
}

/** Runs `work` against the Noctra that the environment names, else against a temporary one. */
export async function withNoctra<T>(work: (target: Target) => Promise<T>): Promise<T> {
  const given = targetFromEnvironment();
  return given ? work(given) : withOwnNoctra(work);
}

/**
 * Runs `work` against a temporary Noctra on free ports. Its data are removed afterwards, also when
 * the work fails or is interrupted. A stack that runs already is not touched.
 */
export async function withOwnNoctra<T>(work: (target: Target) => Promise<T>): Promise<T> {
  console.log('Starting a temporary Noctra');
  const state = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-'));
  const removeState = () => fs.rmSync(state, { recursive: true, force: true });
  try {
    const project = withoutAuthLimits(readProject(root, state));
    const onStep = (step: string) => console.log(`  ${step}`);
    const stack = await startStack({ project, onStep });
    const interrupt = async (signal: NodeJS.Signals) => {
      await stack.stop();
      removeState();
      process.exit(signal === 'SIGINT' ? 130 : 143);
    };
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    try {
      const { url, databaseUrl, mailboxUrl } = stack.run;
      return await work({
        url,
        databaseUrl,
        mailUrl: mailboxUrl,
        publishableKey: stack.keys.publishableKey,
        secretKey: stack.keys.secretKey,
      });
    } finally {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      await stack.stop();
    }
  } finally {
    removeState();
  }
}

/** Raises Auth's rate limits: it counts by address, and all tests come from one. */
export function withoutAuthLimits(project: Project): Project {
  const { config } = project;
  const rate_limit = { ...config.auth.rate_limit, ...unlimited(config.auth.rate_limit) };
  return { ...project, config: { ...config, auth: { ...config.auth, rate_limit } } };
}

/** Rate limits so high that no test run reaches them. */
export function unlimited(limits: object): Record<string, number> {
  return Object.fromEntries(Object.keys(limits).map((name) => [name, 1_000_000]));
}
