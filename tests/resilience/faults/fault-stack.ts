import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  type Command,
  familyOf,
  type Process,
  run,
  runBehind,
  statusOf,
  survivors,
  until,
} from 'embedded-supabase/testing';
import postgres, { type Sql } from 'postgres';
import { root } from '../../../scripts/noctra.ts';
import { type Client, newPerson, type Person, secretClient } from '../../kit/people.ts';

/** A Noctra in its own process, with its own data. It keeps its ports after a restart. */
export interface Noctra {
  url: string;
  publishableKey: string;
  secretKey: string;
  databaseUrl: string;
  state: string;
  /** The process of the stack. */
  command: Command;
  /** A connection as the owner of the database; reconnects after a fault. */
  sql: Sql;
  /** A client that bypasses row-level security. */
  admin: Client;
  people: Person[];
  /** Starts it again. */
  start(): Promise<void>;
  /** Stops it with SIGTERM. */
  stop(): Promise<void>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/** Starts a Noctra with three users. `state` and `prefix` let it run on a disk of its own. */
export async function startNoctra(
  state = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-faults-')),
  prefix: readonly string[] = [],
): Promise<Noctra> {
  const own = ['--state', state];
  const begin = async (...ports: string[]) => {
    const command = runBehind(prefix, root, 'start', ...own, ...ports);
    await command.ready;
    return command;
  };
  const command = await begin('--port', '0');
  const address = ['url', 'databaseUrl', 'studioUrl', 'mailboxUrl'] as const;
  const printed = (name: string) => new RegExp(`${name}: (\\S+)`).exec(command.output())?.[1] ?? '';
  const status = prefix.length
    ? {
        url: printed('Project URL'),
        databaseUrl: printed('Database'),
        studioUrl: printed('Studio'),
        mailboxUrl: printed('Mailbox'),
        publishableKey: printed('Publishable key'),
        secretKey: printed('Secret key'),
      }
    : await statusOf(root, ...own);
  const options = ['--port', '--db-port', '--studio-port', '--mail-port'];
  const ports = address.flatMap((name, place) => [options[place] ?? '', new URL(status[name]).port]);
  const admin = secretClient(status);
  const sql = postgres(status.databaseUrl, { max: 2, backoff: () => 0.1, onnotice: () => {} });
  const noctra: Noctra = {
    ...status,
    state,
    command,
    sql,
    admin,
    people: [],
    async start() {
      noctra.command = await begin(...ports);
    },
    async stop() {
      noctra.command.child.kill('SIGTERM');
      await noctra.command.ended;
    },
    async remove() {
      await sql.end({ timeout: 1 });
      await noctra.stop();
      fs.rmSync(state, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
  // A load publishes more posts than a user may.
  const limits = await admin.from('rate_limits').update({ max_count: 1_000_000 }).neq('max_count', 0);
  if (limits.error) throw limits.error;
  for (let count = 0; count < 3; count++) noctra.people.push(await newPerson({}, status));
  return noctra;
}

/** The process of the stack and all its descendants. */
export function family(noctra: Noctra): Process[] {
  return familyOf(noctra.command.child.pid ?? 0);
}

/** The process of a Noctra whose command line matches. */
export function processOf(noctra: Noctra, command: RegExp): number {
  const found = family(noctra).find((one) => command.test(one.command));
  if (!found) throw new Error(`No process of this Noctra matches ${command}`);
  return found.pid;
}

/** Matches the command line of PostgreSQL's main process. */
export const postmaster = /postgres(\.exe)?"? -D /;

/** Expects the descendants of a killed process to end. */
export async function expectAllEnded(before: Process[]): Promise<void> {
  await until(() => survivors(before).length === 0, 'all descendants have ended');
}

/** Runs a command of the stack for this Noctra. */
export function command(noctra: Noctra, ...args: string[]): Command {
  return run(root, ...args, '--state', noctra.state);
}
