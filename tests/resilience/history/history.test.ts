import { expect, test } from 'vitest';
import { openDatabase } from '../../kit/database.ts';
import { differences } from './comparison.ts';
import { newMemory } from './notified.ts';
import { begin, stepsOf, take } from './operations.ts';

// The same seed makes the same steps; which of them meet is up to the machine.
const total = Number(process.env.NOCTRA_HISTORY_STEPS ?? 600);
const seed = Number(process.env.NOCTRA_HISTORY_SEED ?? 20_261_128);

/** Users at the same time. */
const users = 10;
/** Steps at the same time. */
const lanes = 10;
/** Steps between two comparisons. */
const stretch = 150;

const sql = openDatabase();

test('after any history of users who act at the same time, everybody reads what the base tables say', {
  timeout: 60_000 + total * 200,
}, async () => {
  const world = await begin(
    users,
    (id) => sql`update public.profiles set role = 'moderator' where id = ${id}`,
  );
  const memory = newMemory();
  const steps = stepsOf(seed, total);
  for (let first = 0; first < total; first += stretch) {
    const coming = steps.slice(first, first + stretch).values();
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        for (const step of coming) await take(world, step);
      }),
    );
    const ids = world.people.map(({ id }) => id);
    await sql`delete from private.rate_counters where subject = any (${ids})`;
    const found = [...world.findings, ...(await differences(sql, world, memory))];
    const of = `NOCTRA_HISTORY_SEED=${seed} NOCTRA_HISTORY_STEPS=${total}, after step ${world.log.length}`;
    expect(found.slice(0, 10).join('\n'), `${of}${logOf(world.log, found)}`).toBe('');
  }
});

/** The last steps that had to do with what is wrong first. */
function logOf(log: string[], [found = '']: string[]): string {
  const ids = new Set(found.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g));
  const most = Math.min(ids.size, 2);
  const lines = log.filter((line) => [...ids].filter((id) => line.includes(id)).length >= most);
  return ['', ...lines.slice(-20)].join('\n');
}
