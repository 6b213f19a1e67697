import type { PostgrestError, PostgrestSingleResponse } from '@supabase/supabase-js';
import type { ProblemCode } from './errors.ts';
import { fieldProblem, internal, ProblemError, problem, retryAfter, unavailable } from './problem.ts';

/** Deadlock and serialization failure: PostgreSQL rolled the transaction back in favour of another. */
const gaveWay = ['40P01', '40001'];

/** Sends a request to the Data API and gives its data; an error becomes a problem. */
export async function dataOf<Data>(request: PromiseLike<PostgrestSingleResponse<Data>>): Promise<Data> {
  let { data, error } = await request;
  // A builder of supabase-js sends its request each time it is awaited, and each is one transaction.
  if (error && gaveWay.includes(error.code)) ({ data, error } = await request);
  if (error) throw databaseProblem(error);
  return data as Data;
}

/** The fields that are neither null nor missing: for the others, a function of the database has a default. */
export function given<Fields extends object>(fields: Fields) {
  const entries = Object.entries(fields).filter(([, value]) => value != null);
  return Object.fromEntries(entries) as { [Name in keyof Fields]?: NonNullable<Fields[Name]> };
}

/** Constraints that a request can violate, by name: their code and the field they guard. */
const constraints: Record<string, [code: ProblemCode, field: string, detail: string]> = {
  profiles_username_key: ['username_taken', 'username', 'This user name is taken.'],
  profiles_playlist_check: ['playlist_invalid', 'playlist', 'A playlist is an http or https URL, or empty.'],
};

/** The answers to errors without a code of Noctra, by SQLSTATE or PostgREST code. */
const databaseErrors: Record<string, [code: ProblemCode, detail: string]> = {
  '21000': ['validation_failed', 'A value in the request is not accepted.'],
  '22001': ['validation_failed', 'A value in the request is too long.'],
  '22007': ['validation_failed', 'A date in the request is not a date.'],
  '22008': ['validation_failed', 'A date in the request is not a date.'],
  '22021': ['invalid_encoding', 'The text of the request is not valid UTF-8.'],
  '22P02': ['validation_failed', 'A value in the request is not of the expected form.'],
  '22P05': ['invalid_character', 'The text of the request holds a character that cannot be stored.'],
  '23502': ['validation_failed', 'A required value is missing.'],
  '23503': ['validation_failed', 'The request names something that does not exist.'],
  '23505': ['already_exists', 'It exists already.'],
  '23514': ['validation_failed', 'A value in the request breaks a rule.'],
  '42501': ['forbidden', 'You are not allowed to do this.'],
  PGRST301: ['token_invalid', 'The token is not valid or has expired.'],
  PGRST302: ['not_signed_in', 'Sign in first.'],
  PGRST303: ['token_invalid', 'The token is not valid or has expired.'],
};

/** Columns that have another name in requests. */
const fieldNames: Record<string, string> = { avatar_path: 'profile_pic', cover_path: 'cover_pic' };

/** Turns an error of the Data API into a problem. */
export function databaseProblem(error: PostgrestError): ProblemError {
  const raised = /^PT([45]\d\d)$/.exec(error.code);
  if (raised) {
    const field = error.details && (fieldNames[error.details] ?? error.details);
    return new ProblemError(Number(raised[1]), error.hint || 'validation_failed', error.message, {
      ...(field ? { errors: { [field]: [error.message] } } : {}),
      headers: retryAfter(error.message),
    });
  }
  const guarded = constraints[/constraint "([^"]+)"/.exec(error.message)?.[1] ?? ''];
  if (guarded) return fieldProblem(...guarded);
  const known = databaseErrors[error.code];
  if (known) return problem(...known, { cause: error });
  // Out of connections, shutting down, cancelled, deadlocked, read-only while its disk is full, or not reached: another
  // try may succeed.
  if (!error.code || /^(08|40|53|55|57)...$|^25006$|^PGRST00\d$/.test(error.code)) return unavailable(error);
  return internal(error);
}
