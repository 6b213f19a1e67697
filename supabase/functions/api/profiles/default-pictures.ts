import type { App } from '../http/openapi.ts';

// In code: a hosted function has no other files to read.
const pictures: Record<string, string> = {
  'default-avatar.svg':
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" role="img" aria-label="No profile picture">' +
    '<rect width="96" height="96" fill="#1f2440"/><circle cx="48" cy="37" r="17" fill="#8f9bd4"/>' +
    '<path d="M14 92a34 34 0 0 1 68 0z" fill="#8f9bd4"/></svg>',
  'default-cover.svg':
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 400" role="img" aria-label="No cover picture">' +
    '<rect width="1200" height="400" fill="#1f2440"/><circle cx="980" cy="110" r="56" fill="#8f9bd4"/>' +
    '<circle cx="958" cy="98" r="50" fill="#1f2440"/></svg>',
};

/** Serves the pictures of profiles without pictures of their own. */
export function addDefaultPictures(app: App): void {
  for (const [name, svg] of Object.entries(pictures)) {
    app.get(`/assets/${name}`, (c) =>
      c.body(svg, 200, {
        'content-type': 'image/svg+xml',
        'cache-control': 'public, max-age=86400',
        'x-content-type-options': 'nosniff',
      }),
    );
  }
}
