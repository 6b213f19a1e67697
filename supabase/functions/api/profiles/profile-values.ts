/**
 * Full years from a date of birth to a day, both `YYYY-MM-DD`.
 * Who was born on 29 February grows a year older on 1 March of a common year, as in Postgres' `age()`.
 */
export function ageOn(dateOfBirth: string, day: string): number {
  const years = Number(day.slice(0, 4)) - Number(dateOfBirth.slice(0, 4));
  const birthdayPassed = day.slice(5) >= dateOfBirth.slice(5);
  return birthdayPassed ? years : years - 1;
}

/** Today as `YYYY-MM-DD`, in UTC like the database. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

const roleNames = { user: 'User', moderator: 'Moderator', admin: 'Admin' } as const;

/** A role as people read it. */
export function roleDisplayName(role: keyof typeof roleNames): string {
  return roleNames[role];
}
