import { randomUUID } from 'node:crypto';
import { isFromElsewhere } from './loopback.ts';

/** A mail that Auth sent. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** Mails kept for the developer instead of being sent. */
export interface Mailbox {
  send(mail: Mail): Promise<void>;
  /**
   * `/` is a page, `/messages.json` the same as data, in the order they were sent, and `/messages/<id>.html` what one
   * looks like. They let people in without a password, so they answer this machine only.
   */
  fetch(request: Request): Response;
}

interface KeptMail extends Mail {
  id: string;
  sent_at: string;
}

/** Older mails go: a test run sends thousands, and a template may repeat all that users say of themselves. */
const mostMails = 500;
const mostCharacters = 16 * 1024 * 1024;

/** Makes an empty mailbox. */
export function createMailbox(): Mailbox {
  const mails: KeptMail[] = [];
  let characters = 0;
  return {
    async send({ to, subject, text, html }) {
      const mail = { id: randomUUID(), sent_at: new Date().toISOString(), to, subject, text, html };
      mails.push(mail);
      characters += sizeOf(mail);
      // The newest stays whatever its size: it is the one that is looked for.
      while (mails.length > mostMails || (characters > mostCharacters && mails.length > 1)) {
        const oldest = mails.shift();
        if (oldest) characters -= sizeOf(oldest);
      }
    },
    fetch(request) {
      if (isFromElsewhere(request))
        return new Response('The mailbox answers this machine only.', { status: 403 });
      const { pathname } = new URL(request.url);
      if (pathname === '/') return page(mails);
      if (pathname === '/messages.json') return Response.json(mails, { headers: common });
      const id = /^\/messages\/([\w-]+)\.html$/.exec(pathname)?.[1];
      const mail = mails.find((other) => other.id === id);
      return mail ? body(mail) : new Response('Not found', { status: 404 });
    },
  };
}

/** Text as it stands in HTML, between tags or in an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Addresses here show nothing to the sites that links lead to, and nothing is kept: mails hold codes. */
const common = {
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

function page(mails: readonly KeptMail[]): Response {
  const list = mails.toReversed().map(
    ({ id, subject, to, sent_at, text }) => `<article>
<h2>${escapeHtml(subject)}</h2>
<p>To ${escapeHtml(to)}, <time datetime="${sent_at}">${sent_at}</time></p>
<pre>${withLinks(text)}</pre>
<details><summary>As it looks</summary><iframe title="The mail" loading="lazy" sandbox="allow-popups allow-popups-to-escape-sandbox" src="/messages/${id}.html"></iframe></details>
</article>`,
  );
  return new Response(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mailbox</title>
<style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
article{border-top:1px solid #8886;margin-top:1.5rem}
h2,p{overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}
iframe{width:100%;height:20rem;border:1px solid #8886;background:#fff;color-scheme:light}
</style>
<h1>Mailbox</h1><p>Mails that Auth would send, the newest first. The same as data: <a href="/messages.json">messages.json</a></p>
${list.join('') || '<p>No mail yet.</p>'}</html>`,
    {
      headers: {
        ...common,
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy':
          "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      },
    },
  );
}

/** What a mail looks like. Whatever is in it, it is shown like a page of nobody's: no scripts, no forms, no way out. */
function body({ html }: KeptMail): Response {
  return new Response(`<!doctype html><base target="_blank">${html}`, {
    headers: {
      ...common,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: http: https:; frame-ancestors 'self'",
    },
  });
}

/** The text of a mail with its addresses to click on; a space or a line break ends one. */
function withLinks(text: string): string {
  return text
    .split(/(https?:\/\/\S+)/)
    .map((part, index) => {
      const escaped = escapeHtml(part);
      return index % 2 === 1
        ? `<a href="${escaped}" target="_blank" rel="noreferrer">${escaped}</a>`
        : escaped;
    })
    .join('');
}

function sizeOf({ to, subject, text, html }: Mail): number {
  return to.length + subject.length + text.length + html.length;
}
