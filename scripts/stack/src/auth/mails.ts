import { createHash, randomInt } from 'node:crypto';
import type { Mail } from '../mailbox.ts';
import type { Limits } from './limits.ts';
import type { MailKind, NoticeKind, TemplateData, Templates } from './templates.ts';
import type { Db, User, UserChanges } from './user-rows.ts';
import { updateUser } from './users.ts';

/** A code, and its hash, which is stored and part of links. */
export interface Code {
  code: string;
  hash: string;
}

/** Mails that hold one code, for the address that the user has. */
type SingleMailKind = Exclude<MailKind, 'email_change'>;

/** Sends codes to users, and stores what is needed to check them. */
export interface Mails {
  /** The link that has the effect of entering the code. */
  link(hash: string, kind: MailKind, redirectTo: string): string;
  newCode(email: string, pkce: boolean): Code;
  send(db: Db, user: User, kind: SingleMailKind, options: MailOptions): Promise<User>;
  /** One mail to the new address and, where both must agree, one to the present address. */
  sendEmailChange(db: Db, user: User, newEmail: string, options: MailOptions): Promise<User>;
  /** Sends a notice, where the project wants it; `oldEmail` is the address before a change. */
  notify(kind: NoticeKind, to: string | null, user: User, oldEmail?: string | null): void;
}

/** Options of the link in a mail. */
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
  templates: Templates;
  /** Which notices the project wants. */
  notices: ReadonlySet<string>;
  send(mail: Mail): void;
}

/** Links of the PKCE flow have this before their hash. */
export const pkcePrefix = 'pkce_';

/** The hash that Supabase Auth stores of a code. */
export function hashCode(email: string, code: string): string {
  return createHash('sha224')
    .update(email + code)
    .digest('hex');
}

/** Where the hash of a code is kept, and when it was sent. */
const codeColumns = {
  signup: ['confirmation_token', 'confirmation_sent_at'],
  invite: ['confirmation_token', 'confirmation_sent_at'],
  // To Supabase a magic link and a forgotten password are the same.
  recovery: ['recovery_token', 'recovery_sent_at'],
  magiclink: ['recovery_token', 'recovery_sent_at'],
  reauthentication: ['reauthentication_token', 'reauthentication_sent_at'],
} as const;

/** The columns to change when a code is sent now. */
export function codeChanges(kind: SingleMailKind, hash: string): UserChanges {
  const now = new Date();
  const [token, sentAt] = codeColumns[kind];
  return { [token]: hash, [sentAt]: now, ...(kind === 'invite' ? { invited_at: now } : {}) };
}

/** HTML as plain text, with the address of each link behind it. */
function textOf(html: string): string {
  const withAddresses = html.replace(/<a\s[^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gs, '$2: $1');
  return `${unescapeHtml(withAddresses.replace(/<[^>]*>/g, '')).trim()}\n`;
}

function unescapeHtml(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&amp;', '&');
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

  /** Fills in the template of a kind and sends it. */
  function deliver(to: string, kind: MailKind | NoticeKind, user: User, data: Partial<TemplateData>): void {
    const { subject, html } = templates.render(kind, {
      ConfirmationURL: '',
      Email: user.email ?? '',
      NewEmail: '',
      OldEmail: '',
      SendingTo: to,
      Token: '',
      TokenHash: '',
      RedirectTo: '',
      Data: user.raw_user_meta_data ?? {},
      ...data,
    });
    const { Token: code = '', TokenHash: hash = '' } = data;
    const links = [...html.matchAll(/href="(https?:[^"]+)"/g)].map(([, address = '']) =>
      unescapeHtml(address),
    );
    const link = links.find((address) => hash && address.includes(hash)) ?? links[0];
    const holdsCode = code !== '' && (html + subject).includes(code);
    const mail = { to, subject, text: textOf(html), html };
    send({ ...mail, ...(link ? { link } : {}), ...(holdsCode ? { code } : {}) });
  }

  function deliverCode(
    to: string,
    kind: MailKind,
    user: User,
    { code, hash }: Code,
    data: Partial<TemplateData>,
  ): void {
    const address = link(hash, kind, data.RedirectTo ?? '');
    const withLink = { ...data, ConfirmationURL: address, Token: code, TokenHash: hash };
    deliver(to, kind, user, kind === 'reauthentication' ? { Token: code } : withLink);
  }

  return {
    link,
    newCode,
    async send(db, user, kind, { redirectTo, pkce }) {
      if (kind !== 'invite') limits.spaceMails(user[codeColumns[kind][1]]);
      limits.countMail();
      const email = user.email ?? '';
      const code = newCode(email, pkce);
      deliverCode(email, kind, user, code, { RedirectTo: redirectTo });
      return updateUser(db, user.id, codeChanges(kind, code.hash));
    },
    async sendEmailChange(db, user, newEmail, { redirectTo, pkce }) {
      limits.spaceMails(user.email_change_sent_at);
      limits.countMail();
      const toNew = newCode(newEmail, pkce);
      const toCurrent = doubleConfirmChanges && user.email ? newCode(user.email, pkce) : null;
      const data = { RedirectTo: redirectTo, NewEmail: newEmail };
      if (toCurrent) deliverCode(user.email ?? '', 'email_change', user, toCurrent, data);
      deliverCode(newEmail, 'email_change', user, toNew, data);
      return updateUser(db, user.id, {
        email_change: newEmail,
        email_change_token_new: toNew.hash,
        email_change_token_current: toCurrent?.hash ?? null,
        email_change_confirm_status: 0,
        email_change_sent_at: new Date(),
      });
    },
    notify(kind, to, user, oldEmail) {
      if (to && notices.has(kind)) deliver(to, kind, user, { OldEmail: oldEmail ?? '' });
    },
  };
}
