import { authorize } from './about.ts';
import { loadUser } from './admin.ts';
import { AuthError, invalid } from './auth-error.ts';
import { readBody, text } from './body.ts';
import { type Call, type Context, type Endpoint, requireAdmin, signedIn } from './endpoint.ts';
import { isUuid } from './users.ts';

// Features of Supabase Auth that this stack does not serve, answered as where a project has them off.

const factorTypes: Record<string, string> = { totp: 'TOTP', phone: 'Phone', webauthn: 'WebAuthn' };

/** `POST /factors`: a second factor. */
export const enrollFactor: Endpoint = async (auth, call) => {
  const { user } = await signedIn(auth, call);
  if (user.is_anonymous)
    throw new AuthError(403, 'no_authorization', 'Anonymous user not allowed to perform these actions');
  const type = text(await readBody(call.request), 'factor_type');
  const name = factorTypes[type];
  if (!name) throw invalid('factor_type needs to be totp, phone, or webauthn');
  throw new AuthError(422, `mfa_${type}_enroll_not_enabled`, `MFA enroll is disabled for ${name}`);
};

/** Requests about a second factor: no user has one. */
export const findFactor: Endpoint = async (auth, call) => {
  await signedIn(auth, call);
  throw noFactor(call);
};

/** Requests of an administrator about a second factor. */
export const findFactorOfUser: Endpoint = async (auth, call) => {
  requireAdmin(call);
  await loadUser(auth, call);
  throw noFactor(call);
};

function noFactor({ url }: Call): AuthError {
  const id = /\/factors\/([^/]+)/.exec(url.pathname)?.[1];
  return isUuid(id)
    ? new AuthError(404, 'mfa_factor_not_found', 'Factor not found')
    : new AuthError(404, 'validation_failed', 'factor_id must be an UUID');
}

/** `GET /admin/users/<id>/factors`. */
export const listFactors: Endpoint = async (auth, call) => {
  requireAdmin(call);
  await loadUser(auth, call);
  return Response.json([]);
};

/** `POST /sso`: single sign-on. */
export const singleSignOn: Endpoint = async () => {
  throw new AuthError(404, 'saml_provider_disabled', 'SAML 2.0 is disabled');
};

/** `GET /user/identities/authorize`: links another identity to the user. */
export const linkIdentity: Endpoint = async (auth, call) => {
  await requireManualLinking(auth, call);
  return authorize(auth, call);
};

/** `DELETE /user/identities/<id>`: refused, since every user has one identity and must keep it. */
export const unlinkIdentity: Endpoint = async (auth, call) => {
  await requireManualLinking(auth, call);
  if (!isUuid(call.url.pathname.split('/').at(-1)))
    throw new AuthError(404, 'validation_failed', 'identity_id must be an UUID');
  throw new AuthError(
    422,
    'single_identity_not_deletable',
    'User must have at least 1 identity after unlinking',
  );
};

async function requireManualLinking(auth: Context, call: Call): Promise<void> {
  await signedIn(auth, call);
  if (!auth.config.enable_manual_linking)
    throw new AuthError(404, 'manual_linking_disabled', 'Manual linking is disabled');
}

/** The issuers of the tokens of providers that `signInWithIdToken` names. */
const issuers: Record<string, string> = {
  apple: 'https://appleid.apple.com',
  azure: 'https://login.microsoftonline.com/common/v2.0',
  facebook: 'https://www.facebook.com',
  google: 'https://accounts.google.com',
  kakao: 'https://kauth.kakao.com',
};

/** `POST /token?grant_type=id_token`: the token of another provider. */
export const withIdToken: Endpoint = async (_auth, call) => {
  const body = await readBody(call.request);
  if (!text(body, 'id_token')) throw invalid('id_token required');
  const provider = text(body, 'provider');
  const issuer = Object.hasOwn(issuers, provider) ? issuers[provider] : undefined;
  if (!issuer) throw invalid(`Custom OIDC provider "${provider}" not allowed`);
  throw new AuthError(400, 'provider_disabled', `Provider (issuer "${issuer}") is not enabled`);
};

/** `POST /token?grant_type=web3`: the signature of a wallet. */
export const withWallet: Endpoint = async () => {
  throw new AuthError(422, 'web3_provider_disabled', 'Web3 provider is disabled');
};
