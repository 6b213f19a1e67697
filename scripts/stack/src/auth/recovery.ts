import { audit } from './audit.ts';
import { AuthError, invalid, orFail } from './auth-error.ts';
import { text } from './body.ts';
import { countAndRead, type Endpoint, signedIn } from './endpoint.ts';
import { readChallenge, startFlow } from './flows.ts';
import { findUserByEmail, validateEmail } from './users.ts';

/** `POST /recover`: a mail to set a new password. Unknown addresses get the same answer, and no mail. */
export const recover: Endpoint = async (auth, call) => {
  const body = await countAndRead(auth, call, 'sign_in_sign_ups');
  if (!auth.config.email.enable_signup)
    throw new AuthError(400, 'email_provider_disabled', 'Email logins are disabled');
  if (!text(body, 'email')) throw invalid('Password recovery requires an email');
  const email = validateEmail(text(body, 'email'));
  const challenge = readChallenge(body);
  const user = await findUserByEmail(auth.database, email);
  if (!user) return Response.json({});
  await orFail('Unable to process request', () =>
    auth.database.begin(async (db) => {
      await audit(db, 'user_recovery_requested', user);
      await startFlow(db, user.id, 'recovery', challenge);
      const redirectTo = auth.redirects.of(call.request);
      await auth.mails.send(db, user, 'recovery', { redirectTo, pkce: challenge !== null });
    }),
  );
  return Response.json({});
};

const resendTypes = ['signup', 'email_change', 'sms', 'phone_change'];

/** `POST /resend`: sends the mail of a sign-up or of a change of address again. */
export const resend: Endpoint = async (auth, call) => {
  const body = await countAndRead(auth, call, 'sign_in_sign_ups');
  const [type, email] = [text(body, 'type'), text(body, 'email')];
  if (!resendTypes.includes(type))
    throw invalid('Missing one of these types: signup, email_change, sms, phone_change');
  if (!email && type === 'signup') throw invalid('Type provided requires an email address');
  if (email && text(body, 'phone'))
    throw invalid('Only an email address or phone number should be provided.');
  if (text(body, 'phone')) throw new AuthError(400, 'phone_provider_disabled', 'Phone logins are disabled');
  if (type === 'sms') throw invalid('Type provided requires a phone number');
  if (!email) throw invalid('Missing email address or phone number');
  if (!auth.config.email.enable_signup)
    throw new AuthError(400, 'email_provider_disabled', 'Email logins are disabled');

  const user = await findUserByEmail(auth.database, validateEmail(email));
  const newEmail = user?.email_change ?? '';
  if (!user || (type === 'signup' ? user.email_confirmed_at : !newEmail)) return Response.json({});
  const options = { redirectTo: auth.redirects.of(call.request), pkce: false };
  await orFail('Unable to process request', () =>
    auth.database.begin(async (db) => {
      if (type === 'email_change') return auth.mails.sendEmailChange(db, user, newEmail, options);
      await audit(db, 'user_confirmation_requested', user);
      return auth.mails.send(db, user, 'signup', options);
    }),
  );
  return Response.json({});
};

/** `GET /reauthenticate`: a mail with the nonce that a new password needs where `secure_password_change` is on. */
export const reauthenticate: Endpoint = async (auth, call) => {
  const { user } = await signedIn(auth, call);
  if (!user.email)
    throw invalid('Reauthentication requires the user to have an email or a phone number', 422);
  if (!user.email_confirmed_at)
    throw new AuthError(422, 'email_not_confirmed', 'Please verify your email first.');
  await auth.database.begin(async (db) => {
    await audit(db, 'user_reauthenticate_requested', user);
    await auth.mails.send(db, user, 'reauthentication', { redirectTo: '', pkce: false });
  });
  return Response.json({});
};
