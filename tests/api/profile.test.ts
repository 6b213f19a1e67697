import { expect, test } from 'vitest';
import { ageOn, roleDisplayName } from '../../supabase/functions/api/profiles/profile-values.ts';

test.each([
  ['the day before the birthday', '2000-06-15', '2026-06-14', 25],
  ['the birthday', '2000-06-15', '2026-06-15', 26],
  ['the day of birth', '2026-06-15', '2026-06-15', 0],
  ['28 February of a common year, born on the 29th', '2004-02-29', '2026-02-28', 21],
  ['1 March of a common year, born on 29 February', '2004-02-29', '2026-03-01', 22],
  ['29 February of a leap year, born on that day', '2004-02-29', '2028-02-29', 24],
  ['31 December, born on 1 January', '1900-01-01', '1999-12-31', 99],
])('age on %s', (_, born, day, age) => {
  expect(ageOn(born, day)).toBe(age);
});

test('a role has a name to show', () => {
  expect(roleDisplayName('moderator')).toBe('Moderator');
});
