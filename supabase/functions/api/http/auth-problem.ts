import { type AuthError, isAuthSessionMissingError } from '@supabase/supabase-js';
import type { ProblemCode } from './errors.ts';
import { fieldProblem, internal, type ProblemError, problem, retryAfter, unavailable } from './problem.ts';

/** Messages of Noctra's sign-up hook begin with the code: Auth passes on only the message. */
const hookMessage =
  /^(?<code>username_invalid|username_reserved|username_taken|date_of_birth_invalid): (?<detail>.+)$/s;

const authErrors: Record<string, [code: ProblemCode, detail: string]> = {
  bad_jwt: ['token_invalid', 'The token is not valid or has expired.'],
  email_address_invalid: ['email_invalid', 'This e-mail address cannot be used.'],
  email_address_not_authorized: ['email_invalid', 'This e-mail address cannot be used.'],
  email_exists: ['email_taken', 'An account with this e-mail address exists already.'],
  email_not_confirmed: ['email_not_confirmed', 'Confirm the e-mail address first. The link was sent to it.'],
  email_provider_disabled: ['signup_disabled', 'Registration is closed.'],
  invalid_credentials: ['invalid_credentials', 'The user name or the password is wrong.'],
  over_email_send_rate_limit: ['rate_limited', 'Too many attempts. Try again later.'],
  over_request_rate_limit: ['rate_limited', 'Too many attempts. Try again later.'],
  reauthentication_needed: ['forbidden', 'Sign in again before you change the password.'],
  refresh_token_already_used: ['refresh_token_invalid', 'The refresh token is not valid any more.'],
  refresh_token_not_found: ['refresh_token_invalid', 'The refresh token is not valid any more.'],
  same_password: ['password_unchanged', 'The new password is the old one.'],
  session_expired: ['refresh_token_invalid', 'The session has ended.'],
  session_not_found: ['refresh_token_invalid', 'The session has ended.'],
  signup_disabled: ['signup_disabled', 'Registration is closed.'],
  user_already_exists: ['email_taken', 'An account with this e-mail address exists already.'],
  user_banned: ['user_banned', 'This account is closed.'],
  user_not_found: ['token_invalid', 'The user of this token does not exist any more.'],
  validation_failed: ['validation_failed', 'Auth refused a value in the request.'],
  weak_password: ['password_weak', 'This password is too easy to guess or is known from a leak.'],
};

/** Turns an error of Auth into a problem. `passwordField` is the name of the new password in the request. */
export function authProblem(error: AuthError, passwordField = 'password'): ProblemError {
  const refusal = hookMessage.exec(error.message)?.groups;
  if (refusal?.code && refusal.detail) {
    const field = refusal.code.replace(/_(invalid|reserved|taken)$/, '');
    return fieldProblem(refusal.code as ProblemCode, field, refusal.detail);
  }
  const known = authErrors[authCode(error)];
  if (!known) return !error.status || error.status >= 500 ? unavailable(error) : internal(error);
  const [code, detail] = known;
  if (code.startsWith('password_')) return fieldProblem(code, passwordField, detail);
  if (code.startsWith('email_') && code !== 'email_not_confirmed') return fieldProblem(code, 'email', detail);
  return problem(code, detail, { cause: error, headers: retryAfter(error.message) });
}

function authCode(error: AuthError): string {
  if (error.status === 429) return 'over_request_rate_limit';
  // auth-js replaces this error by its own, without the code.
  return isAuthSessionMissingError(error) ? 'session_not_found' : (error.code ?? '');
}
