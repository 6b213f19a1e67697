/** The settings of the function's project. */
export interface Config {
  /** The address by which the function reaches Data API, Auth and Storage. */
  url: string;
  /** The address by which clients reach the project. Null: it is taken from the request. */
  publicUrl: string | null;
  publishableKey: string;
  secretKey: string;
  /** The project's public signing keys, where the platform provides them: saves fetching them. */
  jwks: Jwks | undefined;
}

/** A JSON Web Key Set as auth-js takes it. */
interface Jwks {
  keys: (JsonWebKey & { kid: string; kty: string; key_ops: string[] })[];
}

/** Reads the environment variables that Supabase sets for every function. */
export function readConfig(get: (name: string) => string | undefined): Config {
  const url = get('SUPABASE_URL')?.replace(/\/+$/, '');
  const publishableKey = firstKey(get('SUPABASE_PUBLISHABLE_KEYS')) ?? get('SUPABASE_ANON_KEY');
  const secretKey = firstKey(get('SUPABASE_SECRET_KEYS')) ?? get('SUPABASE_SERVICE_ROLE_KEY');
  if (!url || !publishableKey || !secretKey) {
    throw new Error('SUPABASE_URL, SUPABASE_PUBLISHABLE_KEYS and SUPABASE_SECRET_KEYS must be set.');
  }
  // Inside Docker SUPABASE_URL is an address that only containers reach; a hosted project's is https and public.
  const publicUrl =
    get('SUPABASE_PUBLIC_URL')?.replace(/\/+$/, '') || (url.startsWith('https:') ? url : null);
  return { url, publicUrl, publishableKey, secretKey, jwks: readJwks(get('SUPABASE_JWKS')) };
}

/** The key named `default` in a JSON object of name to key, or else the first. */
function firstKey(json: string | undefined): string | undefined {
  if (!json) return undefined;
  const keys: Record<string, string> = JSON.parse(json);
  return keys.default ?? Object.values(keys)[0];
}

function readJwks(json: string | undefined): Jwks | undefined {
  if (!json) return undefined;
  const jwks: Partial<Jwks> = JSON.parse(json);
  return jwks.keys ? { keys: jwks.keys } : undefined;
}
