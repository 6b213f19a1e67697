import { randomUUID } from 'node:crypto';

/** A mail that Auth sent. */
export interface Mail {
  to: string;
  subject: string;
  text?: string;
  html?: string;
}

/** Mails kept for the developer instead of being sent. */
export interface Mailbox {
  send(mail: Mail): Promise<void>;
  /** `/` is a page, `/messages.json` the same as data, in the order they were sent. */
  fetch(request: Request): Response;
}

/** Older mails go: a test run sends thousands. */
const mostMails = 500;

/** Makes an empty mailbox. */
export function createMailbox(): Mailbox {
  const mails: (Mail & { id: string; sent_at: string })[] = [];
  return {
    async send({ to, subject, text, html }) {
      mails.push({
        id: randomUUID(),
        sent_at: new Date().toISOString(),
        to,
        subject,
        text: text ?? '',
        html: html ?? '',
      });
      mails.splice(0, mails.length - mostMails);
    },
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/messages.json') return Response.json(mails);
      if (pathname !== '/') return new Response('Not found', { status: 404 });
      // The newest is the one that is looked for.
      const list = mails
        .toReversed()
        .map(
          (mail) =>
            `<article><h2>${escapeHtml(mail.subject)}</h2><p>To ${escapeHtml(mail.to)}, ${mail.sent_at}</p><pre>${escapeHtml(mail.text ?? '')}</pre></article>`,
        );
      return new Response(
        `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mailbox</title>
<style>body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere}</style>
<h1>Mailbox</h1>${list.join('') || '<p>No mail yet.</p>'}</html>`,
        {
          headers: {
            'content-type': 'text/html; charset=utf-8',
            'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
          },
        },
      );
    },
  };
}

/** Text as it stands in HTML, between tags or in an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
