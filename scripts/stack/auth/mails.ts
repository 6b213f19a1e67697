import { createHash, randomInt } from 'node:crypto';
import { escapeHtml, type Mail } from '../mailbox.ts';
import type { Limits } from './limits.ts';
import type { Db, User } from './users.ts';
import { updateUser } from './users.ts';

/** The mails of Auth that hold a code. */
export type MailKind = 'signup' | 'invite' | 'recovery' | 'magiclink' | 'email_change' | 'reauthentication';

/** A code, and its hash as it is stored and as links carry it. */
export interface Code {
  code: string;
  hash: string;
}

/** Sends a user a code, and remembers what is needed to check it. */
export interface Mails {
  /** The link that does what entering the code does. */
  link(hash: string, kind: MailKind, redirectTo: string): string;
  newCode(email: string, pkce: boolean): Code;
  sendSignup(db: Db, user: User, options: MailOptions): Promise<User>;
  sendInvite(db: Db, user: User, options: MailOptions): Promise<User>;
  sendRecovery(db: Db, user: User, options: MailOptions): Promise<User>;
  sendMagicLink(db: Db, user: User, options: MailOptions): Promise<User>;
  /** One mail to the new address and, where both must agree, one to the present. */
  sendEmailChange(db: Db, user: User, newEmail: string, options: MailOptions): Promise<User>;
  sendReauthentication(db: Db, user: User): Promise<User>;
}

/** What a mail's link says. */
export interface MailOptions {
  redirectTo: string;
  /** Whether the link must give a code to exchange instead of a session. */
  pkce: boolean;
}

/** What sending needs. */
export interface MailSettings {
  /** The address of Auth, which links in mails lead to. */
  url: string;
  codeLength: number;
  /** Whether the present address must agree to a change too. */
  doubleConfirmChanges: boolean;
  limits: Limits;
  send(mail: Mail): Promise<void>;
}

const texts: Record<MailKind, { subject: string; sentence: string; action: string }> = {
  signup: {
    subject: 'Confirm Your Email',
    sentence: 'Follow this link to confirm your address and finish signing up:',
    action: 'Confirm your address',
  },
  invite: {
    subject: 'You have been invited',
    sentence: 'You have been invited. Follow this link to accept:',
    action: 'Accept the invitation',
  },
  recovery: {
    subject: 'Reset Your Password',
    sentence: 'Follow this link to set a new password:',
    action: 'Reset the password',
  },
  magiclink: {
    subject: 'Your Magic Link',
    sentence: 'Follow this link to sign in:',
    action: 'Sign in',
  },
  email_change: {
    subject: 'Confirm Email Change',
    sentence: 'Follow this link to confirm the change of your address:',
    action: 'Confirm the change',
  },
  reauthentication: {
    subject: 'Confirm reauthentication',
    sentence: 'Enter this code to confirm that it is you:',
    action: '',
  },
};

/** Links of the PKCE flow are told apart by this before their hash. */
export const pkcePrefix = 'pkce_';

/** The hash that Supabase Auth stores of a code: useless without the address, and the address alone makes none. */
export function hashCode(email: string, code: string): string {
  return createHash('sha224')
    .update(email + code)
    .digest('hex');
}

/** Makes the mails of one project. */
export function createMails({ url, codeLength, doubleConfirmChanges, limits, send }: MailSettings): Mails {
  const link: Mails['link'] = (hash, kind, redirectTo) =>
    `${url}/verify?token=${hash}&type=${kind}&redirect_to=${encodeURIComponent(redirectTo)}`;

  const newCode: Mails['newCode'] = (email, pkce) => {
    const code = String(randomInt(10 ** codeLength)).padStart(codeLength, '0');
    return { code, hash: (pkce ? pkcePrefix : '') + hashCode(email, code) };
  };

  async function deliver(to: string, kind: MailKind, { code, hash }: Code, redirectTo: string) {
    const { subject, sentence, action } = texts[kind];
    const address = action ? link(hash, kind, redirectTo) : null;
    const text = address
      ? `${sentence}\n\n${address}\n\nOr enter the code: ${code}\n`
      : `${sentence} ${code}\n`;
    const html = address
      ? `<h2>${subject}</h2><p>${sentence}</p><p><a href="${escapeHtml(address)}">${action}</a></p><p>Or enter the code: ${code}</p>`
      : `<h2>${subject}</h2><p>${sentence} ${code}</p>`;
    await send({ to, subject, text, html });
  }

  return {
    link,
    newCode,
    async sendSignup(db, user, { redirectTo, pkce }) {
      limits.spaceMails(user.confirmation_sent_at);
      limits.countMail();
      const code = newCode(user.email ?? '', pkce);
      await deliver(user.email ?? '', 'signup', code, redirectTo);
      return updateUser(db, user.id, { confirmation_token: code.hash, confirmation_sent_at: new Date() });
    },
    async sendInvite(db, user, { redirectTo }) {
      limits.countMail();
      const code = newCode(user.email ?? '', false);
      await deliver(user.email ?? '', 'invite', code, redirectTo);
      const now = new Date();
      return updateUser(db, user.id, {
        confirmation_token: code.hash,
        confirmation_sent_at: now,
        invited_at: now,
      });
    },
    async sendRecovery(db, user, options) {
      return sendSignIn(db, user, 'recovery', options);
    },
    async sendMagicLink(db, user, options) {
      return sendSignIn(db, user, 'magiclink', options);
    },
    async sendEmailChange(db, user, newEmail, { redirectTo, pkce }) {
      limits.spaceMails(user.email_change_sent_at);
      limits.countMail();
      const toNew = newCode(newEmail, pkce);
      const toCurrent = doubleConfirmChanges && user.email ? newCode(user.email, pkce) : null;
      if (toCurrent) await deliver(user.email ?? '', 'email_change', toCurrent, redirectTo);
      await deliver(newEmail, 'email_change', toNew, redirectTo);
      return updateUser(db, user.id, {
        email_change: newEmail,
        email_change_token_new: toNew.hash,
        email_change_token_current: toCurrent?.hash ?? null,
        email_change_confirm_status: 0,
        email_change_sent_at: new Date(),
      });
    },
    async sendReauthentication(db, user) {
      limits.spaceMails(user.reauthentication_sent_at);
      limits.countMail();
      const code = newCode(user.email ?? '', false);
      await deliver(user.email ?? '', 'reauthentication', code, '');
      return updateUser(db, user.id, {
        reauthentication_token: code.hash,
        reauthentication_sent_at: new Date(),
      });
    },
  };

  /** A magic link and a forgotten password are one thing to Supabase: a way in for whoever reads the mailbox. */
  async function sendSignIn(
    db: Db,
    user: User,
    kind: 'recovery' | 'magiclink',
    { redirectTo, pkce }: MailOptions,
  ): Promise<User> {
    limits.spaceMails(user.recovery_sent_at);
    limits.countMail();
    const code = newCode(user.email ?? '', pkce);
    await deliver(user.email ?? '', kind, code, redirectTo);
    return updateUser(db, user.id, { recovery_token: code.hash, recovery_sent_at: new Date() });
  }
}
