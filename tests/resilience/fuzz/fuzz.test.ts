import type postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../../kit/database.ts';
import type { Document } from '../../kit/openapi.ts';
import { belongings } from '../../kit/owned.ts';
import { readCatalogue } from './catalogue.ts';
import { dataApiRequests } from './data-api.ts';
import type { OpenApi } from './document.ts';
import { findBreaches } from './invariants.ts';
import { type Memory, type OwnNoctra, startOwnNoctra } from './noctra.ts';
import { type Cast, prepareCast } from './people.ts';
import { judgeByDocument, judgeDataApi } from './promises.ts';
import { rawMessages, sendRaw } from './raw-http.ts';
import { requestsOf } from './requests.ts';
import { fuzz, type Report } from './run.ts';
import { createGenerators } from './schemas.ts';

// The same seed makes the same requests. CI sends more.
const total = Number(process.env.NOCTRA_FUZZ_REQUESTS ?? 1_500);
const seed = Number(process.env.NOCTRA_FUZZ_SEED ?? 20_261_122);
/** The share of the function; the other requests go to the Data API. */
const share = 0.6;
const patience = 60_000 + total * 100;

let noctra: OwnNoctra;
let sql: postgres.Sql;
let cast: Cast;
let document: OpenApi & Document;
let before: string[][];
let warm: Memory;

const belongingsOfAll = () => Promise.all(cast.bystanders.map((bystander) => belongings(sql, bystander)));

beforeAll(async () => {
  noctra = await startOwnNoctra();
  sql = connect({ url: noctra.databaseUrl, max: 2 });
  // No other test uses this Noctra.
  await sql`update public.rate_limits set max_count = 1000000`;
  cast = await prepareCast(noctra);
  document = await (await fetch(`${noctra.url}/api/openapi.json`)).json();
  before = await belongingsOfAll();
}, 120_000);

afterAll(async () => {
  await sql?.end();
  await noctra?.stop();
});

/** The operations that never succeeded. */
function neverWell(...reports: Report[]): string[] {
  const isGood = (counts: ReadonlyMap<number, number> | undefined) =>
    [...(counts?.keys() ?? [])].some((status) => status >= 200 && status < 300);
  const names = reports.flatMap(({ statuses }) => [...statuses.keys()]);
  return [...new Set(names)].filter((name) => !reports.some(({ statuses }) => isGood(statuses.get(name))));
}

it(
  'the function answers every request as its OpenAPI document says',
  async () => {
    const requests = requestsOf(document, createGenerators(document, cast.known), cast.callers);
    const judge = judgeByDocument(document);
    const until = Math.ceil(total * share);
    // The memory after the first part is what the work itself needs.
    const warmth = await fuzz(noctra, cast, requests, judge, { from: 0, until: Math.ceil(until / 3), seed });
    warm = await noctra.memory();
    const rest = await fuzz(noctra, cast, requests, judge, { from: Math.ceil(until / 3), until, seed });
    expect([...warmth.findings, ...rest.findings].join('\n')).toBe('');
    const answered = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(
      [...rest.statuses]
        .filter(([, counts]) => counts.size > 0)
        .map(([name]) => name)
        .sort(),
    ).toEqual(answered.sort());
    // This one needs the code of a mail. Every other operation succeeded at least once.
    expect(neverWell(warmth, rest)).toEqual(['confirmPasswordReset']);
  },
  patience,
);

it(
  'the Data API answers every request with rows, or with an error that has a code',
  async () => {
    const requests = dataApiRequests(
      await readCatalogue(sql),
      cast.callers,
      noctra.publishableKey,
      cast.known,
    );
    const report = await fuzz(noctra, cast, requests, judgeDataApi, {
      from: Math.ceil(total * share),
      until: total,
      seed,
    });
    expect(report.findings.join('\n')).toBe('');
    expect([...report.statuses].filter(([, counts]) => counts.size === 0)).toEqual([]);
  },
  patience,
);

it('broken HTTP never ends in a 5xx', async () => {
  const token = cast.senders[0]?.token ?? '';
  const messages = rawMessages(token);
  const answers = await Promise.all(messages.map(([, message]) => sendRaw(noctra.url, message)));
  const faults = messages
    .filter((_, at) => answers[at]?.some((status) => status >= 500))
    .map(([what]) => what);
  expect(faults).toEqual([]);
  const me = await fetch(`${noctra.url}/api/userprofiles/me/`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(me.status).toBe(200);
});

it('the data are consistent afterwards, and the rows of bystanders are unchanged', async () => {
  expect(await findBreaches(sql)).toEqual({});
  expect(await belongingsOfAll()).toEqual(before);
});

it('nothing was printed or logged as an error, and no memory is held', async () => {
  expect(noctra.complaints()).toBe('');
  const now = await noctra.memory();
  // The mailbox keeps mails. Anything that was kept for each request would be more than this.
  expect(now.stackHeap - warm.stackHeap).toBeLessThan(10e6 + total * 2_000);
  // Garbage collectors wait; a function may have 256 MB.
  expect(now.functions).toBeLessThan(Math.max(warm.functions * 2, 400e6));
});
