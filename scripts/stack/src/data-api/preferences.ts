import { refuse } from './refusals.ts';

/** The preferences of a client (RFC 7240) that PostgREST knows. */
export interface Preferences {
  return: 'representation' | 'minimal' | 'headers-only' | null;
  count: 'exact' | 'planned' | 'estimated' | null;
  resolution: 'merge-duplicates' | 'ignore-duplicates' | null;
  missing: 'default' | 'null' | null;
  handling: 'strict' | 'lenient' | null;
  timezone: string | null;
  maxAffected: number | null;
  tx: 'commit' | 'rollback' | null;
}

const choices: Record<string, readonly string[]> = {
  return: ['representation', 'minimal', 'headers-only'],
  count: ['exact', 'planned', 'estimated'],
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  missing: ['default', 'null'],
  handling: ['strict', 'lenient'],
  tx: ['commit', 'rollback'],
};

/**
 * Parses `Prefer`. The first of several values counts. With `handling=strict`, unknown ones are refused (PGRST122). `tx` is
 * without effect unless `mayChooseEnd`: by default, hosted projects always commit.
 */
export function parsePreferences(header: string | null, mayChooseEnd = false): Preferences {
  const found: Record<string, string> = {};
  const invalid: string[] = [];
  for (const part of (header ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter(Boolean)) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals);
    const value = part.slice(equals + 1);
    const known =
      equals > 0 &&
      (name === 'timezone'
        ? isTimezone(value)
        : name === 'max-affected' || (choices[name]?.includes(value) ?? false));
    if (known) found[name] ??= value;
    else invalid.push(part);
  }
  if (found.handling === 'strict' && invalid.length > 0) {
    refuse(400, 'PGRST122', 'Invalid preferences given with handling=strict', {
      details: `Invalid preferences: ${invalid.join(', ')}`,
    });
  }
  return {
    return: (found.return ?? null) as Preferences['return'],
    count: (found.count ?? null) as Preferences['count'],
    resolution: (found.resolution ?? null) as Preferences['resolution'],
    missing: (found.missing ?? null) as Preferences['missing'],
    handling: (found.handling ?? null) as Preferences['handling'],
    timezone: found.timezone ?? null,
    maxAffected: /^\d{1,15}$/.test(found['max-affected'] ?? '') ? Number(found['max-affected']) : null,
    tx: (mayChooseEnd && found.tx ? found.tx : null) as Preferences['tx'],
  };
}

/** `Preference-Applied` for the preferences that an answer honoured, in PostgREST's order; null for none. */
export function appliedPreferences(
  preferences: Preferences,
  honoured: readonly (keyof Preferences)[],
): string | null {
  const order = [
    'resolution',
    'missing',
    'return',
    'count',
    'tx',
    'handling',
    'timezone',
    'maxAffected',
  ] as const;
  const applied = order
    .filter((name) => honoured.includes(name) && preferences[name] !== null)
    // `max-affected` has an effect with strict handling only.
    .filter((name) => name !== 'maxAffected' || preferences.handling === 'strict')
    .map((name) => `${name === 'maxAffected' ? 'max-affected' : name}=${preferences[name]}`);
  return applied.length > 0 ? applied.join(', ') : null;
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
