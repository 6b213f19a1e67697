import type { ReadPlan } from './plan.ts';
import { refuse } from './refusals.ts';

/** Narrows a plan to the rows of a `Range` header, `0-9` or `10-`. As with PostgREST, other forms are ignored. */
export function applyRangeHeader(plan: ReadPlan, header: string | null): void {
  const found = /^(\d{1,18})-(\d{0,18})$/.exec(header ?? '');
  if (!found) return;
  const first = BigInt(found[1] ?? 0);
  const last = found[2] ? BigInt(found[2]) : null;
  if (last !== null && first > last) {
    refuse(416, 'PGRST103', 'Requested range not satisfiable', {
      details: 'The lower boundary must be lower than or equal to the upper boundary in the Range header.',
    });
  }
  const end = plan.limit === null ? null : plan.offset + plan.limit;
  const wantedEnd = last === null ? null : last + 1n;
  const nearest = end === null ? wantedEnd : wantedEnd === null || end < wantedEnd ? end : wantedEnd;
  if (first > plan.offset) plan.offset = first;
  if (nearest !== null) plan.limit = nearest > plan.offset ? nearest - plan.offset : 0n;
}

/** `Content-Range`: the rows of the answer, and of how many; `*` for none or unknown. */
export function contentRange(first: bigint, count: bigint, total: bigint | null): string {
  const rows = count > 0n && total !== 0n ? `${first}-${first + count - 1n}` : '*';
  return `${rows}/${total ?? '*'}`;
}

/** 206 for a part of the rows; refuses an offset after the last one (PGRST103). */
export function rangeStatus(offset: bigint, count: bigint, total: bigint | null): number {
  if (total === null) return 200;
  if (offset > total) {
    refuse(416, 'PGRST103', 'Requested range not satisfiable', {
      details: `An offset of ${offset} was requested, but there are only ${total} rows.`,
      headers: { 'content-range': `*/${total}` },
    });
  }
  return count < total ? 206 : 200;
}
