import { publicKeys } from '../caller.ts';
import type { Keys } from '../keys.ts';
import { AuthError, invalid } from './auth-error.ts';
import { autoConfirms, type Context, type Endpoint } from './endpoint.ts';

/** The release of Supabase Auth whose answers these are. */
const version = 'v2.197.0';

/** Keys and addresses stay the same while a stack runs. */
const cached = { 'cache-control': 'public, max-age=600' };

/** `GET /health`. */
export const health: Endpoint = async () =>
  Response.json({
    version,
    name: 'GoTrue',
    description: 'GoTrue is a user registration and authentication API',
  });

/** Ways of signing in that this stack does not serve: they need other companies' servers. */
const notServed = [
  'apple',
  'azure',
  'bitbucket',
  'discord',
  'facebook',
  'figma',
  'fly',
  'github',
  'gitlab',
  'google',
  'kakao',
  'keycloak',
  'linkedin',
  'linkedin_oidc',
  'notion',
  'slack',
  'slack_oidc',
  'snapchat',
  'spotify',
  'twitch',
  'twitter',
  'workos',
  'x',
  'zoom',
  'phone',
];

/** `GET /settings`: which ways of signing in there are. */
export const settings: Endpoint = async (auth: Context) => {
  const { config } = auth;
  return Response.json({
    external: {
      anonymous_users: config.enable_anonymous_sign_ins,
      ...Object.fromEntries(notServed.map((provider) => [provider, false])),
      email: config.email.enable_signup,
    },
    disable_signup: !config.enable_signup,
    mailer_autoconfirm: autoConfirms(auth),
    phone_autoconfirm: false,
    sms_provider: '',
    saml_enabled: false,
    passkeys_enabled: false,
  });
};

/** `GET /authorize`: the way to another provider; none is served. */
export const authorize: Endpoint = async (_auth, { url }) => {
  const provider = url.searchParams.get('provider') ?? '';
  throw invalid(
    notServed.includes(provider)
      ? 'Unsupported provider: provider is not enabled'
      : `Unsupported provider: Provider ${provider} could not be found`,
  );
};

/** `GET /callback`: the way back from there. */
export const callback: Endpoint = async () => {
  throw new AuthError(400, 'bad_oauth_callback', 'OAuth state parameter missing');
};

/** `GET /.well-known/jwks.json`: the keys to check access tokens with. */
export const jwks =
  (keys: Keys): Endpoint =>
  async () =>
    Response.json(publicKeys(keys), { headers: cached });

/** `GET /.well-known/openid-configuration`: where those keys are. */
export const openIdConfiguration: Endpoint = async (auth) =>
  Response.json(
    {
      issuer: auth.config.jwt_issuer ?? auth.url,
      jwks_uri: `${auth.url}/.well-known/jwks.json`,
      userinfo_endpoint: `${auth.url}/user`,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'ES256'],
      code_challenge_methods_supported: ['S256', 'plain'],
    },
    { headers: cached },
  );
