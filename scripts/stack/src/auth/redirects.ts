import { isIP } from 'node:net';
import { StackError } from '../errors.ts';

/** Chooses where a link leads after it was verified. */
export interface Redirects {
  /** The address that the request asks for, when the project allows it; else the site's. */
  of(request: Request): string;
  /** Whether the project allows an address. */
  allows(address: string): boolean;
}

/**
 * Supabase redirects to `site_url`, to other pages of that site, and to addresses that match `additional_redirect_urls`:
 * `*` stands for anything but `.` and `/`, `**` for anything, `?` for one character, `[a-z]` and `{a,b}` for a choice.
 */
export function createRedirects(siteUrl: string, additional: readonly string[]): Redirects {
  const site = URL.parse(siteUrl);
  if (!site) {
    throw new StackError(
      `site_url "${siteUrl}" is not an address.`,
      'Correct site_url in supabase/config.toml.',
    );
  }
  const patterns = additional.map(compile);

  function allows(address: string): boolean {
    // Browsers drop control characters and spaces: they would open another address than the one checked.
    if (!address || hasControlCharacter(address)) return false;
    const url = URL.parse(address);
    const isWeb = /^https?:/i.test(address);
    if (isWeb && (!url || address.includes('\\'))) return false;
    if (url) {
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const isSite = url.protocol === site?.protocol && url.hostname === site.hostname;
      // Native apps listen on any free port of this machine.
      if (isSite && (url.port === site.port || ['localhost', '127.0.0.1', '::1'].includes(host))) return true;
      if (isIP(host)) return host === '::1' || host.startsWith('127.');
      if (isWeb && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host)) return false;
    }
    const withoutFragment = address.split('#')[0] ?? '';
    return patterns.some((pattern) => pattern.test(withoutFragment));
  }

  return {
    allows,
    of(request) {
      const asked =
        request.headers.get('redirect_to') ?? new URL(request.url).searchParams.get('redirect_to') ?? '';
      if (allows(asked)) return asked;
      const referrer = request.headers.get('referer') ?? '';
      return allows(referrer) ? referrer : siteUrl;
    },
  };
}

function hasControlCharacter(address: string): boolean {
  return [...address].some((character) => character <= ' ' || character === '\x7f');
}

/** A pattern of the allow list as a regular expression over the whole address. */
function compile(pattern: string): RegExp {
  const parts = pattern.matchAll(/\\(.)|(\*\*)|(\*)|(\?)|\[(!?)([^\]]+)\]|([{},])|(.)/gs);
  let source = '';
  let depth = 0;
  for (const [, escaped, any, some, one, negated, set, brace, plain] of parts) {
    if (escaped !== undefined) source += RegExp.escape(escaped);
    else if (any) source += '.*';
    else if (some) source += '[^./]*';
    else if (one) source += '[^./]';
    else if (set !== undefined) source += `[${negated ? '^' : ''}${set.replace(/[\\^[\]]/g, '\\$&')}]`;
    else if (brace === '{') {
      depth += 1;
      source += '(?:';
    } else if (brace === '}' && depth > 0) {
      depth -= 1;
      source += ')';
    } else if (brace === ',' && depth > 0) source += '|';
    else source += RegExp.escape(brace ?? plain ?? '');
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch (error) {
    throw new StackError(
      `"${pattern}" in additional_redirect_urls is not a pattern.`,
      'Correct it in supabase/config.toml.',
      { cause: error },
    );
  }
}
