import type { Database } from '../database.types.ts';
import { PersonAnswer } from './people-schemas.ts';

/** A user as the database gives it, with the cursor of its place in the list. */
type PersonRow = Database['public']['CompositeTypes']['person_view'];

/** What all lists of users share. */
export const peopleList = {
  item: PersonAnswer,
  idOf: ({ cursor }: PersonRow) => cursor,
  present: (_: unknown, rows: PersonRow[]) => rows.map(({ cursor, ...user }) => user),
};
