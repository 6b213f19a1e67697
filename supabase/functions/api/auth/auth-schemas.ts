import { z } from '@hono/zod-openapi';
import { uuid } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { dateOfBirth, username } from '../profiles/profile-schemas.ts';

/** Auth hashes with bcrypt, which takes no more. */
const PASSWORD_MAX_BYTES = 72;

const password = z
  .string('A password is required.')
  .refine(
    (text) => [...text].length >= limits.password_min,
    `A password has at least ${limits.password_min} characters.`,
  )
  .refine(
    (text) => new TextEncoder().encode(text).length <= PASSWORD_MAX_BYTES,
    `A password has at most ${PASSWORD_MAX_BYTES} bytes.`,
  )
  .openapi({ format: 'password', minLength: limits.password_min });

const email = z.email('This is no e-mail address.').max(254, 'An e-mail address has at most 254 characters.');

/** Body of POST /auth/register/. */
export const RegisterBody = z
  .object({
    username,
    email,
    password,
    date_of_birth: dateOfBirth.nullish(),
  })
  .openapi('Register');

/** Body of POST /auth/token/. */
export const TokenBody = z
  .object({
    username: z
      .string('A user name or an e-mail address is required.')
      .openapi({ description: 'User name or e-mail address.' }),
    password: z.string('A password is required.').openapi({ format: 'password' }),
  })
  .openapi('SignIn');

/** Body of POST /auth/token/refresh/. */
export const RefreshBody = z
  .object({ refresh_token: z.string('A refresh token is required.').min(1, 'A refresh token is required.') })
  .openapi('Refresh');

/** Answer of the endpoints that sign in. */
export const SessionAnswer = z
  .object({
    token: z
      .string()
      .nullable()
      .openapi({ description: 'Access token; null while the e-mail address is to be confirmed.' }),
    refresh_token: z.string().nullable(),
    expires_in: z.int().nullable().openapi({ description: 'Seconds that the token is good for.' }),
    username: z.string(),
    user_id: uuid,
    confirmation_required: z.boolean().optional(),
  })
  .openapi('Session');

/** Body of POST /auth/password/. */
export const PasswordChangeBody = z
  .object({
    password: z.string('The present password is required.').openapi({ format: 'password' }),
    new_password: password,
  })
  .openapi('PasswordChange');

/** Body of POST /auth/password/reset/. */
export const PasswordResetBody = z
  .object({
    email,
    redirect_to: z
      .url({ protocol: /^[a-z][a-z0-9+.-]*$/, error: 'Give a URL.' })
      .nullish()
      .openapi({ description: 'Where the link in the mail leads to; one that the project allows.' }),
  })
  .openapi('PasswordReset', { example: { email: 'kai@example.com' } });

/** Body of POST /auth/password/reset/confirm/ by the code in the mail. */
export const PasswordResetByCode = z
  .object({
    email,
    code: z
      .string('The code of the mail is required.')
      .trim()
      .regex(/^\d{6,10}$/, 'The code of the mail has digits only.')
      .openapi({ description: 'The code in the mail.', example: '123456' }),
    new_password: password,
  })
  .openapi('PasswordResetByCode');

/** Body of POST /auth/password/reset/confirm/ by the link in the mail. */
export const PasswordResetByLink = z
  .object({
    token_hash: z
      .string('The token of the link is required.')
      .min(1, 'The token of the link is required.')
      .openapi({ description: 'From the link in the mail.' }),
    new_password: password,
  })
  .openapi('PasswordResetByLink');

/** Body of POST /auth/password/reset/confirm/, for the OpenAPI document. */
export const PasswordResetConfirmBody = z
  .union([PasswordResetByCode, PasswordResetByLink])
  .openapi('PasswordResetConfirm', {
    example: { email: 'kai@example.com', code: '123456', new_password: 'a new password' },
  });

/** Answer of the endpoints that sign in. */
export type Session = z.infer<typeof SessionAnswer>;
