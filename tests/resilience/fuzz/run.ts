import fc from 'fast-check';
import { asCurl } from './curl.ts';
import type { Cast } from './fuzz-cast.ts';
import type { OwnNoctra } from './fuzz-stack.ts';
import type { Judge } from './promises.ts';
import type { FuzzRequest } from './requests.ts';
import { send } from './send.ts';

/** The result of a run. */
export interface Report {
  /** How often each operation returned each status; 0 counts cut connections, HEAD and OPTIONS. */
  statuses: Map<string, Map<number, number>>;
  /** Each defect once, with the request as a shell command. */
  findings: string[];
}

/** Concurrent requests: more than the API has database connections. */
const width = 24;

/** More findings than this are usually the same defect. */
const mostFindings = 12;

/** Sends requests to every operation in turn. The same seed makes the same requests, except for ids and tokens. */
export async function fuzz(
  noctra: OwnNoctra,
  cast: Cast,
  requests: ReadonlyMap<string, fc.Arbitrary<FuzzRequest>>,
  judge: Judge,
  { from, until, seed }: { from: number; until: number; seed: number },
): Promise<Report> {
  const statuses = new Map([...requests.keys()].map((name) => [name, new Map<number, number>()]));
  const findings = new Map<string, string>();
  const operations = [...requests.values()];
  let next = from;

  async function one(at: number): Promise<void> {
    const [request] = fc.sample(operations[at % operations.length] as fc.Arbitrary<FuzzRequest>, {
      seed: seed + at,
      numRuns: 1,
    });
    if (!request) return;
    const { status, verdict } = await attempt(request);
    const counts = statuses.get(request.operation);
    counts?.set(status, (counts.get(status) ?? 0) + 1);
    const key = `${request.operation} ${status} ${verdict.slice(0, 80)}`;
    if (!verdict || findings.has(key) || findings.size >= mostFindings) return;
    const command = asCurl(noctra.url, request, cast.names);
    findings.set(key, `${request.operation}, request ${at} of seed ${seed}: ${verdict}\n${command}\n`);
  }

  async function attempt(request: FuzzRequest): Promise<{ status: number; verdict: string }> {
    try {
      const answer = await send(noctra.url, request);
      if (!answer) return { status: 0, verdict: '' };
      await cast.takeNote(request, answer);
      // HEAD and OPTIONS do not count as use of an operation.
      const isUse = !['HEAD', 'OPTIONS'].includes(request.method);
      return { status: isUse ? answer.status : 0, verdict: judge(request, answer) };
    } catch (error) {
      return { status: 0, verdict: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  }

  const work = async () => {
    while (next < until) await one(next++);
  };
  await Promise.all(Array.from({ length: width }, work));
  return { statuses, findings: [...findings.values()] };
}
