import type postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../../kit/database.ts';
import type { Document } from '../../kit/openapi.ts';
import { belongings } from '../../kit/owned.ts';
import { readCatalogue } from './catalogue.ts';
import { dataApiRequests } from './data-api.ts';
import type { OpenApi } from './document.ts';
import { type Cast, prepareCast } from './fuzz-cast.ts';
import { type OwnNoctra, startOwnNoctra } from './fuzz-stack.ts';
import { findBreaches } from './invariants.ts';
import { type Judge, judgeByDocument, judgeDataApi } from './promises.ts';
import { rawMessages, sendRaw } from './raw-http.ts';
import { requestsOf } from './requests.ts';
import { fuzz, type Report } from './run.ts';
import { createGenerators } from './schemas.ts';

// The same seed makes the same requests. CI sends more.
const total = Number(process.env.NOCTRA_FUZZ_REQUESTS ?? 4_500);
const seed = Number(process.env.NOCTRA_FUZZ_SEED ?? 20_261_122);
/** The share of requests to the function; the others go to the Data API. */
const share = 0.6;
const timeout = 60_000 + total * 100;

let noctra: OwnNoctra;
let sql: postgres.Sql;
let cast: Cast;
let document: OpenApi & Document;
let before: string[][];

const belongingsOfAll = () => Promise.all(cast.bystanders.map((bystander) => belongings(sql, bystander)));

beforeAll(async () => {
  noctra = await startOwnNoctra();
  sql = connect({ url: noctra.databaseUrl, max: 2 });
  // The limits of a user would end the run; this Noctra is not shared.
  await sql`update public.rate_limits set max_count = 1000000`;
  cast = await prepareCast(noctra);
  document = await (await fetch(`${noctra.url}/api/openapi.json`)).json();
  before = await belongingsOfAll();
}, 120_000);

afterAll(async () => {
  await sql?.end();
  await noctra?.stop();
});

/** The operations without a successful answer in any report. */
function withoutSuccess(...reports: Report[]): string[] {
  const isGood = (counts: ReadonlyMap<number, number> | undefined) =>
    [...(counts?.keys() ?? [])].some((status) => status >= 200 && status < 300);
  const names = reports.flatMap(({ statuses }) => [...statuses.keys()]);
  return [...new Set(names)].filter((name) => !reports.some(({ statuses }) => isGood(statuses.get(name))));
}

/** Sends a third of the requests to warm up, then the rest. Expects no findings, and that the rest leaves no memory behind. */
async function fuzzTwice(
  requests: Parameters<typeof fuzz>[2],
  judge: Judge,
  from: number,
  until: number,
): Promise<[warmUp: Report, rest: Report]> {
  const middle = from + Math.ceil((until - from) / 3);
  const warmUp = await fuzz(noctra, cast, requests, judge, { from, until: middle, seed });
  const warm = await noctra.memory();
  const rest = await fuzz(noctra, cast, requests, judge, { from: middle, until, seed });
  const now = await noctra.memory();
  expect([...warmUp.findings, ...rest.findings].join('\n')).toBe('');
  // Sent mails stay in the mailbox: less than this for each request.
  expect(now.stackHeap - warm.stackHeap).toBeLessThan(10e6 + (until - middle) * 2_000);
  // At the limit of a function, 256 MiB, the stack would restart it and hide a leak.
  expect(now.functions).toBeLessThan(250e6);
  return [warmUp, rest];
}

it(
  'the function answers every request as its OpenAPI document says, and leaks no memory',
  async () => {
    const requests = requestsOf(document, createGenerators(document, cast.known), cast.callers);
    const [warmUp, rest] = await fuzzTwice(requests, judgeByDocument(document), 0, Math.ceil(total * share));
    const answered = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(
      [...rest.statuses]
        .filter(([, counts]) => counts.size > 0)
        .map(([name]) => name)
        .sort(),
    ).toEqual(answered.sort());
    // Only the mail has the code for this operation.
    expect(withoutSuccess(warmUp, rest)).toEqual(['confirmPasswordReset']);
  },
  timeout,
);

it(
  'the Data API answers every request with rows or an error code, and leaks no memory',
  async () => {
    const requests = dataApiRequests(
      await readCatalogue(sql),
      cast.callers,
      noctra.publishableKey,
      cast.known,
    );
    const reports = await fuzzTwice(requests, judgeDataApi, Math.ceil(total * share), total);
    const answered = new Set(
      reports.flatMap(({ statuses }) =>
        [...statuses].flatMap(([name, { size }]) => (size > 0 ? [name] : [])),
      ),
    );
    expect([...answered].sort()).toEqual([...requests.keys()].sort());
  },
  timeout,
);

it('the server never answers malformed HTTP with a 5xx', async () => {
  const token = cast.senders[0]?.token ?? '';
  const messages = rawMessages(token);
  const answers = await Promise.all(messages.map(([, message]) => sendRaw(noctra.url, message)));
  const faults = messages
    .filter((_, at) => answers[at]?.some((status) => status >= 500))
    .map(([name]) => name);
  expect(faults).toEqual([]);
  const me = await fetch(`${noctra.url}/api/userprofiles/me/`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(me.status).toBe(200);
});

it('a run leaves the data consistent and the rows of bystanders unchanged', async () => {
  expect(await findBreaches(sql)).toEqual({});
  expect(await belongingsOfAll()).toEqual(before);
});

it('Noctra prints nothing and its functions log no error during a run', () => {
  expect(noctra.complaints()).toBe('');
});
