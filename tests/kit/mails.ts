import { settings } from './settings.ts';
import { eventually } from './waiting.ts';

/** What a reader of a mail sees: its subject, its HTML, and the link and the code in that. */
export interface ReceivedMail {
  subject: string;
  html: string;
  link: URL;
  code: string;
}

/** Whether the Noctra under test keeps its mails where tests can read them. */
export const hasMailbox = settings.mailUrl !== null;

/** The newest mail to an address, once it has arrived. */
export async function mailTo(address: string): Promise<ReceivedMail> {
  return eventually(async () => {
    const { subject, html } = await newestMail(address);
    const link = /href="(http[^"]+)"/.exec(html)?.[1] ?? '';
    const code = /\b\d{6}\b/.exec(html.replaceAll(/<[^>]+>/g, ' '))?.[0] ?? '';
    return { subject, html, link: new URL(unescapeHtml(link)), code };
  });
}

async function newestMail(address: string): Promise<{ subject: string; html: string }> {
  const own = await fetch(`${settings.mailUrl}/messages.json`);
  if (own.ok && own.headers.get('content-type')?.includes('json')) {
    const mails = (await own.json()) as { to: string; subject: string; html: string }[];
    const mail = mails.find(({ to }) => to === address);
    if (mail) return mail;
  } else {
    // Mailpit, of the Docker stack: its list has no contents.
    const query = encodeURIComponent(`to:"${address}"`);
    const found = await (await fetch(`${settings.mailUrl}/api/v1/search?query=${query}`)).json();
    const [mail] = (found as { messages: { ID: string }[] }).messages;
    if (mail) {
      const { Subject, HTML } = await (await fetch(`${settings.mailUrl}/api/v1/message/${mail.ID}`)).json();
      return { subject: Subject, html: HTML };
    }
  }
  throw new Error(`There is no mail to ${address}`);
}

/** Templates escape the link for HTML. */
function unescapeHtml(text: string): string {
  return text.replaceAll(/&(?:#38|amp);/g, '&').replaceAll('&#43;', '+');
}
