import type { CliConfig } from '@supabase/config';

/** Settings that change nothing here, where they have another value than Supabase's default. `*` is any name. */
const unserved = [
  'api.enabled',
  'api.external_url',
  'api.tls.enabled',
  'auth.captcha.enabled',
  'auth.enabled',
  'auth.email.notification.identity_linked.enabled',
  'auth.email.notification.identity_unlinked.enabled',
  'auth.email.notification.mfa_factor_enrolled.enabled',
  'auth.email.notification.mfa_factor_unenrolled.enabled',
  'auth.email.notification.phone_changed.enabled',
  'auth.email.smtp.enabled',
  'auth.external.*.enabled',
  'auth.external_url',
  'auth.hook.mfa_verification_attempt.enabled',
  'auth.hook.send_email.enabled',
  'auth.hook.send_sms.enabled',
  'auth.mfa.*.enroll_enabled',
  'auth.mfa.*.verify_enabled',
  'auth.mfa.max_enrolled_factors',
  'auth.oauth_server.enabled',
  'auth.passkey.enabled',
  'auth.rate_limit.sms_sent',
  'auth.rate_limit.web3',
  'auth.sms.*.enabled',
  'auth.sms.enable_confirmations',
  'auth.sms.enable_signup',
  'auth.sms.test_otp.*',
  'auth.third_party.*.enabled',
  'auth.web3.*.enabled',
  'auth.webauthn.*',
  'analytics.backend',
  'db.major_version',
  'db.network_restrictions.enabled',
  'db.pooler.enabled',
  'db.settings.*',
  'db.ssl_enforcement.enabled',
  'db.vault.*',
  'edge_runtime.deno_version',
  'edge_runtime.inspector_port',
  'edge_runtime.policy',
  'experimental.orioledb_version',
  'experimental.webhooks.enabled',
  'local_smtp.enabled',
  'local_smtp.pop3_port',
  'local_smtp.smtp_port',
  'realtime.ip_version',
  'storage.analytics.enabled',
  'storage.enabled',
  'studio.api_url',
  'studio.openai_api_key',
].map((path) => new RegExp(`^${path.replaceAll('.', '\\.').replaceAll('*', '[^.]+')}$`));

type Document = Record<string, unknown>;

/** Sentences about what `document`, the text of config.toml, says in vain. `defaults` is the config of an empty one. */
export function namesUnserved(document: Document, config: CliConfig, defaults: CliConfig): string[] {
  const [settings, usual] = [leavesOf(config), leavesOf(defaults)];
  const notes: string[] = [];
  for (const [path, value] of leavesOf(document)) {
    const text = JSON.stringify(value);
    // A variable that is not set leaves the setting out, and only the CLI reads remotes.
    if (text === '""' || /^"env\(\w+\)"$/.test(text) || path.startsWith('remotes.')) continue;
    if (unserved.some((pattern) => pattern.test(path))) {
      // The schema does not have all of them: what it does not know is off.
      if (text !== JSON.stringify(usual.get(path) ?? false))
        notes.push(`config.toml: ${path} = ${isSecret(path) ? '…' : text} is not served`);
    } else if (!settings.has(path)) notes.push(`config.toml: ${path} is no setting that is known`);
  }
  return notes;
}

const isSecret = (path: string) => /^db\.vault\.|_key$|\.test_otp\./.test(path);

/** The values of a tree by their paths. */
function leavesOf(tree: object): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const walk = (value: unknown, path: string) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) leaves.set(path, value);
    else for (const [key, item] of Object.entries(value)) walk(item, path === '' ? key : `${path}.${key}`);
  };
  walk(tree, '');
  return leaves;
}

/** Sections and settings that other versions of the CLI name otherwise than the schema of the config. */
const renamed: readonly (readonly [string, string])[] = [
  ['inbucket', 'local_smtp'],
  ['auth.email.enabled', 'auth.email.enable_signup'],
  ['auth.sms.enabled', 'auth.sms.enable_signup'],
  ['db.orioledb_version', 'experimental.orioledb_version'],
];

/** Gives settings the names of the schema, unless the document has those as well. */
export function withCurrentNames(document: Document): Document {
  const result = structuredClone(document);
  for (const [from, to] of renamed) {
    const [source, oldName] = placeOf(result, from);
    if (!source || !(oldName in source)) continue;
    const [target, newName] = placeOf(result, to);
    if (target && !(newName in target)) target[newName] = source[oldName];
    delete source[oldName];
  }
  return result;
}

/** The table that holds a setting, and the setting's name in it. */
function placeOf(document: Document, path: string): [Document | undefined, string] {
  const names = path.split('.');
  const last = names.pop() ?? '';
  let table: unknown = document;
  for (const name of names) table = (table as Document | undefined)?.[name];
  return [table as Document | undefined, last];
}
