import { expect } from 'vitest';
import { target } from './asking.ts';

/** A mail that Auth sent. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** The fields of Mailpit's list that are needed here. */
interface MailpitSummary {
  ID: string;
  Subject: string;
}

/** The mails to an address, in the order they were sent. */
export async function mailsTo(address: string): Promise<Mail[]> {
  const own = await fetch(`${target.mailUrl}/messages.json`);
  if (own.ok && own.headers.get('content-type')?.includes('json')) {
    const all = (await own.json()) as Mail[];
    return all.filter((mail) => mail.to === address).toReversed();
  }
  // Mailpit, which `supabase start` runs: the list has no texts and is newest first too.
  const query = encodeURIComponent(`to:"${address}"`);
  const found = await fetch(`${target.mailUrl}/api/v1/search?query=${query}`);
  const { messages } = (await found.json()) as { messages: MailpitSummary[] };
  const mails = messages.map(async ({ ID, Subject }) => {
    const message = await (await fetch(`${target.mailUrl}/api/v1/message/${ID}`)).json();
    return { to: address, subject: Subject, text: (message as { Text: string }).Text };
  });
  return (await Promise.all(mails)).toReversed();
}

/** The newest mail to an address, once there are at least `count`. */
export async function mailTo(address: string, count = 1): Promise<Mail> {
  let mails: Mail[] = [];
  const look = async () => {
    mails = await mailsTo(address);
    return mails.length;
  };
  await expect.poll(look).toBeGreaterThanOrEqual(count);
  return mails.at(-1) as Mail;
}

/** The link in a mail. */
export function linkIn(mail: Mail): URL {
  const link = /https?:\/\/[^\s)\]]+/.exec(mail.text)?.[0];
  if (!link) throw new Error(`There is no link in:\n${mail.text}`);
  return new URL(link);
}

/** The six digits in a mail. */
export function codeIn(mail: Mail): string {
  const code = /\b\d{6}\b/.exec(mail.text)?.[0];
  if (!code) throw new Error(`There is no code in:\n${mail.text}`);
  return code;
}
