import { randomUUID } from 'node:crypto';
import { isFromElsewhere } from './loopback.ts';

/** A mail that Auth sent. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
  /** The link and the code in it, where it has them. */
  link?: string;
  code?: string;
}

/** Mails kept for the developer instead of being sent. */
export interface Mailbox {
  send(mail: Mail): void;
  /**
   * `/` is a page and `/messages.json` the same as data, both newest first; `/messages/<id>.html` is what a mail looks
   * like. Mails sign people in without a password, so only requests of this machine are answered.
   */
  fetch(request: Request): Response;
}

interface KeptMail extends Mail {
  id: string;
  sent_at: string;
}

/** Older mails are removed: a test run sends thousands, and a template may repeat the metadata of users. */
const mostMails = 500;
const mostCharacters = 16 * 1024 * 1024;

/** Makes an empty mailbox. */
export function createMailbox(): Mailbox {
  const mails: KeptMail[] = [];
  let characters = 0;
  return {
    send(mail) {
      mails.unshift({ id: randomUUID(), sent_at: new Date().toISOString(), ...mail });
      characters += sizeOf(mail);
      // The newest mail stays, whatever its size.
      while (mails.length > mostMails || (characters > mostCharacters && mails.length > 1)) {
        const oldest = mails.pop();
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

/** Mails hold codes: no site that a link leads to learns of this page, and no browser keeps it. */
const common = {
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

const style = `
:root{color-scheme:light dark;--line:#8884;--accent:#0a7d55}
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
article{border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin-top:1rem}
h2{font-size:1.1rem;margin:0}
h2,p,code{overflow-wrap:anywhere}
p{margin:.25rem 0}
.about,.address{opacity:.75;font-size:.85rem}
.actions{display:flex;flex-wrap:wrap;gap:1rem;align-items:center;margin:.75rem 0}
.button{background:var(--accent);color:#fff;padding:.4rem 1rem;border-radius:.4rem;text-decoration:none}
.code{font:600 1.6rem/1 ui-monospace,monospace;letter-spacing:.15em}
code{user-select:all}
iframe{width:100%;height:28rem;border:1px solid var(--line);background:#fff;color-scheme:light}
`;

function page(mails: readonly KeptMail[]): Response {
  return new Response(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mailbox</title>
<style>${style}</style>
<h1>Mailbox</h1><p>Mails that Auth would send, newest first. The same as data: <a href="/messages.json">messages.json</a></p>
${mails.map(article).join('') || '<p>No mail yet.</p>'}</html>`,
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

/** One mail on the page: the link to click, the code to copy (a click selects it), and what the mail looks like. */
function article({ id, subject, to, sent_at, link, code }: KeptMail): string {
  const button = link
    ? `<a class="button" href="${escapeHtml(link)}" target="_blank" rel="noreferrer">Open the link</a>`
    : '';
  const digits = code ? `<code class="code">${escapeHtml(code)}</code>` : '';
  return `<article>
<h2>${escapeHtml(subject)}</h2>
<p class="about">To ${escapeHtml(to)}, <time datetime="${sent_at}">${sent_at.slice(0, 19).replace('T', ' ')} UTC</time></p>
${button || digits ? `<p class="actions">${button}${digits}</p>` : ''}
${link ? `<p class="address"><code>${escapeHtml(link)}</code></p>` : ''}
<details><summary>Show the mail</summary><iframe title="The mail" loading="lazy" sandbox="allow-popups allow-popups-to-escape-sandbox" src="/messages/${id}.html"></iframe></details>
</article>`;
}

/** What a mail looks like, without scripts, forms, or access to the page around it. */
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

function sizeOf({ to, subject, text, html }: Mail): number {
  return to.length + subject.length + text.length + html.length;
}
