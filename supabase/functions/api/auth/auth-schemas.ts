import { z } from '@hono/zod-openapi';
import { emptyAsNull, fromTexts } from '../http/form.ts';
import { uuid } from '../http/schemas.ts';
import { dateOfBirth, username } from '../profiles/profile-schemas.ts';
import { password } from './password-rules.ts';

const email = z
  .email('This is not an e-mail address.')
  .max(254, 'An e-mail address has at most 254 characters.');

/** Body of POST /auth/register/. */
export const RegisterBody = z
  .strictObject({ username, email, password, date_of_birth: dateOfBirth.nullish() })
  .openapi('Register');

/** The same as a form. */
export const RegisterForm = fromTexts(RegisterBody, {
  date_of_birth: emptyAsNull(RegisterBody.shape.date_of_birth),
}).openapi('RegisterForm');

/** Body of POST /auth/token/. */
export const TokenBody = z
  .strictObject({
    username: z
      .string('A user name or an e-mail address is required.')
      .openapi({ description: 'User name or e-mail address.' }),
    password: z.string('A password is required.').openapi({ format: 'password' }),
  })
  .openapi('SignIn');

/** Body of POST /auth/token/refresh/. */
export const RefreshBody = z
  .strictObject({
    refresh_token: z.string('A refresh token is required.').min(1, 'A refresh token is required.'),
  })
  .openapi('Refresh');

/** Answer of the endpoints that sign in. */
export const SessionAnswer = z
  .object({
    token: z
      .string()
      .nullable()
      .openapi({ description: 'Access token; null while the e-mail address is to be confirmed.' }),
    refresh_token: z.string().nullable(),
    expires_in: z.int().nullable().openapi({ description: 'Seconds until the token expires.' }),
    username: z.string(),
    user_id: uuid,
    confirmation_required: z.boolean().optional(),
  })
  .openapi('Session');

/** Answer of the endpoints that sign in. */
export type Session = z.infer<typeof SessionAnswer>;

/** Body of POST /auth/password/. */
export const PasswordChangeBody = z
  .strictObject({
    password: z.string('The present password is required.').openapi({ format: 'password' }),
    new_password: password,
  })
  .openapi('PasswordChange');

/** Body of POST /auth/password/reset/. */
export const PasswordResetBody = z
  .strictObject({
    email,
    redirect_to: z
      .url({ protocol: /^[a-z][a-z0-9+.-]*$/, error: 'Give a URL.' })
      .nullish()
      .openapi({ description: 'Where the link in the mail leads to; one that the project allows.' }),
  })
  .openapi('PasswordReset', { example: { email: 'kai@example.com' } });

/** The same as a form. */
export const PasswordResetForm = fromTexts(PasswordResetBody, {
  redirect_to: emptyAsNull(PasswordResetBody.shape.redirect_to),
}).openapi('PasswordResetForm');

const PasswordResetByCode = z
  .strictObject({
    email,
    code: z
      .string('The code of the mail is required.')
      .trim()
      .regex(/^\d{6,10}$/, 'The code of the mail has 6 to 10 digits.')
      .openapi({ description: 'The code in the mail.', example: '123456' }),
    new_password: password,
  })
  .openapi('PasswordResetByCode');

const PasswordResetByLink = z
  .strictObject({
    token_hash: z
      .string('The token of the link is required.')
      .min(1, 'The token of the link is required.')
      .openapi({ description: 'From the link in the mail.' }),
    new_password: password,
  })
  .openapi('PasswordResetByLink');

/** Body of POST /auth/password/reset/confirm/: the code or the link of the mail. */
export const PasswordResetConfirmBody = z
  .union([PasswordResetByCode, PasswordResetByLink])
  .openapi('PasswordResetConfirm', {
    example: { email: 'kai@example.com', code: '123456', new_password: 'a new password' },
  });

/** The same as a form. */
export const PasswordResetConfirmForm = z
  .union([fromTexts(PasswordResetByCode), fromTexts(PasswordResetByLink)])
  .openapi('PasswordResetConfirmForm');
