import fs from 'node:fs';
import path from 'node:path';
import { errorMessage, StackError } from '../errors.ts';
import { escapeHtml } from '../mailbox.ts';
import type { Project } from '../project.ts';
import { compileTemplate, type Template } from './template-language.ts';

/** The mails of Auth that hold a code. */
export type MailKind = 'signup' | 'invite' | 'recovery' | 'magiclink' | 'email_change' | 'reauthentication';

/** Notices of Auth without a code, enabled by `[auth.email.notification.*]` of config.toml. */
export type NoticeKind = 'password_changed' | 'email_changed';

/** The values of a template, such as `{{ .Email }}`; https://supabase.com/docs/guides/auth/auth-email-templates lists them. */
export interface TemplateData {
  ConfirmationURL: string;
  Email: string;
  NewEmail: string;
  /** The address before a change that was made. */
  OldEmail: string;
  /** The address that this mail goes to. */
  SendingTo: string;
  Token: string;
  TokenHash: string;
  RedirectTo: string;
  /** The user's metadata. */
  Data: Record<string, unknown>;
}

/** The subject and the HTML of each kind of mail. */
export interface Templates {
  render(kind: MailKind | NoticeKind, data: TemplateData): { subject: string; html: string };
}

/** The names that config.toml has for the kinds of mail. */
const configNames: Record<MailKind, string> = {
  signup: 'confirmation',
  invite: 'invite',
  recovery: 'recovery',
  magiclink: 'magic_link',
  email_change: 'email_change',
  reauthentication: 'reauthentication',
};

/** The subjects of Supabase Auth. */
const subjects: Record<MailKind | NoticeKind, string> = {
  signup: 'Confirm your email address',
  invite: "You've been invited",
  recovery: 'Reset your password',
  magiclink: 'Your sign-in link',
  email_change: 'Confirm your new email address',
  reauthentication: '{{ .Token }} is your verification code',
  password_changed: 'Your password was changed',
  email_changed: 'Your email address was changed',
};

const withLink = (sentence: string, action: string) =>
  `<p>${sentence}</p>\n<p><a href="{{ .ConfirmationURL }}">${action}</a></p>`;

/** As on Supabase, default mails hold a link and no code. */
const bodies: Record<MailKind | NoticeKind, string> = {
  signup: withLink('Confirm your address to finish signing up.', 'Confirm the address'),
  invite: withLink('You have been invited to create an account.', 'Accept the invitation'),
  recovery: withLink('Somebody, hopefully you, wants to set a new password.', 'Set a new password'),
  magiclink: withLink('Sign in without a password.', 'Sign in'),
  email_change: withLink('Your address is to change from {{ .Email }} to {{ .NewEmail }}.', 'Agree'),
  reauthentication: '<p>Enter this code to show that it is you: {{ .Token }}</p>',
  password_changed: '<p>The password of {{ .Email }} was changed.</p>',
  email_changed: '<p>Your address was changed from {{ .OldEmail }} to {{ .Email }}.</p>',
};

/**
 * Reads the templates of a project: `subject` and `content_path` of `[auth.email.template.*]` and
 * `[auth.email.notification.*]` in config.toml, or plain templates where it names none. Paths are relative to the folder
 * that holds `supabase/`, those of notifications to `supabase/`, as in one of the CLI's templates; the other one has them
 * as paths of mails. An unreadable file, or one with an unknown part of Go's language, is a StackError.
 */
export function readTemplates(
  config: Pick<Project['config']['auth']['email'], 'template' | 'notification'>,
  siteUrl: string,
  root: string,
): Templates {
  const read = (
    kind: MailKind | NoticeKind,
    where: string,
    { subject, content_path: file }: { subject: string; content_path: string } = {
      subject: '',
      content_path: '',
    },
  ) => ({
    subject: compile(subject || subjects[kind], where),
    html: compile(file ? readFile(path.resolve(root, file), where) : bodies[kind], where),
  });
  const mail = (kind: MailKind) =>
    read(kind, `template.${configNames[kind]}`, config.template[configNames[kind]]);
  const notice = (kind: NoticeKind) => {
    const settings = config.notification[kind];
    const inside = path.join('supabase', settings?.content_path ?? '');
    const isInside = settings?.content_path && fs.existsSync(path.resolve(root, inside));
    return read(kind, `notification.${kind}`, isInside ? { ...settings, content_path: inside } : settings);
  };
  const compiled: Record<MailKind | NoticeKind, { subject: Template; html: Template }> = {
    signup: mail('signup'),
    invite: mail('invite'),
    recovery: mail('recovery'),
    magiclink: mail('magiclink'),
    email_change: mail('email_change'),
    reauthentication: mail('reauthentication'),
    password_changed: notice('password_changed'),
    email_changed: notice('email_changed'),
  };

  return {
    render(kind, data) {
      const values = { ...data, SiteURL: siteUrl };
      return {
        // Header lines end at the first line break.
        subject: compiled[kind].subject(values, (text) => text).replace(/[\r\n]+/g, ' '),
        html: compiled[kind].html(values, escapeInPlace),
      };
    },
  };
}

/**
 * Escapes a value by its place, as Go's html/template does: for HTML; percent-encoded in the query of an address; at the
 * beginning of an address only with a harmless scheme.
 */
function escapeInPlace(text: string, before: string): string {
  const tag = before.slice(before.lastIndexOf('<'));
  const address = /\b(?:href|src|action|formaction)\s*=\s*(?:"([^"]*)|'([^']*)|([^\s"'>]*))$/i.exec(tag);
  const begun = address?.slice(1).join('') ?? '';
  if (/[?#]/.test(begun)) return encodeURIComponent(text);
  if (address && !begun && !isHarmlessAddress(text)) return '#ZgotmplZ';
  // In an attribute without quotation marks, white space would begin another attribute.
  const isBare = /=\s*[^\s"'>]*$/.test(tag);
  return isBare
    ? escapeHtml(text).replace(/[\s=`]/g, (character) => `&#${character.charCodeAt(0)};`)
    : escapeHtml(text);
}

/** Go's templates replace addresses with other schemes, such as `javascript:`, by `#ZgotmplZ`. */
function isHarmlessAddress(text: string): boolean {
  const scheme = /^[^/?#]*:/.exec(text)?.[0];
  return scheme === undefined || /^(?:https?|mailto|tel):$/i.test(scheme);
}

function readFile(file: string, where: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new StackError(
      `The mail template ${file} cannot be read: ${errorMessage(error)}.`,
      `Correct content_path under [auth.email.${where}] in supabase/config.toml.`,
      { cause: error },
    );
  }
}

function compile(source: string, where: string): Template {
  try {
    return compileTemplate(source);
  } catch (error) {
    throw new StackError(
      `The mail template [auth.email.${where}] cannot be used: ${errorMessage(error)}.`,
      'Local mails know the values of Supabase Auth, if, else, end, and, or, not, eq, ne and index.',
      { cause: error },
    );
  }
}
