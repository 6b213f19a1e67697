// `npm run create-admin`: makes an administrator, or promotes an existing user.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { Database } from '../sdk/src/database.types.ts';
import { limits } from '../sdk/src/limits.ts';
import { CommandError, runMain } from './command.ts';
import { runningTarget } from './noctra.ts';

const help = `Makes an administrator of Noctra, or promotes a person who is there already.

Usage: npm run create-admin -- [--username <name>] [--email <address>] [--password <password>]

What is not given is asked for. Where the user name or the e-mail address has an account, that account is promoted and
its password stays. It speaks to the Noctra that NOCTRA_URL and NOCTRA_SECRET_KEY name, else to the local one that runs.
`;

type Client = SupabaseClient<Database>;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      username: { type: 'string' },
      email: { type: 'string' },
      password: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(help);
  const { url, secretKey } = await runningTarget();
  const client: Client = createClient<Database>(url, secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });

  const username = values.username ?? (await ask('User name: '));
  if (
    !/^\w+$/.test(username) ||
    username.length < limits.username_min ||
    username.length > limits.username_max
  ) {
    const length = `${limits.username_min} to ${limits.username_max}`;
    throw new CommandError(
      `"${username}" is no user name.`,
      `Give ${length} of the characters A-Z a-z 0-9 _.`,
    );
  }
  const known = await findByUsername(client, username);
  if (known) return promote(client, known, username);
  const email = values.email ?? (await ask('E-mail address: '));
  const password = values.password ?? (await ask('Password: ', { hidden: true }));
  const { data, error } = await client.auth.admin.createUser({
    email,
    password,
    // The holder of the secret key vouches for the address.
    email_confirm: true,
    user_metadata: { username },
  });
  if (error?.code === 'email_exists') return promote(client, await findByEmail(client, email), email);
  if (error)
    throw new CommandError(
      `The account could not be made: ${error.message}`,
      'Correct what it says and try again.',
    );
  await promote(client, data.user.id, username);
}

async function findByUsername(client: Client, username: string): Promise<string | null> {
  const { data, error } = await client.from('profiles').select('id').eq('username', username).maybeSingle();
  if (error) throw unreachable(error.message);
  return data?.id ?? null;
}

/** Auth's admin API has no search by address: reads its pages. */
async function findByEmail(client: Client, email: string): Promise<string> {
  for (let page = 1; ; page++) {
    const { data, error } = await client.auth.admin.listUsers({ page, perPage: 1000 });
    if (error) throw unreachable(error.message);
    const user = data.users.find((candidate) => candidate.email === email.toLowerCase());
    if (user) return user.id;
    if (data.users.length < 1000)
      throw new CommandError(`${email} has an account that cannot be found.`, 'Promote it by its user name.');
  }
}

async function promote(client: Client, id: string, name: string): Promise<void> {
  const { data, error } = await client
    .from('profiles')
    .update({ role: 'admin' })
    .eq('id', id)
    .select('username')
    .single();
  if (error) throw unreachable(error.message);
  console.log(`${data.username} (${name === data.username ? id : name}) is an administrator now.`);
}

function unreachable(message: string): CommandError {
  return new CommandError(
    `Noctra refused: ${message}`,
    'See whether the URL and the secret key belong together.',
  );
}

async function ask(question: string, { hidden = false } = {}): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new CommandError(
      `${question.replace(/[ :]+$/, '')} is missing.`,
      'Give --username, --email and --password.',
    );
  }
  let muted = false;
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) process.stdout.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  const answer = lines.question(question);
  muted = hidden;
  const text = await answer;
  lines.close();
  if (hidden) process.stdout.write('\n');
  return text.trim();
}

runMain(main);
