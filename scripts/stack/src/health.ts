import postgres from 'postgres';
import { errorMessage } from './errors.ts';
import { listFunctions } from './functions/definitions.ts';
import type { Keys } from './keys.ts';
import type { Project } from './project.ts';
import type { Run } from './run.ts';

/** The state of each part of a running stack: `ok`, or what is wrong. */
export type Health = Record<string, string>;

/** A part that takes longer counts as not well. The studio is loaded for the first request. */
const patienceMs = 15_000;

/** Asks every part as its clients do, without changing anything. */
export async function checkHealth(project: Project, run: Run, keys: Keys): Promise<Health> {
  const headers = { apikey: keys.secretKey };
  const gateway = (path: string, method = 'GET') => askHttp(run.url + path, { method, headers });
  const parts: Record<string, Promise<string>> = {
    database: askDatabase(run.databaseUrl),
    'data api': gateway('/rest/v1/', 'HEAD'),
    auth: gateway('/auth/v1/health'),
    storage: gateway('/storage/v1/bucket'),
    ...(project.config.realtime.enabled ? { realtime: gateway('/realtime/v1/api/ping') } : {}),
    mailbox: askHttp(run.mailboxUrl),
    ...(run.studioUrl ? { studio: askHttp(run.studioUrl) } : {}),
  };
  // OPTIONS is safe by HTTP's rules. Any answer means that the function runs.
  for (const { name } of listFunctions(project, () => {}))
    parts[`function ${name}`] = gateway(`/functions/v1/${name}`, 'OPTIONS');
  const answers = await Promise.all(Object.entries(parts).map(async ([name, part]) => [name, await part]));
  return Object.fromEntries(answers) as Health;
}

async function askHttp(url: string, init: RequestInit = {}): Promise<string> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) });
    await response.body?.cancel();
    return response.status < 500 ? 'ok' : `answers ${response.status}`;
  } catch (error) {
    return `does not answer (${errorMessage(error)})`;
  }
}

async function askDatabase(url: string): Promise<string> {
  const sql = postgres(url, { max: 1, connect_timeout: patienceMs / 1000, onnotice: () => {} });
  try {
    await sql`select 1`;
    return 'ok';
  } catch (error) {
    return `does not answer (${errorMessage(error)})`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
