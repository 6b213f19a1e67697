import { describe, expect, test } from 'vitest';
import { chooseFormat } from '../../src/data-api/media-types.ts';
import { appliedPreferences, parsePreferences } from '../../src/data-api/preferences.ts';
import { contentRange } from '../../src/data-api/ranges.ts';
import { RefusedError } from '../../src/data-api/refusals.ts';

describe('preferences', () => {
  test('takes the first preference of each kind', () => {
    const preferences = parsePreferences('return=minimal,  count=exact ,return=representation, foo');
    expect(preferences).toMatchObject({ return: 'minimal', count: 'exact', resolution: null });
    expect(appliedPreferences(preferences, ['count', 'return'])).toBe('return=minimal, count=exact');
  });

  test('refuses unknown preferences with strict handling', () => {
    expect(() => parsePreferences('handling=strict, timezone=Mars/Base, foo=1')).toThrow(RefusedError);
    expect(parsePreferences('handling=strict, timezone=Europe/Paris, max-affected=3')).toMatchObject({
      timezone: 'Europe/Paris',
      maxAffected: 3,
    });
  });
});

test('chooses the format with the best quality', () => {
  expect(chooseFormat('text/html, text/csv;q=0.5, application/json;q=0.4')).toMatchObject({ shape: 'csv' });
  expect(chooseFormat('application/vnd.pgrst.object+json;nulls=stripped')).toMatchObject({
    shape: 'object',
    stripNulls: true,
  });
  expect(chooseFormat('application/octet-stream', ['application/octet-stream'])).toMatchObject({
    shape: 'raw',
  });
  for (const none of ['text/html', 'application/json;q=0', 'constructor', 'application/vnd.pgrst.plan+json'])
    expect(() => chooseFormat(none)).toThrow(RefusedError);
});

test('formats Content-Range', () => {
  expect(contentRange(5n, 3n, 20n)).toBe('5-7/20');
  expect(contentRange(5n, 0n, null)).toBe('*/*');
  expect(contentRange(0n, 0n, 0n)).toBe('*/0');
});
