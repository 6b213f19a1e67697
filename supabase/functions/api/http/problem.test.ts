import { AuthApiError, AuthRetryableFetchError, PostgrestError } from '@supabase/supabase-js';
import { describe, expect, test } from 'vitest';
import { authProblem } from './auth-problem.ts';
import { databaseProblem, dataOf } from './database.ts';
import { storageProblem } from './problem.ts';

const database = (code: string, message = 'secret detail', details = '', hint = '') =>
  databaseProblem(new PostgrestError({ code, message, details, hint }));

describe('an error of the database', () => {
  test('that Noctra raised keeps its status, code, message and field', () => {
    expect(
      database('PT422', 'A caption has 1 to 2,200 characters.', 'caption', 'caption_invalid').problem,
    ).toEqual({
      type: 'about:blank',
      title: 'Unprocessable Content',
      status: 422,
      code: 'caption_invalid',
      detail: 'A caption has 1 to 2,200 characters.',
      errors: { caption: ['A caption has 1 to 2,200 characters.'] },
    });
  });

  test('about too many requests has Retry-After', () => {
    const answer = database('PT429', 'Too many requests: try again in 17 seconds.', '', 'rate_limited');
    expect(answer.problem).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(answer.headers).toEqual({ 'retry-after': '17' });
  });

  test('names fields as requests do', () => {
    expect(database('PT422', 'No such upload.', 'avatar_path', 'picture_not_found').problem.errors).toEqual({
      profile_pic: ['No such upload.'],
    });
  });

  test('about a taken user name is username_taken', () => {
    const message = 'duplicate key value violates unique constraint "profiles_username_key"';
    expect(database('23505', message).problem).toMatchObject({ status: 409, code: 'username_taken' });
  });

  test.each([
    ['22P05', 400, 'invalid_character'],
    ['22021', 400, 'invalid_encoding'],
    ['22P02', 422, 'validation_failed'],
    ['23514', 422, 'validation_failed'],
    ['23505', 409, 'already_exists'],
    ['42501', 403, 'forbidden'],
    ['PGRST301', 401, 'token_invalid'],
    ['PGRST303', 401, 'token_invalid'],
    ['57014', 503, 'service_unavailable'],
    ['40P01', 503, 'service_unavailable'],
    ['PGRST003', 503, 'service_unavailable'],
    ['', 503, 'service_unavailable'],
    ['42P01', 500, 'internal_error'],
  ])('%s becomes %i %s without the message of the database', (code, status, answer) => {
    const { problem } = database(code);
    expect(problem).toMatchObject({ status, code: answer });
    expect(JSON.stringify(problem)).not.toContain('secret detail');
  });
});

describe('a request to the database', () => {
  /** Gives one answer after the other, each time it is awaited, as a builder of supabase-js does. */
  const answering = (...codes: (string | null)[]) => ({
    // biome-ignore lint/suspicious/noThenProperty: builders of supabase-js are thenables.
    then(resolve: (answer: never) => void) {
      const code = codes.shift();
      const error = code ? new PostgrestError({ code, message: '', details: '', hint: '' }) : null;
      resolve({ data: error ? null : 'data', error } as never);
    },
  });

  test.each(['40P01', '40001'])('is sent once more after %s', async (code) => {
    await expect(dataOf(answering(code, null) as never)).resolves.toBe('data');
  });

  test('is a 503 with Retry-After after two deadlocks', async () => {
    const refusal = await dataOf(answering('40P01', '40P01', null) as never).catch((reason) => reason);
    expect(refusal).toMatchObject({ problem: { status: 503 }, headers: { 'retry-after': '5' } });
  });

  test('is not sent again after another error', async () => {
    await expect(dataOf(answering('57014', null) as never)).rejects.toMatchObject({
      problem: { status: 503 },
    });
  });
});

describe('an error of Auth', () => {
  test('from the sign-up hook keeps its code', () => {
    const error = new AuthApiError('username_taken: This name is taken.', 409, 'hook_failed');
    expect(authProblem(error).problem).toMatchObject({
      status: 409,
      code: 'username_taken',
      detail: 'This name is taken.',
      errors: { username: ['This name is taken.'] },
    });
  });

  test('about too many attempts has Retry-After', () => {
    const message = 'For security purposes, you can only request this after 42 seconds.';
    expect(authProblem(new AuthApiError(message, 429, 'over_email_send_rate_limit'))).toMatchObject({
      problem: { status: 429, code: 'rate_limited' },
      headers: { 'retry-after': '42' },
    });
    expect(authProblem(new AuthApiError('no', 429, 'new_code')).headers).toEqual({ 'retry-after': '60' });
  });

  test.each([
    ['invalid_credentials', 400, 401],
    ['user_already_exists', 422, 409],
    ['refresh_token_not_found', 400, 401],
    ['weak_password', 422, 422],
    ['never_heard_of', 500, 503],
    ['never_heard_of', 418, 500],
  ])('%s (%i) is answered with %i', (code, given, status) => {
    expect(authProblem(new AuthApiError('message', given, code)).problem.status).toBe(status);
  });

  test('about a password names the field of the request', () => {
    const error = new AuthApiError('weak', 422, 'weak_password');
    expect(authProblem(error).problem.errors).toEqual({ password: [expect.any(String)] });
    expect(authProblem(error, 'new_password').problem.errors).toEqual({ new_password: [expect.any(String)] });
  });

  test('without an answer is a 503', () => {
    expect(authProblem(new AuthRetryableFetchError('fetch failed', 0)).problem.status).toBe(503);
  });
});

test.each([
  ['413', 400, 413],
  ['415', 400, 415],
  ['403', 400, 403],
  ['429', 429, 429],
  ['500', 500, 503],
  ['400', 400, 500],
])(
  'an error of Storage with status %s in its body (%i outside) is answered with %i',
  (statusCode, status, answer) => {
    expect(storageProblem({ message: 'message', status, statusCode }).problem.status).toBe(answer);
  },
);
