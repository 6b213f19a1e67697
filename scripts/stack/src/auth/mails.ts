import { createHash, randomInt } from 'node:crypto';
import type { Mail } from '../mailbox.ts';
import type { Limits } from './limits.ts';
import type { Templates } from './templates.ts';
import type { Db, User } from './users.ts';
import { updateUser } from './users.ts';

/** The mails of Auth that hold a code. */
export type MailKind = 'signup' | 'invite' | 'recovery' | 'magiclink' | 'email_change' | 'reauthentication';

/** The mails of Auth that only tell what happened, where `[auth.email.notification.*]` of config.toml asks for them. */
export type NoticeKind = 'password_changed' | 'email_changed';

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
  /** Tells a mailbox what happened, where the project wants it; `oldEmail` is the address before a change. */
  notify(kind: NoticeKind, to: string | null, user: User, oldEmail?: string | null): Promise<void>;
}

/** What a mail's link says. */
export interface MailOptions {
  redirectTo: string;
  /** Whether the link must give a code to exchange instead of a session. */
  pkce: boolean;
}

/** What a mail says besides its code. */
interface Delivery {
  redirectTo: string;
  /** The address that is to become the user's. */
  newEmail?: string;
}

/** What sending needs. */
export interface MailSettings {
  /** The address of Auth, which links in mails lead to. */
  url: string;
  codeLength: number;
  /** Whether the present address must agree to a change too. */
  doubleConfirmChanges: boolean;
  limits: Limits;
  templates: Templates;
  /** Which notices the project wants. */
  notices: ReadonlySet<string>;
  send(mail: Mail): Promise<void>;
}

/** Links of the PKCE flow are told apart by this before their hash. */
export const pkcePrefix = 'pkce_';

/** The hash that Supabase Auth stores of a code: useless without the address, and the address alone makes none. */
export function hashCode(email: string, code: string): string {
  return createHash('sha224')
    .update(email + code)
    .digest('hex');
}

/** Makes the mails of one project. */
export function createMails({
  url,
  codeLength,
  doubleConfirmChanges,
  limits,
  templates,
  notices,
  send,
}: MailSettings): Mails {
  const link: Mails['link'] = (hash, kind, redirectTo) =>
    `${url}/verify?token=${hash}&type=${kind}&redirect_to=${encodeURIComponent(redirectTo)}`;

  const newCode: Mails['newCode'] = (email, pkce) => {
    const code = String(randomInt(10 ** codeLength)).padStart(codeLength, '0');
    return { code, hash: (pkce ? pkcePrefix : '') + hashCode(email, code) };
  };

  async function deliver(to: string, kind: MailKind, user: User, { code, hash }: Code, options: Delivery) {
    const { redirectTo, newEmail } = options;
    const hasLink = kind !== 'reauthentication';
    const address = hasLink ? link(hash, kind, redirectTo) : '';
    const { subject, html } = templates.render(kind, {
      ConfirmationURL: address,
      Email: user.email ?? '',
      NewEmail: newEmail ?? '',
      OldEmail: '',
      SendingTo: to,
      Token: code,
      TokenHash: hasLink ? hash : '',
      RedirectTo: redirectTo,
      Data: user.raw_user_meta_data ?? {},
    });
    // Whatever a template leaves out, the text has what tests and developers look for.
    const text = hasLink ? `${address}\n\nOr enter the code: ${code}\n` : `Enter the code: ${code}\n`;
    await send({ to, subject, text, html });
  }

  return {
    link,
    newCode,
    async notify(kind, to, user, oldEmail) {
      if (!to || !notices.has(kind)) return;
      const { subject, html } = templates.render(kind, {
        ConfirmationURL: '',
        Email: user.email ?? '',
        NewEmail: '',
        OldEmail: oldEmail ?? '',
        SendingTo: to,
        Token: '',
        TokenHash: '',
        RedirectTo: '',
        Data: user.raw_user_meta_data ?? {},
      });
      await send({ to, subject, text: `${subject}\n`, html });
    },
    async sendSignup(db, user, { redirectTo, pkce }) {
      limits.spaceMails(user.confirmation_sent_at);
      limits.countMail();
      const code = newCode(user.email ?? '', pkce);
      await deliver(user.email ?? '', 'signup', user, code, { redirectTo });
      return updateUser(db, user.id, { confirmation_token: code.hash, confirmation_sent_at: new Date() });
    },
    async sendInvite(db, user, { redirectTo }) {
      limits.countMail();
      const code = newCode(user.email ?? '', false);
      await deliver(user.email ?? '', 'invite', user, code, { redirectTo });
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
      const delivery = { redirectTo, newEmail };
      if (toCurrent) await deliver(user.email ?? '', 'email_change', user, toCurrent, delivery);
      await deliver(newEmail, 'email_change', user, toNew, delivery);
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
      await deliver(user.email ?? '', 'reauthentication', user, code, { redirectTo: '' });
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
    await deliver(user.email ?? '', kind, user, code, { redirectTo });
    return updateUser(db, user.id, { recovery_token: code.hash, recovery_sent_at: new Date() });
  }
}
