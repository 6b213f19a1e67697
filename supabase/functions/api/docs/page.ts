import { runDocsPage } from './script.ts';
import { style } from './style.ts';

const script = `(${runDocsPage})();`;

// A moon, since browsers ask for an icon.
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#8f9bd4" d="M11 1a7 7 0 1 0 4 10A6 6 0 0 1 11 1z"/></svg>';

/** The page to read and try the API: one file that loads nothing but the OpenAPI document beside it. */
export const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Noctra API</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
<style>${style}</style>
</head>
<body>
<header><h1>Noctra API</h1></header>
<main><noscript>This page is made from <a href="../openapi.json">openapi.json</a> by a script.</noscript></main>
<script>${script}</script>
</body>
</html>
`;

/** What the page may do: run its own script, look its own way, and speak to its own origin. */
export async function contentSecurityPolicy(): Promise<string> {
  return [
    "default-src 'none'",
    `script-src '${await hash(script)}'`,
    `style-src '${await hash(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

async function hash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}
